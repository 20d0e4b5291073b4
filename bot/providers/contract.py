"""The operations of a provider.

A provider declares its capabilities by the protocols that it satisfies. What it does not define, a person does with
guidance, through the same steps and the same proof. Errors of every method: the `OutsideError` family of `bot.errors`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Annotated, ClassVar, Protocol, Self, runtime_checkable

from msgspec import Meta

from bot.aws import Aws
from bot.errors import ConfigurationError, OutsideError, Refused
from bot.model.keys import KeyRef, Leftover, Owner, Snapshot
from bot.model.probes import Answer, Liveness
from bot.model.uses import Use, UseReport
from bot.net.http import Http
from bot.providers.hosts import Hosts
from bot.providers.looks import NO_RECORDS, Look, Records
from bot.secrets.secret import Credential, Secret

KIND = "kind"
"""The option that chooses between the classes of one provider."""
REGION, GLOBAL = "region", "global"
"""The option that says where an account's data is kept, and what it is for an entry that does not say."""

SNAPSHOT_SECONDS = 5.0
"""The longest time for a snapshot: a revocation waits for it, and no longer."""


type UnixSeconds = Annotated[int, Meta(ge=-62_135_596_800, le=253_402_300_799)]
"""A number that `datetime` accepts; an answer with another one is unusable."""
type AnyTime = Annotated[datetime, Meta(tz=True)]
"""A time with its zone; one without it cannot be compared with ours."""
_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._~:@=+-]{0,199}")
_MADE = re.compile(r"inc_[a-z0-9]{6}_[a-z0-9_]{1,60}")


def in_path(provider: str, verb: str, key_id: str) -> str:
    """`key_id` as one segment of a path. Refused where it is empty or could lead to another object: ``..``, ``a?b``."""
    if not _SEGMENT.fullmatch(key_id):
        raise Refused(provider, verb, "its id is empty or has characters that change a path")
    return key_id


def demand_captured(provider: str, verb: str, captured: str, answered: str) -> None:
    """Refused if an answer about the captured key names another one: only the captured key may be revoked."""
    if answered != captured:
        raise Refused(provider, verb, "the answer names another key than the recorded one")


def demand_made(provider: str, verb: str, name: str) -> None:
    """Refused unless the bot gives such a name: without a value only the name tells whose the key is."""
    if not _MADE.fullmatch(name):
        raise Refused(provider, verb, "its value is unknown, and the bot did not name it")


