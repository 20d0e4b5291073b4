"""The answers that an installation is made from, as a person types them or as a YAML file says them::

    account: "111111111111"
    product-account: "222222222222"
    region: eu-central-1
    functions: [api, worker]
    security-channel: C0123456789
    on-call-email: on-call@example.com
    people:
      ada: { principal: "arn:aws:iam::111111111111:user/ada", slack: U012AB3CD, rights: [respond, approve, command] }

`people` is what the people file will hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from bot.documents import Document, Mistakes, Strict, check, read
from bot.people import Listing, listing_of

type Ask = Callable[[str, str], str]
"""Asks a question, given what an empty answer means, and gives the answer."""

Account = Annotated[str, Field(pattern=r"^[0-9]{12}$")]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9+=,.@_-]{1,64}$")]


class Answers(Strict):
    """Only account, region, the e-mail address and people have no default."""

    account: Account = Field(description="the bot's own AWS account, twelve digits in quotes")
    product_account: Account | None = Field(
        default=None, alias="product-account", description="the product's account; empty: the bot's own"
    )
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")] = Field(
        description="region of the bot and the product, such as eu-central-1"
    )
    shape: Literal["small", "fargate"] = Field(default="small", description="small: one instance. fargate: a service")
    environments: tuple[Name, ...] = Field(
        default=("production", "staging", "development"), min_length=1, description="environments, most harm first"
    )
    functions: tuple[Name, ...] = Field(default=(), description="Lambda functions that read secrets, by name")
    aws_keys: bool = Field(default=False, alias="aws-keys", description="true: the bot rotates IAM users' access keys")
    front: bool = Field(default=False, description="true: `bot serve --no-worker` apart, with a role of its own")
    kms_keys: tuple[Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:kms:")], ...] = Field(
        default=(), alias="kms-keys", description="ARNs of keys that encrypt the product's parameters; none: aws/ssm"
    )
    administrator: Name = Field(default="Installer", description="role that installs, and manages both KMS keys")
    responders: tuple[Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/")], ...] = Field(
        default=(), description="ARNs of roles or users at terminals; empty: those of `people`"
    )
    security_channel: Annotated[str, Field(pattern=r"^[CG][A-Z0-9]{2,20}$")] | None = Field(
        default=None, alias="security-channel", description="id of a Slack channel (C…) for status updates"
    )
    pager: Literal["pagerduty", "none"] = Field(default="pagerduty", description="pagerduty or none")
    on_call_email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")] = Field(
        alias="on-call-email", description="who gets alarms when the bot is down"
    )
    runbook: Annotated[str, Field(pattern=r"^s3://[a-z0-9.-]+/\S+$")] | None = Field(
        default=None, description="s3://BUCKET/KEY in a third account, for the steps by hand"
    )
    egress_ports: tuple[int, ...] = Field(
        default=(443, 5432, 6379), alias="egress-ports", description="ports that the bot may connect to"
    )
    people: Mapping[str, JsonValue] = Field(min_length=1, description="what the people file will hold")

    @property
    def product(self) -> str:
        """The account of the product's secrets."""
        return self.product_account or self.account

    @property
    def external_id(self) -> str:
        """What the product's role asks for; it is no secret."""
        return f"compromise-bot-{self.account}"


def load(path: Path) -> tuple[Answers, Listing]:
    """The answers at `path`, and the people in them. ConfigurationError with every mistake of the file."""
    return checked(read(path))


def checked(document: Document) -> tuple[Answers, Listing]:
    """The same of a document."""
    mistakes = Mistakes(document.path)
    answers = check(document, (), Answers, mistakes)
    mistakes.settle()
    assert answers is not None
    lines = {at[1:]: line for at, line in document.lines.items() if at[:1] == ("people",)}
    return answers, listing_of(Document(document.path, document.at(("people",)), lines, ""))


ASKED = (
    "account", "product-account", "region", "shape", "environments", "functions", "security-channel", "on-call-email",
)  # fmt: skip
"""The questions that are asked; the rest is changed in the file."""


def ask_all(ask: Ask) -> dict[str, JsonValue]:
    """What a person answers, as the file would say it. An empty answer leaves the default."""
    fields = {field.alias or name: field for name, field in Answers.model_fields.items()}
    found: dict[str, JsonValue] = {}
    for name in ASKED:
        field = fields[name]
        several = isinstance(field.default, tuple)
        usual = ", ".join(field.default) if several else "" if field.is_required() else field.default or ""
        said = ask(f"{name} ({field.description})", usual)
        if said and said != usual:
            found[name] = [each.strip() for each in said.split(",")] if several else said
    return {**found, "people": _people(ask)}


def _people(ask: Ask) -> dict[str, JsonValue]:
    people: dict[str, JsonValue] = {}
    while name := ask("Name of a person, such as ada (empty: no more)", ""):
        said: dict[str, JsonValue] = {
            "principal": ask(f"AWS ARN of {name} (user, or role session)", ""),
            "slack": ask(f"Slack member id of {name} (U…)", ""),
        }
        rights = ask(f"Rights of {name}", "respond, approve, command")
        people[name] = {
            **{key: value for key, value in said.items() if value},
            "rights": [each.strip() for each in rights.split(",") if each.strip()],
        }
    return people
