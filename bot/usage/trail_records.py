"""Reads of parameters in CloudTrail's records: pure.

Facts: a record of an SSM read lists the requested ARNs. A record of a read that IAM refused has null
`requestParameters` and no resources: only `errorMessage` names a parameter, and for several parameters only one.

The reader of a parameter influences much of the record (user agent, session name, requested names), and a stranger's
record may hold anything. A record counts as unreadable if it is no read in the searched time, or larger than
CloudTrail's. Texts are cut, and keep only letters that their fields can have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec

from bot.aws.lookups import Record, record_of
from bot.model.reads import Read
from bot.phrases.marks import printable
from bot.phrases.times import counted, few
from bot.proofs.principals import without_session

SSM = "ssm.amazonaws.com"
BY_PATH = "GetParametersByPath"
BY_NAME = ("GetParameter", "GetParameters", "GetParameterHistory")
READS = frozenset({*BY_NAME, BY_PATH})
LONGEST = 700
"""Characters of one text: a user's ARN has 512 of its path, 64 of its name, and less than a hundred before them."""
LATE = timedelta(days=1)
"""How far a record may be outside the searched time."""
_FOREIGN = re.compile(r"[^\w +=,.@:/-]", re.ASCII)
"""Characters that occur in no ARN, address, service name or error code. Source: IAM reference, IAM identifiers."""
_REFUSED_ARN = re.compile(r"on resource: arn:[\w-]+:ssm:[\w-]*:\d*:parameter/?(?P<name>[\w./-]*)", re.ASCII)
"""Parameter Store's AccessDenied messages; names of parameters: SSM API reference, PutParameter."""


class _Asked(msgspec.Struct, frozen=True):
    name: str | None = None
    names: list[str] | None = None
    path: str | None = None
    recursive: bool = False


class _Resource(msgspec.Struct, frozen=True):
    arn: str = msgspec.field(name="ARN", default="")


class _Record(Record, frozen=True):
    message: str | None = msgspec.field(name="errorMessage", default=None)
    asked: _Asked | None = msgspec.field(name="requestParameters", default=None)
    resources: list[_Resource] | None = None

    @property
    def principal(self) -> str:
        return _name(self.identity.who) or "unknown"

    @property
    def named(self) -> list[str]:
        """The names in the request, else in the refusal, else the resources of the record."""
        if self.asked is not None:
            return [name for name in (self.asked.name, self.asked.path, *(self.asked.names or ())) if name]
        refused = _REFUSED_ARN.search(self.message or "")
        return [f"/{refused['name']}"] if refused else [each.arn for each in self.resources or ()]


@dataclass
class Search:
    """The findings for `parameters`; a read found by several lookups counts once. `nameless` are the principals of
    refused reads whose records name no parameter, by event; `own` is the bot's ARN as of `without_session`, or empty;
    `window` is the searched time (UTC).
    """

    parameters: tuple[str, ...]
    window: tuple[datetime, datetime]
    own: str
    reads: dict[tuple[str, str], Read] = field(default_factory=dict)
    nameless: dict[str, str] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)

    def take(self, event_id: str, document: str) -> datetime | None:
        """Looks at one record, as JSON. When it happened, if that can be read."""
        record = record_of(document, _Record)
        if record is None or not self._is_in_time(record.at):
            self.unreadable.add(event_id)
            return None
        if record.name in READS and record.source == SSM:
            self._keep(record)
        return record.at

    def gaps(self) -> Iterator[str]:
        if self.nameless:
            who = few(sorted(set(self.nameless.values())))
            yield f"{counted(len(self.nameless), 'refused read')} whose records name no parameter, by {who}."
        if self.unreadable:
            yield f"{counted(len(self.unreadable), 'event')} that could not be read."

    def _is_in_time(self, at: datetime) -> bool:
        since, until = self.window
        return at.tzinfo is not None and since - LATE <= at <= until + LATE

    def _keep(self, record: _Record) -> None:
        if record.error and not record.named:
            self.nameless[record.id] = record.principal
        for name in self.parameters:
            if _shows(record, name):
                self.reads[record.id, name] = self._read(record, name)

    def _read(self, record: _Record, parameter: str) -> Read:
        return Read(
            at=record.at.astimezone(UTC),
            principal=record.principal,
            address=_name(record.address or ""),
            agent=" ".join(printable(record.agent or "").split())[:LONGEST],
            action=f"{record.name} (refused: {_name(record.error)})" if record.error else record.name,
            parameter=parameter,
            by_bot=without_session(record.principal) == self.own,
            by_version=_by_version(record, parameter),
        )


def _name(text: str) -> str:
    return _FOREIGN.sub("?", text[:LONGEST])


def _shows(record: _Record, parameter: str) -> bool:
    """Whether it asked for the parameter, or for a whole path with it in it. How deep one that was refused was to go is
    not recorded: it counts as if all of it.
    """
    named = [_plain(each) for each in record.named]
    if record.name != BY_PATH:
        return parameter in named
    deep = record.asked is None or record.asked.recursive
    paths = [f"{path.rstrip('/')}/" for path in named]
    return any(parameter.startswith(path) and (deep or "/" not in parameter.removeprefix(path)) for path in paths)


def _by_version(record: _Record, parameter: str) -> bool:
    """Whether a version or label was named, or it is not recorded whether one was."""
    named = [_without_region(name) for name in record.named if _plain(name) == parameter]
    return record.asked is None or any(name != parameter for name in named)


def _plain(name: str) -> str:
    return _without_region(name).partition(":")[0]


def _without_region(name: str) -> str:
    """The name in an ARN, with the version or label that may follow it."""
    return name.partition(":parameter")[2] if name.startswith("arn:") else name
