"""What can be asked of the record."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.bounds import Past
from bot.incident.model import Cut
from bot.incident.stored import stored
from bot.model.fields import Fingerprint, Name, Words


@stored("add-note", text="text")
@dataclass(frozen=True)
class AddNote:
    text: Words


@stored("record-finding", text="text")
@dataclass(frozen=True)
class RecordFinding:
    """`what`: finding, impact, root-cause, no-abuse or abuse-unknown."""

    what: Name
    text: Words


@stored("redact")
@dataclass(frozen=True)
class Redact:
    """Proposes to take people's words out of events, as the worker has read them from the log: a second person must
    agree.
    """

    cuts: tuple[Cut, ...]
    reason: str


@stored("refuse-text")
@dataclass(frozen=True)
class RefuseText:
    """A person's command, of kind `command`, whose texts hold a secret: only that, and `reason`, is recorded."""

    command: str
    reason: str


@stored("keep-message")
@dataclass(frozen=True)
class KeepMessage:
    """A person wants a message of Slack's in the timeline: the worker has read it there, and masked what looked like a
    secret. `author` is who wrote it at `sent_at`; `channel` and `ts` are where it stands.
    """

    text: str
    author: str
    sent_at: Past
    channel: str
    ts: str


@stored("record-sighting")
@dataclass(frozen=True)
class RecordSighting:
    """A person has shown a message that holds a value of `secret`, as the worker found: which value, and where the
    message stands. Its text is nowhere. Of an alert from outside `ts` is what it is known by here, and `source` and
    `place` say whose it is and where it stands.
    """

    secret: str
    value: str
    channel: str
    ts: str
    source: str = ""
    place: str = ""


@stored("compare-value")
@dataclass(frozen=True)
class CompareValue:
    """A person has compared the leaked value, at a terminal, with the one of `secret` whose fingerprint is `seen`: it
    is the same, or it is not. Nothing of the leaked one is said.
    """

    secret: Name
    same: bool
    seen: Fingerprint


RecordFromPeople = AddNote | RecordFinding | CompareValue
RecordCommand = RecordFromPeople | Redact | RefuseText | KeepMessage | RecordSighting
