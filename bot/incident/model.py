"""The words of an incident: frozen copies of what was declared, and the states that things can be in.

Times are timezone-aware UTC datetimes, durations are seconds. Nothing here can hold a secret: values are named by
fingerprint.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Strategy(StrEnum):
    KILL_FIRST = "kill-first"
    OVERLAP = "overlap"


class IfFailing(StrEnum):
    """What becomes of the old value at the end of an overlap while a consumer refuses the new one."""

    KEEP = "keep"
    END = "end"


class Outage(StrEnum):
    """What stops when the old value is killed before the new one is in place."""

    NONE = "none"
    DEGRADED = "degraded"
    DOWN = "down"


class Kill(StrEnum):
    REVERSIBLE = "reversible"
    IRREVERSIBLE = "irreversible"


class Data(StrEnum):
    """The most sensitive data that the secret opens."""

    NONE = "none"
    PERSONAL = "personal"
    PAYMENT = "payment"
    CHILDREN = "children"


class Makes(StrEnum):
    """Who makes a new value: the provider, we, or a person in the provider's console."""

    ISSUE = "issue"
    INSTALL = "install"
    PERSON = "person"


class RevokedBy(StrEnum):
    MACHINE = "machine"
    ITSELF = "itself"
    PERSON = "person"


class TargetKind(StrEnum):
    """How sure we are which value leaked."""

    CONFIRMED = "confirmed"
    ASSUMED = "assumed"


class Old(StrEnum):
    """State of the leaked value. Only DEAD is proven; ATTESTED has a person's name on it."""

    ALIVE = "alive"
    REVOKING = "revoking"
    DEAD = "dead"
    ATTESTED = "attested"
    UNPROVEN = "unproven"


class New(StrEnum):
    """State of the replacement. UNCONFIRMED: in place, and a consumer cannot be asked whether it is well with it;
    FAILING: in place, and a consumer that can be asked says that it is not. Only LIVE is restored. ROLLED_BACK: staged
    again, since the leaked value was put back in its place.
    """

    NONE = "none"
    STAGED = "staged"
    PROMOTED = "promoted"
    LIVE = "live"
    UNCONFIRMED = "unconfirmed"
    FAILING = "failing"
    ROLLED_BACK = "rolled-back"
    NOT_NEEDED = "not-needed"


class Access(StrEnum):
    """Whether anything that somebody made with the key may still open a door: a dead key alone does not tell."""

    OPEN = "open"
    CONTAINED = "contained"


class CheckOutcome(StrEnum):
    """How an item of the checklist ended: nothing was there, or what was there has been removed."""

    CLEAR = "clear"
    HANDLED = "handled"


class CopyKind(StrEnum):
    """What holds a secret's value beside its parameter."""

    CI = "ci"
    VERCEL = "vercel"
    LAMBDA_VARIABLE = "lambda-variable"
    IMAGE = "image"
    BACKUP = "backup"
    REGION = "region"
    ACCOUNT = "account"
    OTHER = "other"


class CopyOutcome(StrEnum):
    """What became of a copy: it has the new value, it is gone, or somebody accepts by name that the old one stays."""

    UPDATED = "updated"
    PURGED = "purged"
    ACCEPTED = "accepted"


class ReaderOutcome(StrEnum):
    """Whether anybody answers for the reads of a principal: it is ours, somebody explained them, or nobody can."""

    OURS = "ours"
    EXPLAINED = "explained"
    UNEXPLAINED = "unexplained"


class StepState(StrEnum):
    WAITING = "waiting"
    OPEN = "open"
    DONE = "done"
    SKIPPED = "skipped"


class Action(StrEnum):
    """The closed set of what a playbook's step may let the machine do. INVESTIGATE: until the step is over, the machine
    keeps as evidence what it has only switched off.
    """

    ROTATE = "rotate"
    USAGE = "usage"
    REVOKE = "revoke"
    PROVE = "prove"
    PAGE = "page"
    ANNOUNCE = "announce"
    INVESTIGATE = "investigate"
    REPORT = "report"
    DECISIONS = "decisions"