def utc(seconds: int | None) -> datetime | None:
    """A time as an API gives it, in Unix seconds; None where it gives none."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def newer(found: Iterable[Leftover], since: datetime) -> list[Leftover]:
    """The ones that are known to have been made since then."""
    return [each for each in found if each.created_at is not None and each.created_at >= since]


def unclear_if_it_fails[**P](ask: Callable[P, Answer]) -> Callable[P, Answer]:
    """A probe as the contract wants it: UNKNOWN, with the cause, where asking raises an OutsideError."""

    @wraps(ask)
    def asked(*args: P.args, **named: P.kwargs) -> Answer:
        try:
            return ask(*args, **named)
        except OutsideError as failure:
            return Answer(Liveness.UNKNOWN, failure.cause)

    return asked


@unclear_if_it_fails
def as_control(whose: str, ask: Callable[[], Answer]) -> Answer:
    """The answer of `ask` about a credential of our own, called `whose`: accepted, or no information."""
    answer = ask()
    liveness = Liveness.LIVE if answer.liveness is Liveness.LIVE else Liveness.UNKNOWN
    return Answer(liveness, f"{whose}: {answer.detail}")


@dataclass(frozen=True)
class Issued:
    """A credential that the provider has just made; `made_room` is the id of the key that was deleted for it to have
    a place, empty where none was.
    """

    key_id: str
    credential: Credential
    made_room: str = ""


@dataclass(frozen=True)
class Held:
    """The data for a revocation: the old key, its id at the provider, and the replacement if there is one.

    The main part of `credential` is empty if the value was lost: a key that an interrupted `issue` left behind.
    """

    credential: Credential
    key_id: str
    replacement: Credential | None = None


CONSOLE = "{console}"
"""In a step or the checklist: the console that the key is in, where its provider has several."""


@dataclass(frozen=True)
class Card:
    """What the bot knows of a provider before it calls it: an entry of its card.yaml (`bot.providers.cards`).

    `covers` says which of its credentials are meant, if the title does not; `new_value` and `old_value` say in a few
    words how the one is made and the other revoked. docs/providers.md is made from them.

    `hosts` maps a host's role to its base URL: calls go to no other host (`BOT_<PROVIDER>_<ROLE>_URL` may replace one
    by a loopback address outside production). A name in braces in a host means the option of that name, which must be a
    plain label there. `issue_by_hand` and `revoke_by_hand` list the clicks for a person, step by step, for what the
    provider's class does not define. If a provider has several consoles, `consoles` has their addresses by the
    beginning of their keys (``_test_``), and ``{console}`` in a step or in the checklist is the key's own, or all of
    them if its beginning is unknown. `prove_by_hand` are shell commands that ask with the old key in ``$VALUE``, with
    a comment on the meaning of the answers.

    A provider whose credentials need different handling has a class for each: the catalog's option `kind` chooses, and
    the class without a kind is the default.

    `swaps`: the provider holds one value at a time. `revoke` puts the replacement in the old one's place, and until
    then the replacement is refused; so the two cannot overlap.

    `checklist` is what an attacker with the key may have left behind and would outlive it: a short name, and a sentence
    that tells a person where to look. `inspects` names the items that `leftovers` reads by API.

    `records` are the provider's of a key's use, which the bot can ask. `use_by_hand` tells a person where to look for
    how a key was used, in sentences: what the bot cannot ask itself.

    `reaches` says by the beginning of a scope (in AWS: by action) what a key with it can do with data and money; an
    empty beginning is true of every key.

    `parts` are the names of a credential of several parts, as the catalog must have them; empty for a single value.
    `own_identity`: the bot's own AWS identity administers it, without an admin credential.
    """

    name: str
    title: str
    covers: str = ""
    new_value: str = ""
    old_value: str = ""
    console: str = ""
    consoles: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    hosts: Mapping[str, str] = field(default_factory=dict)
    issue_by_hand: tuple[str, ...] = ()
    revoke_by_hand: tuple[str, ...] = ()
    prove_by_hand: str = ""
    holds_sessions: bool = False
    copies_scopes: bool = False
    revoke_needs_replacement: bool = False
    swaps: bool = False
    checklist: Mapping[str, str] = field(default_factory=dict)
    inspects: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    own_identity: bool = False
    use_by_hand: str = ""
    records: Records = NO_RECORDS
    reaches: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The name in the registry: ``twilio``, or ``twilio/api-key`` with a kind."""
        return f"{self.name}/{self.kind}" if self.kind else self.name


