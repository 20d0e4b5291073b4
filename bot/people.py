"""Who is who, and who may do what. `BOT_PEOPLE` names a YAML file::

    ada:
      slack: U012AB3CD
      principal: arn:aws:iam::123456789012:user/ada
      email: ada@example.com
      rights: [respond, approve, command]

The same person is the same entry in Slack and at the terminal. A principal is an IAM user, one session of a role
(``arn:aws:sts::123456789012:assumed-role/Responder/ada@example.com``), or a role by itself, which stands for everybody
who can assume it. IAM Identity Center sets session names itself; elsewhere a session name proves somebody only if the
role's trust policy ties `sts:RoleSessionName` to them.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import structlog
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from bot.documents import Document, Location, Mistakes, Strict, check, read
from bot.errors import ConfigurationError
from bot.incident.model import Actor, Right

_log = structlog.get_logger(__name__)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):(?:iam|sts)::(?P<account>\d{12}):"
    r"(?:user/(?P<user>[\w+=,.@/-]+)|role/(?:[\w+=,.@/-]+/)?(?P<role>[\w+=,.@-]+)"
    r"|assumed-role/(?P<assumed>[\w+=,.@-]+)(?:/(?P<session>[\w+=,.@-]+))?)",
    re.ASCII,
)
"""User and role names: IAM reference, IAM identifiers. An assumed role's ARN leaves out the role's path."""


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

    @property
    def actor(self) -> Actor:
        """The person as an incident records them."""
        return Actor(self.name, self.rights)


@dataclass(frozen=True)
class People:
    """Everybody in the file, which is the only source of rights: whoever edits a Slack user group must not be able to
    grant a kill. `current`, where it is given, says who is in the file at this moment.
    """

    listed: tuple[Person, ...] = ()
    current: Callable[[], tuple[Person, ...]] | None = field(default=None, compare=False)

    @property
    def everybody(self) -> tuple[Person, ...]:
        return self.listed if self.current is None else self.current()

    def __iter__(self) -> Iterator[Person]:
        return iter(self.everybody)

    def by_slack(self, user: str) -> Person:
        """The person with this Slack id; one without rights if the file has none."""
        known = next((person for person in self.everybody if person.slack == user), None)
        return known or Person(f"slack:{user}", slack=user)

    def by_principal(self, arn: str) -> Person:
        """The person whom STS calls `arn`: their own session or user first, then the role they came by."""
        entries = {_principal(person.principal): person for person in self.everybody if person.principal}
        for key in _keys(arn):
            if key in entries:
                return entries[key]
        return Person(arn, principal=arn)

    def named(self, name: str) -> Person | None:
        """The entry called `name`."""
        return next((person for person in self.everybody if person.name == name), None)

    def may(self, name: str, right: Right) -> bool:
        """Whether the person whom an incident records as `name` has `right` now: an entry's name, or an account."""
        person = self.named(name)
        if person is None:
            user = name.removeprefix("slack:")
            person = self.by_slack(user) if user != name else self.by_principal(name)
        return right in person.rights

    def having(self, right: Right) -> tuple[Person, ...]:
        """Those of the file who have `right`, to be told or paged."""
        return tuple(person for person in self.everybody if right in person.rights)


class PeopleFile:
    """A people file that may change while the program runs: it is read again whenever its time or size is another.

    One that cannot be read any more, or has a mistake in it, changes nothing: a slip of the pen during an incident must
    not take everybody's rights away. The log says so.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._seen = self._state()
        self._listed = load_people(path).listed

    def __call__(self) -> tuple[Person, ...]:
        with self._lock:
            state = self._state()
            if state != self._seen:
                self._seen = state
                try:
                    self._listed = load_people(self._path).listed
                except ConfigurationError as error:
                    _log.error("the people file cannot be used; the rights read before still hold", error=str(error))
            return self._listed

    def _state(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def watch_people(path: Path) -> People:
    """The people of the file at `path` as it is whenever they are asked about. ConfigurationError as `load_people`."""
    return People(current=PeopleFile(path))


def load_people(path: Path) -> People:
    """The people of the file at `path`. Raises ConfigurationError with every mistake, each as ``file:line: …``."""
    document = read(path)
    mistakes = Mistakes(path)
    models = dict(_models(document, mistakes))
    for location, text in _repeated(models):
        mistakes.add(document.line(location), text)
    mistakes.settle()
    return People(tuple(_person(name, model) for name, model in models.items()))


def _arn(value: str) -> str:
    if not _ARN.fullmatch(value):
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


class PersonModel(Strict):
    slack: Annotated[str, AfterValidator(_slack_id)] | None = Field(default=None, description="Slack member id")
    principal: Annotated[str, AfterValidator(_arn)] | None = Field(default=None, description="AWS ARN")
    email: Annotated[str, AfterValidator(_email)] | None = Field(default=None, description="e-mail address")
    rights: tuple[Right, ...] = Field(description="of respond, approve, command; [] for none")


def _models(document: Document, mistakes: Mistakes) -> Iterable[tuple[str, PersonModel]]:
    if not isinstance(document.data, dict):
        mistakes.add(1, "no people here; expected `name: {slack: …, principal: …, email: …, rights: […]}`")
        return
    for name in document.data:
        if not _NAME.fullmatch(name) or name.casefold() == "bot":
            mistakes.add(document.line((name,)), "not a name; expected letters, digits, dots and dashes, and not `bot`")
        model = check(document, (name,), PersonModel, mistakes)
        if model is not None:
            yield name, model
            if model.slack is None and model.principal is None:
                mistakes.add(document.line((name,)), f"nobody can tell who {name} is; expected `slack` or `principal`")


def _repeated(models: Mapping[str, PersonModel]) -> Iterator[tuple[Location, str]]:
    """Two entries for one account would be two persons to the rule that asks for a second one."""
    seen: dict[object, str] = {}
    for name, model in models.items():
        accounts: tuple[tuple[str, object], ...] = (
            ("slack", model.slack),
            ("principal", _principal(model.principal) if model.principal else None),
            ("email", model.email.casefold() if model.email else None),
        )
        for key, account in accounts:
            if account is not None and account in seen:
                yield (name, key), f"the {key} of {name} is that of {seen[account]} too; expected one entry a person"
            seen.setdefault(account, name)


def _person(name: str, model: PersonModel) -> Person:
    return Person(name, model.slack, model.principal, model.email, frozenset(model.rights))


def _principal(arn: str) -> tuple[str, ...]:
    """What identifies a principal, alike for the ARNs of a role and of an assumed role; `arn` if it is neither."""
    match = _ARN.fullmatch(arn)
    if match is None:
        return (arn,)
    who = ("user", match["user"]) if match["user"] else ("role", match["role"] or match["assumed"])
    return (match["partition"], match["account"], *who, *([match["session"]] if match["session"] else []))


def _keys(arn: str) -> Iterator[tuple[str, ...]]:
    """The entries that `arn` may stand under, the narrowest first."""
    key = _principal(arn)
    yield key
    if len(key) == len(("partition", "account", "role", "name", "session")):
        yield key[:-1]