class Right(StrEnum):
    """RESPOND: kill, retry, bring a value, move steps. APPROVE: one of the two who agree to a kill needs it.
    COMMAND: close, reopen, attest.
    """

    RESPOND = "respond"
    APPROVE = "approve"
    COMMAND = "command"


class ConsentKind(StrEnum):
    """What a kill can rest on: one responder's decision, two people's agreement, or broken glass."""

    KILL = "kill"
    APPROVAL = "approval"
    BREAK_GLASS = "break-glass"


@dataclass(frozen=True)
class Actor:
    """Who asks. `name` is the entry in the people file, or ``slack:U…`` / an ARN for somebody who is not in it."""

    name: str
    rights: frozenset[Right] = frozenset()

    def may(self, right: Right) -> bool:
        return right in self.rights

    @property
    def recorded(self) -> tuple[Right, ...]:
        """The rights as an event keeps them."""
        return tuple(sorted(self.rights))


@dataclass(frozen=True)
class By:
    """Who did something, and when."""

    name: str
    at: datetime


BOT = Actor("bot")
"""The machine itself: it acts only through operations and deadlines."""

OPERATOR = "operator unproven"
"""Who broke glass at the worker's own host, when nobody could prove who they are."""


@dataclass(frozen=True)
class Timings:
    """How long things take, in seconds; frozen into the incident at its declaration."""

    confirm: float = 30.0
    retry_for: float = 600.0
    overlap: float = 900.0
    approval_expires: float = 1800.0
    http_timeout: float = 20.0
    sweep_wait: float = 60.0
    snapshot: float = 5.0
    watch: float = 60.0


@dataclass(frozen=True)
class Part:
    """One parameter of a secret. `secret` marks the part that opens doors; exactly one part of an entry has it."""

    name: str
    parameter: str
    variable: str = ""
    secret: bool = True


@dataclass(frozen=True)
class Consumer:
    """A Lambda function that reads the secret, the alias that traffic takes, and a URL that says whether it is well."""

    function: str
    alias: str | None = None
    health: str | None = None


@dataclass(frozen=True)
class Copy:
    """A place besides the parameter that holds the value: `where` it is, `update` how a person brings it up to date or
    empties it, `owner` whom to ask.
    """

    name: str
    kind: CopyKind
    where: str
    update: str
    owner: str = ""


@dataclass(frozen=True)
class Abilities:
    """What the provider's class can do, frozen at the declaration; the rest is a person's work, guided by the card.

    `swaps`: the provider holds one value at a time, and revoking is what puts the replacement in the old one's place.
    `renews`: the replacement is made out of the old value, so it cannot be once that is revoked.
    """

    makes: Makes
    revokes: RevokedBy
    identifies: bool = False
    snapshots: bool = False
    compares: bool = False
    controls: bool = False
    copies_scopes: bool = False
    holds_sessions: bool = False
    revoke_needs_replacement: bool = False
    swaps: bool = False
    deletes: bool = False
    inspects: bool = False
    revokes_itself: bool = False
    revokes_with_owner: bool = False
    renews: bool = False


@dataclass(frozen=True)
class Sibling:
    """Another secret of the same provider in the same environment: it must survive the end of this one."""

    name: str
    parts: tuple[Part, ...]
    options: Mapping[str, str] = field(default_factory=dict)
    admin_parameter: str | None = None


@dataclass(frozen=True)
class SecretEntry:
    """One secret of the catalog in one environment, as an incident carries it. Parameters are full paths.

    `checklist` is what may outlive the key at its provider: a short name, and a sentence that says where to look.
    `inspects` names those items that the machine can read.
    """

    name: str
    title: str
    provider: str
    parts: tuple[Part, ...]
    abilities: Abilities
    options: Mapping[str, str] = field(default_factory=dict)
    admin_parameter: str | None = None
    consumers: tuple[Consumer, ...] = ()
    owner: str = ""
    dies_with: tuple[str, ...] = ()
    issued_with: tuple[str, ...] = ()
    if_killed: str = ""
    outage: Outage = Outage.DEGRADED
    kill: Kill = Kill.IRREVERSIBLE
    public_by_design: bool = False
    data: Data = Data.NONE
    console: str = ""
    issue_by_hand: str = ""
    revoke_by_hand: str = ""
    checklist: Mapping[str, str] = field(default_factory=dict)
    inspects: tuple[str, ...] = ()
    siblings: tuple[Sibling, ...] = ()
    copies: tuple[Copy, ...] = ()

    @property
    def main(self) -> Part:
        """The part that opens doors."""
        return next(part for part in self.parts if part.secret)


