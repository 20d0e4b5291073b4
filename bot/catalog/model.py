"""The shape of the files that people write: the catalog of secrets, and playbooks.

These models are the edge: valid content becomes the plain types of `catalog.py` and `bot.model`. Their JSON Schemas are
beside the files, so that an editor completes and checks while someone types.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from ipaddress import ip_network
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, GetJsonSchemaHandler, JsonValue
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core.core_schema import no_info_after_validator_function, str_schema

from bot.documents import Strict
from bot.incident.bounds import LONGEST_OVERLAP
from bot.model.playbooks import Action, Milestone, Preview, RunKind
from bot.model.secrets import CopyKind, Data, Kill, Outage, Planned
from bot.model.window import EXAMPLE, read_window
from bot.proofs.principals import is_principal

OPEN = "?"
"""A question that a draft leaves to people, in place of the answer."""
CONFIGURATION = "configuration"
"""The provider of an entry that is listed for completeness: nothing to rotate in it."""
PLACEHOLDER = "{environment}"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _that(fits: Callable[[str], object], expected: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not fits(value):
            raise PydanticCustomError("shape", "expected {what}", {"what": expected})
        return value

    return check


def _is_network(value: str) -> bool:
    if value.endswith(".amazonaws.com"):
        return True
    try:
        ip_network(value)
    except ValueError:
        return False
    return True


# SSM: letters, digits and . - _ in levels that begin with a slash, 1011 characters (Systems Manager, PutParameter).
# To SSM `..` is a name like any other; a reader of the file would take it for a way out of the level.
_PARAMETER = r"(/(?!\.\.?(/|$))([A-Za-z0-9_.-]|\{environment\})+)+"
_NAME = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"
_PLACE = r"(([a-z0-9_.-]|\{environment\})+|\[[0-9a-f:]+\]):[0-9]{1,5}"


@dataclass(frozen=True)
class _Shape:
    """A text of this pattern, in words what `expected` says, of `most` characters at most."""

    pattern: str
    expected: str
    most: int | None = None

    def __get_pydantic_core_schema__(self, _source: object, _handler: object) -> CoreSchema:
        check = _that(re.compile(self.pattern).fullmatch, self.expected)
        return no_info_after_validator_function(check, str_schema(max_length=self.most))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "pattern": f"^{self.pattern}$"}


type Name = Annotated[str, _Shape(_NAME, "lower-case letters, digits and single dashes", 40)]
type Parameter = Annotated[str, _Shape(_PARAMETER, "a parameter such as /{environment}/openai-api-key", 1011)]
type Place = Annotated[str, _Shape(_PLACE, "a host in small letters and a port, such as db.example.com:5432", 260)]
type Variable = Annotated[str, _Shape("[A-Z_][A-Z0-9_]*", "a variable's name such as OPENAI_API_KEY")]
type Channel = Annotated[str, _Shape("[CG][A-Z0-9]{2,20}", "a Slack channel's id such as C012AB3CD")]
type Principal = Annotated[
    str,
    Field(max_length=700),
    AfterValidator(_that(is_principal, "the ARN of a role or user, such as arn:aws:iam::123456789012:role/deploy")),
]
type Network = Annotated[
    str,
    Field(max_length=100),
    AfterValidator(_that(_is_network, "a network such as 203.0.113.0/24, or an AWS service such as ec2.amazonaws.com")),
]
type Agent = Annotated[str, Field(min_length=1, max_length=700)]
type Span = Annotated[str, _Shape("[1-9][0-9]{0,4}[smhd]", "a time such as 15m, 4h or 3d")]
type Sentence = Annotated[str, Field(min_length=1, max_length=300)]


def _window(value: str) -> str:
    try:
        return read_window(value).text
    except ValueError as error:
        raise PydanticCustomError("shape", "{what}", {"what": str(error)}) from None


def _day(value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise PydanticCustomError("shape", "expected a day such as 2027-01-31") from None


type Day = Annotated[str, Field(json_schema_extra={"format": "date"}), AfterValidator(_day)]


type WindowText = Annotated[str, AfterValidator(_window)]


def seconds(span: str) -> float:
    """``15m`` in seconds."""
    return float(span[:-1]) * _UNITS[span[-1]]


def _overlap(span: str) -> str:
    if seconds(span) > LONGEST_OVERLAP.total_seconds():
        raise PydanticCustomError("shape", "expected {days}d at most", {"days": LONGEST_OVERLAP.days})
    return span


class ReaderModel(Strict):
    """A reader that is ours: people need not identify it in an incident. Without bounds, an attacker with its
    credentials counts as ours too.
    """

    principal: Principal = Field(description="ARN of an IAM user or role, or of one session of a role")
    because: Sentence = Field(description="who it is, and why it reads them; people read it")
    secrets: tuple[Name, ...] = Field(default=(), description="entries that it reads; empty: all")
    only_in: tuple[str, ...] = Field(default=(), alias="only-in", description="environments; empty: all")
    networks: tuple[Network, ...] = Field(
        default=(), description="from where, such as 203.0.113.0/24 or ec2.amazonaws.com; empty: anywhere"
    )
    agents: tuple[Agent, ...] = Field(
        default=(), description="how its programs call themselves, * matches anything; empty: any"
    )
    until: Day | None = Field(default=None, description="the last day (UTC); without one it never runs out")


class PartModel(Strict):
    parameter: Parameter = Field(description="SSM parameter; {environment} becomes the environment's name")
    variable: Variable = Field(description="the environment variable under which programs know it")
    secret: bool = Field(default=True, description="false for what may be seen, such as an account's id")


class CopyModel(Strict):
    """A place besides the parameter that holds the value. The bot cannot reach it: a person brings it up to date."""

    name: Name = Field(description="a short name, unique in this entry")
    kind: CopyKind = Field(
        description="what it is: ci, vercel, lambda-variable, image, backup, region, account or other"
    )
    where: Sentence = Field(
        description="where it is, so that a person finds it: the repository, project, function, bucket …"
    )
    update: Sentence = Field(description="how a person brings the new key there, or purges the old one; never a value")
    owner: Sentence = Field(description="the team or person to ask")
    only_in: tuple[str, ...] = Field(default=(), alias="only-in", description="environments that have it; empty: all")


def _health_url(value: str) -> str:
    """HTTPS anywhere, HTTP on this machine only; no user or password in it, since it is shown to people."""
    try:
        url = urlsplit(value.replace(PLACEHOLDER, "environment"))
    except ValueError:
        url = urlsplit("")
    allowed = url.scheme == "https" or (url.scheme == "http" and url.hostname in _LOOPBACK)
    if not (allowed and url.hostname) or url.username or url.password:
        raise PydanticCustomError("url", "expected an https:// address without a password (http:// on loopback only)")
    return value


class ConsumerModel(Strict):
    function: Annotated[str, Field(min_length=1, max_length=170)] = Field(
        alias="lambda", description="the Lambda function's name or ARN"
    )
    alias: Annotated[str, Field(min_length=1)] | None = Field(
        default=None, description="the alias that traffic takes, if any"
    )
    health: Annotated[str, AfterValidator(_health_url)] | None = Field(
        default=None, description="a URL that answers 2xx while the function is healthy"
    )


class UsedFromModel(Strict):
    """From where you use the key: an incident proposes other uses as someone else's."""

    because: Sentence = Field(description="what uses it there; people read it")
    networks: tuple[Network, ...] = Field(
        min_length=1, description="from where, such as 203.0.113.0/24 or lambda.amazonaws.com"
    )
    agents: tuple[Agent, ...] = Field(
        default=(), description="how its programs call themselves, * matches anything; empty: any"
    )
    until: Day | None = Field(default=None, description="the last day (UTC); without one it never runs out")