@dataclass(frozen=True)
class Setup:
    """The arguments that the composition root gives a provider's constructor.

    `options` are the catalog entry's (project, service account…); `http(role)` is a client bound to that host of the
    card; `admin()` reads the admin credential when it is needed, None if the catalog names none; `hosts` are the places
    (``host:port``) that the entry names.
    """

    options: Mapping[str, str]
    http: Callable[[str], Http]
    admin: Callable[[], Secret] | None = None
    timeout: float = 20.0
    """Seconds, for providers with another protocol than HTTP."""
    aws: Callable[[], Aws] | None = None
    """The bot's own AWS identity, for providers that are a part of AWS."""
    runs_on: tuple[Secret, ...] = ()
    """Credentials that the bot itself works with (its Slack token, its pager's keys): never to be revoked."""
    hosts: tuple[str, ...] = ()

    def check_options(self, provider: str, known: Collection[str], needed: Collection[str] = ()) -> None:
        """ConfigurationError for an option that `provider` does not know, or a needed one that is missing or empty."""
        for name in self.options:
            if name not in {KIND, *known}:
                wanted = ", ".join(sorted(known)) or "none"
                raise ConfigurationError(f"{provider}: unknown option {name!r}; expected: {wanted}")
        for name in needed:
            if not self.options.get(name):
                raise ConfigurationError(f"{provider}: the option {name!r} is needed")

    def in_region(self, provider: str, regions: Mapping[str, Mapping[str, str]]) -> Callable[[str], Http]:
        """`http` for the option `region`. For each region, `regions` maps a role of the card to another role.

        ConfigurationError for an unknown region.
        """
        name = self.options.get(REGION, GLOBAL)
        known = {GLOBAL: {}, **regions}
        if name not in known:
            raise ConfigurationError(f"{provider}: unknown region {name!r}; expected: {', '.join(known)}")
        return lambda role: self.http(known[name].get(role, role))

    def admin_for(self, provider: str) -> Callable[[], Secret]:
        """`admin`, or a function that raises Refused where the catalog names no admin credential."""

        def absent() -> Secret:
            raise Refused(provider, "read the admin credential", "the catalog names none for this secret")

        return self.admin or absent

    def hosts_for(self, provider: str, places: Callable[[Secret], tuple[str, ...]]) -> Hosts:
        """Where values of this entry may be sent, for credentials that are URLs: `places` reads them off one."""
        admin = self.admin
        return Hosts(provider, self.hosts, lambda: () if admin is None else places(admin()))

    def aws_for(self, provider: str) -> Aws:
        """`aws`. ConfigurationError if there is none."""
        if self.aws is None:
            raise ConfigurationError(f"{provider}: it is a part of AWS, and there is no AWS identity here")
        return self.aws()


@runtime_checkable
class Provider(Protocol):
    """Every provider: a card, a constructor that validates its options (ConfigurationError), and a probe."""

    card: ClassVar[Card]

    @classmethod
    def configured(cls, setup: Setup) -> Self: ...

    def probe(self, credential: Credential) -> Answer:
        """Whether `credential` is accepted now. What is unclear is UNKNOWN; no answer makes it raise."""


@runtime_checkable
class Compares(Protocol):
    def account(self, credential: Credential) -> str | None:
        """The account, project or host of `credential`; None if unknown."""


@runtime_checkable
class Controls(Protocol):
    def control(self) -> Answer:
        """Whether the admin credential is accepted at the host that `probe` asks: proof that the path works."""


@runtime_checkable
class Leads(Protocol):
    """For a provider whose credentials contain their own address. Only the secret's own places (`Hosts`) are called."""

    def elsewhere(self, credential: Credential) -> tuple[str, ...]:
        """The places (``host:port``) in `credential` that are not the secret's."""


@runtime_checkable
class ControlsAlong(Protocol):
    """For a provider whose credentials contain their own address. Its `control` says of the admin credential only
    whether it is accepted at its own address.
    """

    def control_along(self, probed: Credential) -> Answer:
        """Whether the admin credential is accepted at the very host and port at which `probe` asks `probed`."""


@runtime_checkable
class Identifies(Protocol):
    def identify(self, credential: Credential) -> list[KeyRef]:
        """The listed keys that `credential` may be, each with whether only visible characters match. None if their
        owner, such as a user or a project, no longer exists: its keys are gone too.

        With two candidates a person chooses, never the bot; also with one that only looks alike, for a value that was
        never accepted, because it may be made up.
        """


@runtime_checkable
class Snapshots(Protocol):
    def snapshot(self, credential: Credential, key_id: str) -> Snapshot: ...


@runtime_checkable
class Issues(Protocol):
    """The provider makes the value."""

    def issue(self, name: str, like: Snapshot) -> Issued:
        """Makes a key of this name with the rights of `like`."""

    def issued(self, prefix: str) -> list[KeyRef]:
        """Keys whose name begins with `prefix`, which an interrupted `issue` may have left. None if their owner no
        longer exists.
        """


