"""Handles a message that a person reported: reads it in Slack, compares it in memory, and answers privately."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.eventlog.sql import EventLog
from bot.inbox.fingerprints import KnownValues, of_incidents, readable, which_value
from bot.inbox.hiding import kept_from_slack
from bot.inbox.messages import Message, Messages, Offered, ReportMessage
from bot.incident import commands as c
from bot.incident.model import Target, TargetKind
from bot.news.sources.catalogued import Place
from bot.phrases.marks import code
from bot.phrases.times import counted, listed
from bot.secrets.keyshapes import recognise

type Sight = Callable[[str, c.RecordSighting], str]
"""Informs an incident that the message contains a value of its secret; returns a sentence on the result."""

DELETING = (
    "Slack lets an app delete only its own messages. Its author or a workspace admin must delete this one (⋮ → "
    "Delete message). Anyone who read it still has the value."
)
NOT_LOOKED_AT = "the rest of its text, which has too many marks and brackets to compare"
CANNOT_READ = (
    "I can't read this message: I am not in that conversation, or it was deleted. Invite me there and report it "
    "again, or run `bot identify` at a terminal and enter the value at its hidden prompt."
)


@dataclass(frozen=True)
class Reported:
    """The result of a report: the sentence for the reporter, and what they can declare."""

    text: str
    offered: tuple[Offered, ...] = ()
    declare: bool = False

    @property
    def at_terminal(self) -> str:
        """The same with the command to type, for a place without buttons."""
        lines = [
            f"Declare it: {code(f'bot declare {each.secret} --environment {each.environment}')}."
            if each.target.current
            else f"Declare exactly this value of {each.secret}: {code('bot identify --declare')}."
            for each in self.offered
        ]
        return "\n".join([self.text, *lines])


@dataclass(frozen=True)
class MessageHandler:
    event_log: EventLog
    values: KnownValues
    messages: Messages

    def report(self, command: ReportMessage, sight: Sight) -> Reported:
        """Compares the message with every value that is known, and tells incidents. The errors of `Messages.read`, and
        of `sight`.
        """
        message = self.messages.read(command.channel, command.ts, command.thread)
        compared = self.values.every(message.texts, of_incidents(self.event_log))
        if not compared.found:
            return Reported(self._nothing(message, whole=compared.whole), declare=True)
        found = list(dict.fromkeys(place for _, place in compared.found))
        return self._told(command, found, sight, whole=compared.whole)

    def _told(self, command: ReportMessage, found: list[Place], sight: Sight, *, whole: bool) -> Reported:
        lines = [f"🚨 This message holds {listed([place.name for place in found])}. Treat it as leaked."]
        offered: list[Offered] = []
        for place in found:
            holder = self.event_log.incident_of(place.environment, place.secret) if place.secret else None
            state = readable(self.event_log, holder) if holder is not None else None
            if state is not None and state.routine:
                holder = None  # a planned rotation answers no leak: what is declared takes it over
            if holder is not None and not kept_from_slack(self.event_log, holder):
                which = which_value(state, place)
                told = sight(holder, c.RecordSighting(place.secret, which, command.channel, command.ts))
                lines.append(f"{_dealt_with(holder, place, which)} {told}")
            elif holder is not None or not place.secret or place.version is None:
                lines.append(f"{place.name}: replace it at a terminal, as docs/when-things-are-down.md says.")
            else:
                offered.append(_offer(place))
        if not whole:
            lines.append(f"Not excluded: {NOT_LOOKED_AT}, where another value may stand.")
        lines.append(DELETING)
        return Reported("\n".join(lines), tuple(offered))

    def _nothing(self, message: Message, *, whole: bool) -> str:
        """What was compared, and what that cannot exclude."""
        text = "\n".join(message.texts)
        words, values = len(text.split()), len(self.values.fingerprints)
        begins = (
            f"No catalogued secret is in this message: its {counted(words, 'word')} were"
            if whole
            else f"No catalogued secret was found in this message: only a part of its {counted(words, 'word')} was"
        )
        lines = [f"{begins} compared with {counted(values, 'value')}, current and earlier ones."]
        if shapes := [one.shape.name for one in recognise(text) if one.shape.opens]:
            lines.append(f"But it holds what looks like a {shapes[0]}: treat that as leaked.")
        left = ["a value that was changed, cut or drawn in a picture", "a secret that the catalog does not have"]
        if not whole:
            left.insert(0, NOT_LOOKED_AT)
        if message.files:
            left.insert(0, f"what is in the {counted(message.files, 'attached file')}")
        if self.values.unread:
            left.insert(0, f"values that cannot be read now ({listed(list(self.values.unread))})")
        lines.append(f"Not excluded: {listed(left)}. If you suspect one, declare it, or run {code('bot identify')}.")
        return "\n".join(lines)


def _offer(place: Place) -> Offered:
    target = Target(TargetKind.CONFIRMED, place.fingerprint, place.version, place.current)
    return Offered(place.secret, place.environment, target)


def _dealt_with(incident: str, place: Place, which: str) -> str:
    match which:
        case "leaked":
            return f"{code(incident)} deals with this very value."
        case "new":
            return f"{code(incident)} has just put this value in place: the NEW {place.secret} has leaked."
        case _:
            return f"{code(incident)} deals with {place.secret}, but with another value of it."