class PolicyModel(Strict):
    rotate_after_days: int | None = Field(default=None, ge=1, le=3650, description="rotate at this age")
    on_personnel_change: bool = Field(default=False, description="rotate when someone who knew it leaves")
    overlap: Annotated[Span, AfterValidator(_overlap)] | None = Field(
        default=None, description="how long a planned rotation keeps the old key beside the new one: 24h, 3d"
    )
    planned: Planned = Field(
        default=Planned.ASK,
        description="auto: no approval after an overlap that every consumer confirmed; ask: two people approve",
    )
    not_before: Day | None = Field(
        default=None, alias="not-before", description="the day (UTC) before which no rotation begins by schedule"
    )
    because: Sentence | None = Field(default=None, description="why not before that day; people read it")


class RotationModel(Strict):
    """When rotations without a leak may begin, and old keys may end by them."""

    when: WindowText | None = Field(
        default=None, description=f"hours in which a rotation begins and an old key is revoked: {EXAMPLE}"
    )


class OverrideModel(Strict):
    planned: Planned | None = Field(default=None, description="auto or ask here, in place of the policy's")
    options: Mapping[str, str] = Field(default_factory=dict, description="options of this environment, over the others")
    hosts: tuple[Place, ...] | None = Field(default=None, description="hosts here, in place of the entry's")
    consumers: tuple[ConsumerModel, ...] | None = Field(
        default=None, description="the functions that read it here, in place of the entry's"
    )
    held_by: tuple[Name, ...] | None = Field(
        default=None,
        alias="held-by",
        description="vendors that hold a copy here, in place of the entry's",
    )