@runtime_checkable
class MakesRoom(Protocol):
    """For a provider with a limited number of keys: its `issue` may delete the one that a snapshot named."""

    def made_room(self, prefix: str) -> str:
        """The id of the key that `issue` deleted for one whose name begins with `prefix`, also if it was then
        interrupted; empty if it deleted none.
        """


@runtime_checkable
class Installs(Protocol):
    """We make the value. All three are idempotent."""

    def generate(self, old: Credential) -> Credential:
        """A fresh value of the shape of `old`; nothing is changed at the provider."""

    def install(self, new: Credential, old: Credential) -> None:
        """Makes `new` accepted; where the provider can hold two, `old` stays accepted."""

    def uninstall(self, unwanted: Credential) -> None:
        """Makes `unwanted` refused, whether or not it was ever installed."""


@runtime_checkable
class Revokes(Protocol):
    def revoke(self, held: Held) -> None:
        """Revokes exactly `held.key_id`, and no id that an answer names, and ends its sessions.

        Already gone is success, and proves nothing.

        Refused: it would end the credential that the bot itself runs on, or the object is no longer the captured one.
        """


@runtime_checkable
class RevokesItself(Protocol):
    def revoke_itself(self, credential: Credential) -> None:
        """Revokes `credential` with its own authority: no admin credential is needed."""


@runtime_checkable
class CountsSessions(Protocol):
    def sessions(self, credential: Credential, key_id: str, age: timedelta) -> int:
        """The number of open sessions of `key_id` that are older than `age`; the bot's own do not count.

        For a provider that holds sessions: a refused value is not dead while one of them is open. A session does not
        tell its value, but the revocation cut them all, and clients with the new key came back afterwards: a session
        older than the revocation used the leaked key. An age and not a time, so that the clocks of bot and server
        need not agree; count only sessions that are certainly older.
        """


@runtime_checkable
class Deletes(Protocol):
    """For a provider whose `revoke` only switches off, so that evidence is kept."""

    def delete(self, held: Held) -> None:
        """Deletes exactly what `revoke` switched off, once the investigation is over. Already gone is success.

        Refused: it is enabled.
        """


@runtime_checkable
class RevokesWithOwner(Protocol):
    """For a provider that may refuse to revoke a key alone (`NotAlone`)."""

    def owner(self, held: Held) -> Owner:
        """What would have to be deleted instead."""

    def revoke_with_owner(self, held: Held, owner_id: str) -> None:
        """Deletes the owner, and all its keys with it. Already gone is success.

        Refused: it is no longer the key's owner, or it owns the bot's own credential.
        """


@runtime_checkable
class OfAwsUser(Protocol):
    """For a provider whose keys have the rights of an IAM user, and so may read parameters."""

    def aws_user(self) -> str:
        """The user's name."""
        ...


@runtime_checkable
class Inspects(Protocol):
    def leftovers(self, since: datetime, credential: Credential, key_id: str) -> list[Leftover]:
        """New things in the account that an attacker may have left, for the checklist items that `inspects` names.
        `credential` may be dead: ask with the admin credential.
        """


@runtime_checkable
class LooksAgain(Protocol):
    def still_there(self, made: Sequence[Use]) -> Iterable[tuple[Use, bool]]:
        """Whether the user, key or session that each use made is still there: a session until a deny covers it. Leaves
        out the uses that the provider does not tell about. Errors: the OutsideError family.
        """
        ...


@runtime_checkable
class Denies(Protocol):
    def deny(self, role: str, policy: str, until: datetime | None) -> None:
        """Denies everything to sessions of the role that were opened before then, by its policy of this name; without a
        time it removes that policy. Looks first, and ends once it sees the policy so.
        """


@runtime_checkable
class ReportsUse(Protocol):
    def use(self, held: Held, look: Look) -> UseReport:
        """How the key was used, as far as the admin's side tells. Asks with the admin credential: the key may be dead,
        and its own probes would be uses.
        """
        ...
