"""A secret as the catalog declares it: its parts, who reads it, where else it is kept, what its end would stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from bot.model.capabilities import Capabilities
from bot.model.window import ALWAYS, Window


class Outage(StrEnum):
    """What stops if the old key is revoked before the new one is in use."""

    NONE = "none"
    DEGRADED = "degraded"
    DOWN = "down"


class Kill(StrEnum):
    REVERSIBLE = "reversible"
    IRREVERSIBLE = "irreversible"


class Planned(StrEnum):
    """The consent for a planned rotation: AUTO revokes the old key without asking; ASK needs two people each time."""

    AUTO = "auto"
    ASK = "ask"


class Data(StrEnum):
    """The most sensitive data that the secret opens."""

    NONE = "none"
    PERSONAL = "personal"
    PAYMENT = "payment"
    CHILDREN = "children"

    @property
    def words(self) -> str:
        """``children's data``."""
        return {Data.NONE: "no personal data", Data.CHILDREN: "children's data"}.get(self, f"{self} data")


class CopyKind(StrEnum):
    """The kinds of places that hold a secret's value besides its parameter."""

    CI = "ci"
    VERCEL = "vercel"
    LAMBDA_VARIABLE = "lambda-variable"
    IMAGE = "image"
    BACKUP = "backup"
    REGION = "region"
    ACCOUNT = "account"
    OTHER = "other"


@dataclass(frozen=True)
class Part:
    """One parameter of a secret. `secret` marks the part that gives access; exactly one part of an entry has it."""

    name: str
    parameter: str
    variable: str = ""
    secret: bool = True


@dataclass(frozen=True)
class Consumer:
    """A program that reads the secret: a Lambda function, by its name or ARN. Further fields: the alias that traffic
    takes, and its health URL.
    """

    function: str
    alias: str | None = None
    health: str | None = None

    @property
    def known_as(self) -> str:
        """The name that its session bears in AWS's log of reads: the function's (AWS: Lambda execution role)."""
        return self.function.rpartition(":")[2]

    def may_be(self, principal: str) -> bool:
        """Whether a principal has this function's name as its last part."""
        return principal.rpartition("/")[2] == self.known_as


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
class Sibling:
    """Another secret of the same provider in the same environment: it must survive the end of this one."""

    name: str
    parts: tuple[Part, ...]
    options: Mapping[str, str] = field(default_factory=dict)
    admin_parameter: str | None = None


class DeclaredSecret(msgspec.Struct, frozen=True):
    """What the catalog's file declares of one secret, for one environment. Parameters are full paths; `window` limits
    when a planned rotation may begin and revoke. A leak ignores it.

    This class and its extensions are structs, so that each field is written once.
    """

    name: str
    title: str
    provider: str
    parts: tuple[Part, ...]
    options: Mapping[str, str] = msgspec.field(default_factory=dict)
    admin_parameter: str | None = None
    consumers: tuple[Consumer, ...] = ()
    owner: str = ""
    dies_with: tuple[str, ...] = ()
    if_killed: str = ""
    outage: Outage = Outage.DEGRADED
    kill: Kill = Kill.IRREVERSIBLE
    public_by_design: bool = False
    data: Data = Data.NONE
    copies: tuple[Copy, ...] = ()
    window: Window = ALWAYS
    planned: Planned = Planned.ASK

    @property
    def main(self) -> Part:
        """The part that opens doors."""
        return next(part for part in self.parts if part.secret)


@dataclass(frozen=True)
class ByHand:
    """The clicks for a person at a provider: where, how to make a new key, and how to revoke the old one."""

    console: str
    issue: str
    revoke: str


def any_console(consoles: Mapping[str, str]) -> str:
    """The words for a console while it is unknown which of several holds the key."""
    return " or ".join(f"{console} (for …{part}…)" for part, console in consoles.items())


class SecretEntry(DeclaredSecret, frozen=True, kw_only=True, rename={"capabilities": "abilities"}):
    """A secret as an incident carries it: the declaration, and its provider's class and card at that time.

    `checklist` names what may outlive the key at its provider: a short name, and a sentence that says where to look.
    `inspects` names the items that the machine can read. `consoles` are the consoles of a provider with several, by the
    beginning of their keys (``_test_``). Logs hold `capabilities` permanently as ``abilities``.
    """

    capabilities: Capabilities
    console: str = ""
    issue_by_hand: str = ""
    revoke_by_hand: str = ""
    checklist: Mapping[str, str] = msgspec.field(default_factory=dict)
    inspects: tuple[str, ...] = ()
    siblings: tuple[Sibling, ...] = ()
    consoles: Mapping[str, str] = msgspec.field(default_factory=dict)
    use_by_hand: str = ""
    """Where a person looks for how the key was used."""
    reaches: Mapping[str, str] = msgspec.field(default_factory=dict)
    """By the beginning of a scope what a key with it can do with data and money."""

    @property
    def fatal(self) -> bool:
        """Whether its revocation is irreversible and also takes the product down."""
        return self.kill is Kill.IRREVERSIBLE and self.outage is Outage.DOWN

    def by_hand(self, hint: str = "") -> ByHand:
        """The clicks for a key with this hint (``sk_live_…c668``): in the console that its beginning tells, or in all
        consoles if it tells none.
        """
        return ByHand(
            self._console_of(hint) or self.console,
            self.of_key(self.issue_by_hand, hint),
            self.of_key(self.revoke_by_hand, hint),
        )

    def of_key(self, text: str, hint: str) -> str:
        """A step of the card's, or a sentence of its checklist, with the console of a key of this hint alone, where its
        beginning tells which.
        """
        console = self._console_of(hint)
        return text.replace(any_console(self.consoles), console) if console else text

    def _console_of(self, hint: str) -> str:
        """The console that the key's beginning tells; empty if it tells none."""
        beginning = hint.partition("…")[0]
        found = [console for part, console in self.consoles.items() if part in beginning]
        return found[0] if len(found) == 1 else ""
