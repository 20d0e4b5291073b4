"""What a provider can be asked to do.

A provider declares its capabilities by the protocols that it satisfies; what it does not define, a person does, guided,
through the same steps and the same proof. Errors of every method: the `OutsideError` family of `bot.errors`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Annotated, ClassVar, Protocol, Self, runtime_checkable

from msgspec import Meta

from bot.aws import Aws
from bot.errors import ConfigurationError, OutsideError, Refused
from bot.model.keys import KeyRef, Leftover, Owner, Snapshot
from bot.model.probes import Answer, Liveness
from bot.net.http import Http
from bot.providers.hosts import Hosts
from bot.secrets.secret import Credential, Secret

KIND = "kind"
"""The option that chooses between the classes of one provider."""
REGION, GLOBAL = "region", "global"
"""The option that says where an account's data is kept, and what it is for an entry that does not say."""

SNAPSHOT_SECONDS = 5.0
"""What a snapshot may take in all: a kill waits for it, and no longer than this."""


type UnixSeconds = Annotated[int, Meta(ge=-62_135_596_800, le=253_402_300_799)]
"""What a `datetime` can be made of: an answer with another number is none that can be used."""
type AnyTime = Annotated[datetime, Meta(tz=True)]
"""A time that says of which zone it is: another can be compared with none of ours."""
_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._~:@=+-]{0,199}")
_MADE = re.compile(r"inc_[a-z0-9]{6}_[a-z0-9_]{1,60}")


def in_path(provider: str, verb: str, key_id: str) -> str:
    """`key_id` as one segment of a path. Refused where it is empty or could lead to another object: ``..``, ``a?b``."""
    if not _SEGMENT.fullmatch(key_id):
        raise Refused(provider, verb, "its id is empty, or has characters that lead elsewhere in a path")
    return key_id


def demand_captured(provider: str, verb: str, captured: str, answered: str) -> None:
    """Refused where an answer about the captured key names another one: what is ended is the captured one or none."""
    if answered != captured:
        raise Refused(provider, verb, "the answer names another key than the one that was captured")


def demand_made(provider: str, verb: str, name: str) -> None:
    """Refused unless the key's name is one that the bot gives: without its value nothing else tells whose it is."""
    if not _MADE.fullmatch(name):
        raise Refused(provider, verb, "its value is not known, and its name is none that the bot gives")


def utc(seconds: int | None) -> datetime | None:
    """A time as an API gives it, in Unix seconds; None where it gives none."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def newer(found: Iterable[Leftover], since: datetime) -> list[Leftover]:
    """Those of which it is known that they were made since then."""
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
    """What `ask` says of a credential of our own, called `whose`: a control is accepted, or it says nothing."""
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
    """What is needed to revoke: the old value, its id at the provider, and the replacement where there is one.

    The main part of `credential` is empty where the value was lost: a key that an interrupted `issue` left behind.
    """

    credential: Credential
    key_id: str
    replacement: Credential | None = None


CONSOLE = "{console}"
"""In a step or the checklist: the console that the key is in, where its provider has several."""


@dataclass(frozen=True)
class Card:
    """What the bot knows of a provider before it calls it: an entry of its card.yaml (`bot.providers.cards`).

    `covers` says which of its credentials are meant, where the title does not; `new_value` and `old_value` how the one
    is made and the other ended, in a few words. docs/providers.md is written from them.

    `hosts` maps a host's role to its base URL: calls go nowhere else (`BOT_<PROVIDER>_<ROLE>_URL` may replace one by a
    loopback address outside production). A name in braces in a host stands for the option of that name, which must be a
    plain label there. `issue_by_hand` and `revoke_by_hand` say exactly what a person clicks, step by step; they stand
    in for what the provider's class does not define. Where a provider has several consoles, `consoles` has their
    addresses by what stands in the beginning of a key that is in it (``_test_``), and ``{console}`` in a step or in
    the checklist is the key's, or all of them where its beginning is not known. `prove_by_hand` are shell commands that
    ask with the old value in ``$VALUE``, with a comment that says which answer means what.

    A provider with credentials that are handled differently has a class for each: the catalog's option `kind` chooses,
    and the class without one is what an entry gets that says nothing.

    `swaps`: the provider holds one value at a time. `revoke` puts the replacement in the old one's place, and until
    then the replacement is refused; so the two cannot overlap.

    `checklist` is what somebody with the key may have left behind and would outlive it: a short name, and a sentence
    that tells a person where to look. `inspects` names those items that `leftovers` reads by API.

    `parts` are the names of a credential of several parts, as the catalog must have them; none for a single value.
    `own_identity`: the bot's own AWS identity administers it, no admin credential is needed.
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

    @property
    def key(self) -> str:
        """The name in the registry: ``twilio``, or ``twilio/api-key`` with a kind."""
        return f"{self.name}/{self.kind}" if self.kind else self.name