class ConfigurationModel(Strict):
    """A parameter that is no secret: listed, never rotated."""

    name: Name = Field(description="a short name, unique in this file")
    title: Sentence = Field(description="what people call it")
    provider: Literal["configuration"] = Field(description="`configuration`: not rotated")
    parts: Mapping[str, PartModel] = Field(min_length=1, description="its parameters by name")
    only_in: tuple[str, ...] = Field(default=(), alias="only-in", description="environments that have it; empty: all")


class SecretModel(Strict):
    """One secret. Every field that a person needs at three in the morning must be filled in."""

    name: Name = Field(description="a short name, unique in this file")
    title: Sentence = Field(description="what people call it")
    provider: Name = Field(description="who accepts it: openai, stripe, redis …")
    parts: Mapping[str, PartModel] = Field(
        min_length=1, description="its parameters by name, exactly one of them secret"
    )
    options: Mapping[str, str] = Field(
        default_factory=dict, description="what the provider needs to know: project, role …"
    )
    environments: Mapping[str, OverrideModel] = Field(default_factory=dict, description="what differs by environment")
    only_in: tuple[str, ...] = Field(default=(), alias="only-in", description="environments that have it; empty: all")
    admin: Parameter | None = Field(
        default=None, description="parameter of the credential that manages this provider's keys"
    )
    hosts: tuple[Place, ...] = Field(
        default=(),
        description="of a URL: places of its service besides the admin URL's, as host:port: names, poolers, standbys",
    )
    policy: PolicyModel = Field(description="when it is rotated without a leak")
    consumers: tuple[ConsumerModel, ...] = Field(default=(), description="the functions that read it")
    copies: tuple[CopyModel, ...] = Field(
        default=(),
        description="where else the key is kept: a person answers each before an overlap or incident ends",
    )
    used_from: tuple[UsedFromModel, ...] = Field(
        default=(), alias="used-from", description="from where you use it at its provider"
    )
    held_by: tuple[Name, ...] = Field(
        default=(),
        alias="held-by",
        description="vendors that hold a copy of the value: vercel, circleci … (`bot declare --held-by` takes it)",
    )
    owner: Sentence = Field(description="the team or person to ask")
    dies_with: tuple[str, ...] = Field(
        default=(), alias="dies-with", description="entries that die when this one is revoked"
    )
    if_killed: Sentence = Field(description="a plain sentence: what stops at once when the old key is rejected")
    outage: Outage = Field(description="how bad that is: none, degraded or down")
    kill: Kill = Field(description="whether revoking can be undone: reversible or irreversible")
    public_by_design: bool = Field(default=False, description="true for keys that browsers hold anyway")
    data: Data = Field(description="the most sensitive data it gives access to: none, personal, payment or children")
    left_out: Sentence | None = Field(
        default=None, alias="left-out", description="why the bot leaves it out: no provider is built for it, say"
    )


