"""The people of the installation and their rights. `BOT_PEOPLE` names a YAML file::

    ada:
      slack: U012AB3CD
      principal: arn:aws:iam::123456789012:user/ada
      email: ada@example.com
      telephone: "+49 30 1234567"
      keys:
        - ssh-ed25519 AAAA… ada@laptop
      rights: [respond, approve, command]
    teams:
      Platform: [ada, ben]
    bridge: https://meet.example.com/incident

The same person is the same entry in Slack and at the terminal. A principal is an IAM user, one session of a role
(``arn:aws:sts::123456789012:assumed-role/Responder/ada@example.com``), or a role alone, which means everyone who can
assume it. IAM Identity Center sets session names itself; elsewhere a session name proves a person only if the role's
trust policy ties `sts:RoleSessionName` to them. Roles of Identity Center are named after their permission set, with 16
hex digits at the end (``AWSReservedSSO_Responder_0123456789abcdef``). The digits differ between accounts and change
when the set is assigned again; with or without them it is the same role.

`bridge` is where responders meet if Slack cannot be trusted: text, a link or a telephone number with its code. A
mapping under `bridge` is a person of that name, and so is one under `teams` that has `rights`. A team owns secrets: its
members get what an owner gets. It gives no right.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from bot.documents import Document, Location, Mistakes, Strict, check, read
from bot.errors import ConfigurationError
from bot.incident.model import Actor, Right
from bot.logs import Logger
from bot.proofs.principals import is_principal, is_role, principal_key, principal_keys
from bot.proofs.sshkeys import PublicKey, read_key

_log = Logger(__name__)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_RESERVED = frozenset({"bot", "operator", "slack"})
"""Names with a meaning of their own: the machine, the operator at its host, and Slack's front."""
_BRIDGE = "bridge"
_LONGEST_BRIDGE = 300
_TEAMS = "teams"
_LONGEST_TEAM = 80
MOST_MEMBERS = 20
"""The most members of a team, because each of them gets every message."""
_MOST_KEYS = 20


@dataclass(frozen=True)
class Person:
    """A person as the bot knows them. One who is not in the file has no rights, and their account for a name:
    ``slack:U012AB3CD`` or the ARN. They may declare and note, never approve.
    """

    name: str
    slack: str | None = None
    principal: str | None = None
    email: str | None = None
    rights: frozenset[Right] = frozenset()
    keys: tuple[PublicKey, ...] = ()
    telephone: str | None = None
    shared: bool = False
    """Whether only a role identifies the entry, so that it may be anyone who can assume the role."""
    lost: bool = False
    """Whether someone distrusted this person or reported that they left: they get no messages and no questions. The
    record of trust sets this, not the people file.
    """

    @property
    def actor(self) -> Actor:
        """The person as an incident records them. A `shared` one cannot approve, because they might be the first person
        again.
        """
        return Actor(self.name, self.rights - {Right.APPROVE} if self.shared else self.rights)

    @property
    def accounts(self) -> tuple[str, ...]:
        """Everything by which this person can prove who they are."""
        known = (f"slack:{self.slack}" if self.slack else "", self.principal or "")
        return (*filter(None, known), *(key.line for key in self.keys))