@dataclass(frozen=True)
class Setup:
    """What the composition root gives a provider's constructor.

    `options` are the catalog entry's (project, service account…); `http(role)` is a client bound to that host of the
    card; `admin()` reads the admin credential when it is needed, None where the catalog names none; `hosts` are the
    places (``host:port``) that the entry names.
    """

    options: Mapping[str, str]
    http: Callable[[str], Http]
    admin: Callable[[], Secret] | None = None
    timeout: float = 20.0
    """Seconds, for providers that speak another protocol than HTTP."""
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
        """`http` for the option `region`. By region, `regions` map a role of the card to the one that stands for it.

        ConfigurationError for a region that is not among them.
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
        """`aws`. ConfigurationError where there is none."""
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
        """The account, project or host that `credential` belongs to; None if that cannot be told."""


@runtime_checkable
class Controls(Protocol):
    def control(self) -> Answer:
        """Whether the admin credential is accepted at the host that `probe` asks: proof that the path works."""


@runtime_checkable
class Leads(Protocol):
    """For a provider whose credentials say themselves where they lead. Nothing is sent to a place that is none of the
    secret's (`Hosts`).
    """

    def elsewhere(self, credential: Credential) -> tuple[str, ...]:
        """The places (``host:port``) that `credential` names and that are none of the secret's."""


@runtime_checkable
class ControlsAlong(Protocol):
    """For a provider whose credentials say themselves where they are asked. Its `control` says of the admin credential
    only whether that is accepted where it leads.
    """

    def control_along(self, probed: Credential) -> Answer:
        """Whether the admin credential is accepted at the very host and port at which `probe` asks `probed`."""


@runtime_checkable
class Identifies(Protocol):
    def identify(self, credential: Credential) -> list[KeyRef]:
        """The listed keys that `credential` can be, each with whether that rests on looks alone. None where what held
        them, such as a user or a project, is gone: its keys went with it.

        Two candidates are two: a person chooses, never the bot. So it is with one by looks, for a value that nobody has
        seen alive: it may be made up.
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
        """Keys whose name begins with `prefix`: what an interrupted `issue` may have left. None where what held them is
        gone.
        """


@runtime_checkable
class MakesRoom(Protocol):
    """For a provider that keeps so many keys and no more: its `issue` may delete the one that a snapshot named."""

    def made_room(self, prefix: str) -> str:
        """The id of the key that `issue` deleted for one whose name begins with `prefix`, also where it came no
        further; empty where none was.
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
class UninstallsBeside(Protocol):
    """For a provider that installs by a whole list of values and shows none: who removes one has to name the others."""

    def uninstall_beside(self, unwanted: Credential, old: Credential, new: Credential | None) -> None:
        """Makes `unwanted` refused; `new`, the replacement in use, is accepted then, and `old` only if it is now."""


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
        """How many sessions of `key_id` that are older than `age` are still open; the bot's own do not count.

        For a provider that holds sessions: a refused value is not dead while one of them lives. A session does not tell
        by which value it was opened, but the revocation cut them all, and clients with the new value came back after
        it: what is older than the revocation was opened with the leaked value. An age and not a time, so that the
        bot's and the server's clock need not agree; where an age cannot be told exactly, count what is surely older.
        """


@runtime_checkable
class Deletes(Protocol):
    """For a provider whose `revoke` only switches off, so that evidence is kept."""

    def delete(self, held: Held) -> None:
        """Deletes exactly what `revoke` switched off, once the investigation is over. Already gone is success.

        Refused: it is switched on.
        """


@runtime_checkable
class RevokesWithOwner(Protocol):
    """For a provider that may refuse to end a key by itself (`NotAlone`)."""

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
        """What has appeared at the account since then that an attacker may have left, for those items of the card's
        checklist that `inspects` names. `credential` may be dead: ask with the admin credential.
        """
