"""What becomes of a message that somebody pointed at: read in Slack, compared in memory, answered privately."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.errors import Misuse
from bot.eventlog.sql import EventLog
from bot.inbox.fingerprints import Compared, KnownValues, of_incidents, readable, which_value
from bot.inbox.hiding import kept_from_slack
from bot.inbox.messages import AddMessage, Message, Messages, Offered, ReportMessage
from bot.incident import commands as c
from bot.incident.model import Target, TargetKind
from bot.incident.refusals import TEXT_LIMIT
from bot.news.sources.catalogued import Place
from bot.phrases.marks import code
from bot.phrases.times import counted, listed
from bot.secrets.keyshapes import PRIVATE_KEY, recognise

type Sight = Callable[[str, c.RecordSighting], str]
"""Tells an incident that a value of its secret stands in the message; gives a sentence on what came of that."""

WITHHELD = "▒▒▒"
_END_OF_KEY = re.compile(r"-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY")
_BODY_OF_KEY = re.compile(r"[A-Za-z0-9+/=]{16,}")
_LAST_OF_KEY = re.compile(rf"(?<={WITHHELD}\n)[A-Za-z0-9+/=]{{1,15}}$", re.MULTILINE)
DELETING = (
    "Slack lets an app delete only its own messages: its author, or an admin of the workspace, deletes this one "
    "(⋮ → Delete message). Whoever has read it has the value all the same."
)
NOT_LOOKED_AT = "the rest of its text, which has too many marks and brackets to be compared to its end"
CANNOT_READ = (
    "I cannot read this message: I am not in that conversation, or the message has gone. Invite me there and report it "
    "again, or run `bot identify` at a terminal and enter the value at its hidden prompt."
)


@dataclass(frozen=True)
class Reported:
    """What a report led to: the sentence for whoever reported, and what they can declare."""

    text: str
    offered: tuple[Offered, ...] = ()
    declare: bool = False

    @property
    def at_terminal(self) -> str:
        """The same with what to type where there are no buttons."""
        lines = [
            f"Declare it: {code(f'bot declare {each.secret} --environment {each.environment}')}."
            if each.target.current
            else f"Declare exactly this value of {each.secret}: {code('bot identify --declare')}."
            for each in self.offered
        ]
        return "\n".join([self.text, *lines])


@dataclass(frozen=True)
class MessageHandler:
    """`name_of` gives what people call a member of the workspace, by Slack id."""

    event_log: EventLog
    values: KnownValues
    messages: Messages
    name_of: Callable[[str], str]

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

    def kept(self, command: AddMessage) -> c.KeepMessage:
        """The message for the timeline, with what looks like a secret taken out. The errors of `Messages.read`; Misuse
        where there is nothing to keep.
        """
        message = self.messages.read(command.channel, command.ts, command.thread)
        text = self.masked(message.shown)
        if not text.strip():
            raise Misuse("There are no words in this message: its pictures and files are not kept.")
        return c.KeepMessage(
            text[:TEXT_LIMIT], self.name_of(message.author), message.sent_at, command.channel, command.ts
        )

    def masked(self, text: str) -> str:
        """The text without anything that looks like a key, or is a value that is known; a line that hides one, or that
        cannot be compared to its end, is left out whole.
        """
        more, text = of_incidents(self.event_log), without_keys(text)
        text = _without(text, self.values.every([text], more))
        text = "\n".join(self._masked(line, more) for line in text.splitlines())
        # What a line's end cuts in two stands in no line.
        return WITHHELD if self.values.every([text], more).found else text

    def _masked(self, line: str, more: Mapping[str, Place]) -> str:
        compared = self.values.every([line], more)
        if compared.found:
            line = _without(line, compared)
            compared = self.values.every([line], more)
        return WITHHELD if compared.found or not compared.whole else line

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
            f"No catalogued secret stands in this message: its {counted(words, 'word')} were"
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


def _without(text: str, compared: Compared) -> str:
    for piece, _ in sorted(compared.found, key=lambda found: len(found[0])):
        text = text.replace(piece, WITHHELD)
    return text


def without_keys(text: str) -> str:
    """The text without what looks like a key. Of a private key that is cut, quoted or has headers only a part has the
    known form: where one stands, whatever could be a line of it goes too.
    """
    found = recognise(text)
    keys = [text[one.start : one.end] for one in found if one.shape.name == PRIVATE_KEY]
    for one in reversed(found):
        text = text[: one.start] + WITHHELD + text[one.end :]
    if all(_END_OF_KEY.search(key) for key in keys) and not _END_OF_KEY.search(text):
        return text
    return _LAST_OF_KEY.sub(WITHHELD, _BODY_OF_KEY.sub(WITHHELD, text))


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