@dataclass(frozen=True)
class Listing:
    """The content of a people file at one moment. `digest` is SHA-256 in hex over its bytes, empty without a file."""

    people: tuple[Person, ...] = ()
    bridge: str | None = None
    digest: str = ""
    teams: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class People:
    """Everyone in the file, which is the only source of rights: an edit of a Slack user group must not allow a
    revocation. `current`, if given, returns the file's content at this moment.
    """

    listed: tuple[Person, ...] = ()
    current: Callable[[], Listing] | None = field(default=None, compare=False)

    @property
    def everyone(self) -> tuple[Person, ...]:
        return self.listing.people

    @property
    def bridge(self) -> str | None:
        """Where responders meet when Slack cannot be trusted."""
        return self.listing.bridge

    def owning(self, owner: str) -> tuple[Person, ...]:
        """The people whom an owner's name in the catalog means: the entry of this name or e-mail address, or the
        members of the team, in any capitals. Empty for a name that the file does not know; leaves out `lost` people.
        """
        name = owner.strip()
        person = self.named(name) or (self.by_email(name) if "@" in name else None)
        if person is not None:
            return () if person.lost else (person,)
        members = next((found for team, found in self.listing.teams.items() if team.casefold() == name.casefold()), ())
        return tuple(person for person in map(self.named, members) if person is not None and not person.lost)

    @property
    def meeting(self) -> tuple[str, ...]:
        """How responders find each other without Slack: the bridge first, then everyone's telephone number."""
        bridge = (f"bridge: {self.bridge}",) if self.bridge else ()
        numbers = (f"{person.name}: {person.telephone}" for person in self if person.telephone and person.rights)
        return (*bridge, *numbers)

    @property
    def digest(self) -> str:
        """SHA-256 in hex over the bytes of the file that everyone's rights are from; empty without a file."""
        return self.listing.digest

    @property
    def listing(self) -> Listing:
        """The file's content at this moment."""
        return Listing(self.listed) if self.current is None else self.current()

    def at_once(self) -> People:
        """The people of this moment, for someone who asks hundreds of times about it."""
        found = self.listing
        return People(current=lambda: found)

    def __iter__(self) -> Iterator[Person]:
        return iter(self.everyone)

    def by_slack(self, user: str) -> Person:
        """The person with this Slack id; one without rights if the file has none."""
        known = next((person for person in self.everyone if person.slack == user), None)
        return known or Person(f"slack:{user}", slack=user)

    def by_principal(self, arn: str) -> Person:
        """The person whom STS calls `arn`: their own session or user first, then, `shared`, the role they came by."""
        entries = {principal_key(person.principal): person for person in self.everyone if person.principal}
        for key in principal_keys(arn):
            if key in entries and is_role(key):
                # Anyone who can assume the role, perhaps a person of the file: an account without an entry.
                return replace(entries[key], name=arn, principal=arn, shared=True)
            if key in entries:
                return replace(entries[key], shared=False)
        return Person(arn, principal=arn)

    def named(self, name: str) -> Person | None:
        """The entry called `name`."""
        return next((person for person in self.everyone if person.name == name), None)

    def by_email(self, email: str) -> Person | None:
        """The entry with this e-mail address, in any capitals."""
        wanted = email.casefold()
        return next((person for person in self.everyone if (person.email or "").casefold() == wanted), None)

    def recorded(self, name: str) -> Person:
        """The person whom an incident records as `name`: an entry's name, or an account."""
        person = self.named(name)
        if person is None:
            user = name.removeprefix("slack:")
            person = self.by_slack(user) if user != name else self.by_principal(name)
        return person

    def may(self, name: str, right: Right) -> bool:
        """Whether the person whom an incident records as `name` has `right` now."""
        return self.recorded(name).actor.may(right)

    def having(self, right: Right) -> tuple[Person, ...]:
        """The people of the file who have `right`, to inform or page."""
        return tuple(person for person in self.everyone if person.actor.may(right))


