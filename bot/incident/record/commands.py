"""What can be asked of the record."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.model import Cut
from bot.incident.stored import stored


@stored("add-note", text="text")
@dataclass(frozen=True)
class AddNote:
    text: str


@stored("record-finding", text="text")
@dataclass(frozen=True)
class RecordFinding:
    """`what`: finding, impact, root-cause or notification."""

    what: str
    text: str


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


RecordFromPeople = AddNote | RecordFinding
RecordCommand = RecordFromPeople | Redact | RefuseText