@dataclass(frozen=True)
class PlaybookStep:
    """One of the steps: `guide` is the text for a tired person, `within` seconds from the declaration (None: no limit),
    `approval` asks for a second person on top of what the rules ask for.
    """

    id: str
    title: str
    why: str = ""
    guide: str = ""
    actions: tuple[Action, ...] = ()
    approval: bool = False
    within: float | None = None
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Playbook:
    """The frozen copy that an incident carries; later edits of the file never change a running incident."""

    id: str
    title: str
    steps: tuple[PlaybookStep, ...]


@dataclass(frozen=True)
class Target:
    """Which value leaked. `fingerprint` is empty until the value has been captured; `parameter` and `version` say where
    it stands, or `staged` names the staging parameter of a value that stands in no history.
    """

    kind: TargetKind
    fingerprint: str = ""
    version: int | None = None
    current: bool = True
    staged: str | None = None


@dataclass(frozen=True)
class KeyRef:
    """A key as its provider lists it, for people to choose by. `by_looks`: the leaked value has in common with it what
    the provider shows, and nothing else is known.
    """

    id: str
    name: str = ""
    hint: str = ""
    created_at: datetime | None = None
    last_used_at: datetime | None = None
    by_looks: bool = False


NONE_OF_THESE = KeyRef("none", "none of these", "the value was not seen alive, and only looks like the other one")
"""What a person may choose in place of the one key that a value looks like: then the machine ends none."""


@dataclass(frozen=True)
class SnapshotRecord:
    """What a deletion destroys, kept. `scopes` None: unknown."""

    account: str = ""
    scopes: tuple[str, ...] | None = None
    owner: str = ""
    last_used_at: datetime | None = None
    allowed_addresses: tuple[str, ...] = ()
    sessions: int | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Probe:
    """One look at a credential: `subject` is ``old``, ``control: …`` or ``bystander: …``; `liveness` live, dead or
    unknown.
    """

    subject: str
    liveness: str
    detail: str


@dataclass(frozen=True)
class OwnerRecord:
    """What a key belongs to, where its provider ends it only together with that: `words` name it and all that goes with
    it, `alone` is False where other living keys would die too.
    """

    id: str
    words: str
    alone: bool


@dataclass(frozen=True)
class LeftoverRecord:
    """Something at the provider that is newer than the exposure and would outlive the key; `item` of the checklist."""

    item: str
    id: str
    name: str = ""
    created_at: datetime | None = None


@dataclass(frozen=True)
class Accepted:
    """Something open that a person closed over by name: `words` as they read it then."""

    key: str
    words: str


@dataclass(frozen=True)
class ReadRecord:
    """One read of a parameter by somebody."""

    at: datetime
    principal: str
    address: str
    agent: str
    action: str
    parameter: str
    by_bot: bool = False


KEY_NAME_LENGTH = 64


def key_prefix(incident: str, secret: str) -> str:
    """What the names of all keys made for this secret in this incident begin with; at most 60 of `[a-z0-9_]`."""
    plain = re.sub(r"[^a-z0-9]+", "_", secret.lower()).strip("_")
    prefix = f"{incident}_{plain}_"
    if len(prefix) > KEY_NAME_LENGTH - 4:
        digest = hashlib.sha256(secret.encode()).hexdigest()[:8]
        prefix = f"{incident}_{plain[: KEY_NAME_LENGTH - 4 - len(incident) - 11]}_{digest}_"
    return prefix


def key_name(incident: str, secret: str, attempt: int) -> str:
    """The name under which attempt number `attempt` makes a key: ``inc_ab12cd_openai_api_key_1``."""
    return f"{key_prefix(incident, secret)}{attempt}"


@dataclass(frozen=True)
class Cut:
    """What is to be left of event number `seq` of this kind: `data` is its JSON without people's words, `data_digest`
    names the data that it had.
    """

    seq: int
    kind: str
    data_digest: str
    data: str