class PeopleFile:
    """A people file that may change while the program runs: a new time or size of the file makes it read again.

    A file that is unreadable or wrong changes nothing, because a typing error during an incident must not remove
    everyone's rights. The log says so, and the digest stays that of the valid content.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._seen = self._state()
        self._listing = load_listing(path)

    def __call__(self) -> Listing:
        if self._state() == self._seen:  # most often: no one waits for another's look
            return self._listing
        with self._lock:
            state = self._state()
            if state != self._seen:
                try:
                    self._listing = load_listing(self._path)
                except ConfigurationError as error:
                    _log.error("the people file cannot be used; the rights read before still hold", error=str(error))
                self._seen = state
            return self._listing

    def _state(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def watch_people(path: Path) -> People:
    """The people of the file at `path` as it is whenever they are asked about. ConfigurationError as `load_listing`."""
    return People(current=PeopleFile(path))


def load_listing(path: Path) -> Listing:
    """The content of the file at `path`. Raises ConfigurationError with every mistake, each as ``file:line: …``."""
    return listing_of(read(path))


def listing_of(document: Document) -> Listing:
    """The content of a people file that was read. ConfigurationError as `load_listing`."""
    mistakes = Mistakes(document.path)
    models = dict(_models(document, mistakes))
    for location, text in _repeated(models):
        mistakes.add(document.line(location), text)
    bridge, teams = _bridge(document, mistakes), _teams(document, models, mistakes)
    mistakes.settle()
    return Listing(tuple(_person(name, model) for name, model in models.items()), bridge, document.digest, teams)


def _arn(value: str) -> str:
    if not is_principal(value):
        raise PydanticCustomError("arn", "expected the ARN of an IAM user, a role, or a role's session")
    return value


def _email(value: str) -> str:
    if not re.fullmatch(r"[^@\s]{1,64}@[^@\s]{1,255}", value):
        raise PydanticCustomError("email", "expected an e-mail address")
    return value


def _slack_id(value: str) -> str:
    if not re.fullmatch(r"[UW][A-Z0-9]{2,20}", value):
        raise PydanticCustomError("slack", "expected a Slack member id such as U012AB3CD (profile, Copy member ID)")
    return value


def _telephone(value: object) -> object:
    """Without what people put between the digits. Unquoted, YAML reads ``+4930…`` as a number."""
    number = re.sub(r"[ ().-]", "", value) if isinstance(value, str) else ""
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", number):
        raise PydanticCustomError("telephone", 'expected a number in quotes with its country, such as "+49 30 1234567"')
    return number


def _key(value: str) -> str:
    try:
        return read_key(value).line
    except ValueError as error:
        raise PydanticCustomError("key", "expected {what}", {"what": str(error)}) from None


class PersonModel(Strict):
    slack: Annotated[str, AfterValidator(_slack_id)] | None = Field(default=None, description="Slack member id")
    principal: Annotated[str, AfterValidator(_arn)] | None = Field(default=None, description="AWS ARN")
    email: Annotated[str, AfterValidator(_email)] | None = Field(default=None, description="e-mail address")
    telephone: Annotated[str, BeforeValidator(_telephone)] | None = Field(default=None, description="telephone number")
    keys: tuple[Annotated[str, AfterValidator(_key)], ...] = Field(
        default=(), max_length=_MOST_KEYS, description="SSH public keys"
    )
    rights: tuple[Right, ...] = Field(description="of respond, approve, command, counsel; [] for none")


def _models(document: Document, mistakes: Mistakes) -> Iterable[tuple[str, PersonModel]]:
    if not isinstance(document.data, dict):
        mistakes.add(1, "no people here; expected `name: {slack: …, principal: …, email: …, rights: […]}`")
        return
    seen: dict[str, str] = {}
    for name, value in document.data.items():
        if (name == _BRIDGE and not isinstance(value, dict)) or (name == _TEAMS and _is_teams(value)):
            continue
        line = document.line((name,))
        if not _NAME.fullmatch(name) or name.casefold() in _RESERVED:
            reserved = " nor ".join(f"`{word}`" for word in sorted(_RESERVED))
            mistakes.add(line, f"not a name; expected letters, digits, dots and dashes, and neither {reserved}")
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            mistakes.add(line, f"{name} differs from {other} in capitals only; expected names that can't be mixed up")
        model = check(document, (name,), PersonModel, mistakes)
        if model is not None:
            yield name, model
            if not (model.slack or model.principal or model.keys):
                mistakes.add(line, f"{name} has no identity; expected `slack`, `principal` or `keys`")


def _bridge(document: Document, mistakes: Mistakes) -> str | None:
    value = document.at((_BRIDGE,))
    if (_BRIDGE,) not in document.lines or isinstance(value, dict):
        return None
    if isinstance(value, str) and 0 < len(value) <= _LONGEST_BRIDGE and value.isprintable():
        scheme, found, _ = value.partition("://")
        if not found or scheme == "https":
            return value
    mistakes.add(document.line((_BRIDGE,)), "not a bridge; expected https://… or a telephone number, in quotes")
    return None


def _is_teams(value: object) -> bool:
    """A person called so has rights."""
    return not (isinstance(value, dict) and "rights" in value)


def _teams(document: Document, models: Mapping[str, PersonModel], mistakes: Mistakes) -> dict[str, tuple[str, ...]]:
    """Ignores members without an entry: deleting the entry of a person who left must not make the
    whole file invalid.
    """
    value = document.at((_TEAMS,))
    if (_TEAMS,) not in document.lines or not _is_teams(value):
        return {}
    found: dict[str, tuple[str, ...]] = {}
    if not isinstance(value, dict):
        mistakes.add(document.line((_TEAMS,)), "no teams here; expected `name: [person, person]`")
        return {}
    for name, members in value.items():
        line = document.line((_TEAMS, name))
        if not (isinstance(name, str) and 0 < len(name) <= _LONGEST_TEAM and name.isprintable()):
            mistakes.add(line, f"not a team's name; expected at most {_LONGEST_TEAM} characters in one line")
        elif name in models:
            mistakes.add(line, f"{name} is a person of this file; expected another name for the team")
        elif not (known := _members(members)):
            mistakes.add(line, f"not the members of {name}; expected a list of 1 to {MOST_MEMBERS} people of this file")
        else:
            found[name] = known
    return found


def _members(value: object) -> tuple[str, ...]:
    """Names, each once; empty if the value is no list of names."""
    names = [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
    fits = isinstance(value, list) and len(names) == len(value) <= MOST_MEMBERS
    return tuple(dict.fromkeys(names)) if fits else ()


def _repeated(models: Mapping[str, PersonModel]) -> Iterator[tuple[Location, str]]:
    """Two entries for one account would be two persons to the rule that asks for a second one."""
    seen: dict[object, str] = {}
    for name, model in models.items():
        accounts: tuple[tuple[str, Location, object], ...] = (
            ("slack", ("slack",), model.slack),
            ("principal", ("principal",), principal_key(model.principal) if model.principal else None),
            ("email", ("email",), model.email.casefold() if model.email else None),
            *(("key", ("keys", index), key) for index, key in enumerate(model.keys)),
        )
        for what, where, account in accounts:
            if account is not None and seen.setdefault(account, name) != name:
                yield (
                    (name, *where),
                    f"the {what} of {name} is that of {seen[account]} too; expected one entry a person",
                )


def _person(name: str, model: PersonModel) -> Person:
    keys = tuple(dict.fromkeys(read_key(line) for line in model.keys))
    person = Person(name, model.slack, model.principal, model.email, frozenset(model.rights), keys, model.telephone)
    role = model.principal is not None and is_role(principal_key(model.principal))
    return replace(person, shared=role and not (person.slack or keys))
