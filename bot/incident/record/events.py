"""What can have happened to the record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.incident.model import Cut
from bot.incident.stored import stored


@stored("note-added")
@dataclass(frozen=True)
class NoteAdded:
    """`responder`: whether whoever wrote it may respond, and so answers the page by it. Older logs asked nobody."""

    text: str
    v: int = 1
    responder: bool = True


@stored("finding-recorded")
@dataclass(frozen=True)
class FindingRecorded:
    """`what` is ``finding``, ``impact``, ``root-cause``, ``no-abuse`` or ``abuse-unknown``."""

    what: str
    text: str
    v: int = 1


@stored("redacted")
@dataclass(frozen=True)
class Redacted:
    """Two people have taken people's words out of an event: `cut` stands in its place from here on. The event's own
    data and salt are gone from the log.
    """

    cut: Cut
    reason: str
    proposer: str
    v: int = 1


@stored("message-kept")
@dataclass(frozen=True)
class MessageKept:
    """A message of Slack's, masked, as it stood at `ts` of `channel` when a person put it into the timeline;
    `responder` as of `NoteAdded`.
    """

    text: str
    author: str
    sent_at: datetime
    channel: str
    ts: str
    v: int = 1
    responder: bool = True


@stored("value-sighted")
@dataclass(frozen=True)
class ValueSighted:
    """A value of `secret` stands in a message of Slack's: ``leaked``, ``new`` or ``earlier``. With a `source`
    (``github``) it stands in what that reported as `place` (``acme/app#7``). With ``comparison`` a person has compared
    the leaked value with the one that the incident ends: it is ``leaked``, or ``another``. `responder` as of
    `NoteAdded`.
    """

    secret: str
    value: str
    channel: str
    ts: str
    source: str = ""
    place: str = ""
    v: int = 1
    responder: bool = True


@stored("command-refused")
@dataclass(frozen=True)
class CommandRefused:
    """`reason` is a sentence for the person who asked: what was not done, why, who was there first."""

    command: str
    reason: str
    v: int = 1


@stored("notification-reminded")
@dataclass(frozen=True)
class NotificationReminded:
    """Nobody has recorded the decision on notification, `due` soon; `over`: the time has run out."""

    due: datetime
    over: bool
    v: int = 1


RecordByPerson = NoteAdded | FindingRecorded | Redacted | CommandRefused | MessageKept | ValueSighted
RecordByMachine = NotificationReminded
RecordEvent = RecordByPerson | RecordByMachine