class _CatalogFile(Strict):
    version: Literal[1] = Field(alias="schema", description="1, the version of this format")
    environments: tuple[Name, ...] = Field(min_length=1, description="names as in parameters, most harm first")
    rotation: RotationModel = Field(default=RotationModel(), description="when secrets are rotated without a leak")
    ours: tuple[ReaderModel, ...] = Field(
        default=(), description="whose reads of parameters are ours: CI, and what `bot catalog ours` prints"
    )


class CatalogHead(_CatalogFile):
    """The catalog with unread entries, so that one wrong entry does not hide mistakes in the next."""

    secrets: tuple[JsonValue, ...] = Field(min_length=1, description="the entries")


MEANINGS = {info.alias or name: info.description or "" for name, info in SecretModel.model_fields.items()}
"""By field of an entry, what it says."""


class CatalogModel(_CatalogFile):
    """The catalog of secrets as a whole, for its JSON Schema."""

    secrets: tuple[SecretModel | ConfigurationModel, ...] = Field(min_length=1, description="the entries")


class StepModel(Strict):
    id: Name = Field(description="a short name, unique in this file")
    title: Sentence = Field(description="two or three words, shown on the card")
    why: Sentence = Field(description="one sentence: what goes wrong without this step")
    guide: str = Field(min_length=1, max_length=2800, description="numbered lines for a tired person")
    actions: tuple[Action, ...] = Field(default=(), description="what the machine does in this step")
    approval: bool = Field(default=False, description="true requires a second approver beyond the rules")
    within: Span | None = Field(default=None, description="from the declaration: 15m, 4h, 3d")
    tasks: tuple[Sentence, ...] = Field(
        default=(), description="tasks made when the step opens: the commander's, due within the step's time"
    )
    ends: Literal["by-person", "by-itself"] = Field(
        default="by-person", description="by-itself: the bot ends it once nothing of it is open, and opens it again"
    )


class AudienceModel(Strict):
    """Who gets status updates without taking part: people in channels, or each secret's owner directly."""

    name: Name = Field(description="a short name, unique in this file, such as stakeholders")
    channels: tuple[Channel, ...] = Field(
        default=(), description="ids of Slack channels (C…) in which the bot is a member"
    )
    owners: bool = Field(default=False, description="true: each secret's owner by a direct message, and no channels")
    template: Name = Field(description="the text: update-TEMPLATE.txt.j2 in the folder of templates")
    milestones: tuple[Milestone, ...] = Field(
        default=tuple(Milestone),
        description="declared, contained, restored, closed, reopened; all by default",
    )
    every: Span | None = Field(default=None, description="how often they are told while it is open: 30m, 2h")
    preview: Preview = Field(
        default=Preview.FIRST,
        description="what the commander reviews before it is sent: the first, each, or none",
    )


class PlaybookModel(Strict):
    """A playbook: steps over a closed set of actions; no expressions, no code."""

    version: Literal[1] = Field(alias="schema", description="1, the version of this format")
    id: Name = Field(description="a short name, unique in the folder")
    title: Sentence = Field(description="what people call it")
    kind: RunKind = Field(
        default=RunKind.COMPROMISE, description="what it is for: compromise, rotation (nothing leaked), departure"
    )
    audience: tuple[AudienceModel, ...] = Field(
        default=(), max_length=10, description="who gets status updates, besides the security channel of the settings"
    )
    steps: tuple[StepModel, ...] = Field(min_length=1, max_length=20, description="in the recommended order")
