"""A message for the incident's channel: its lines, who gets them, and several that say the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from slack_sdk.models.blocks import Block

from bot.incident.model import Right
from bot.incident.state import Incident
from bot.people import People
from bot.phrases.marks import code, literal, person, shorten, unmentioned
from bot.phrases.typed import submit_line
from bot.slack.blocks import section

PLAN, PROPOSAL = "plan", "proposal"
"""What a second person is asked about."""


@dataclass(frozen=True)
class Alike:
    """The parts of a sentence that is said of several secrets at once: ``before `a` (3 s), `b` (5 s) after``."""

    before: str
    item: str
    after: str


@dataclass(frozen=True)
class Message:
    """A message for the channel; `milestone` ones carry the log's head, for whoever checks the log later.

    `alike` is the same sentence for what may happen to many secrets at once.
    """

    lines: tuple[str, ...]
    milestone: bool = False
    alike: Alike | None = None
    everybody: bool = False
    """Whether its first line stands in the channel too, and not only in the card's thread."""
    asks: str = ""
    """What it asks a second person about, ``plan`` or ``proposal``: its line in the channel becomes what is decided."""

    @property
    def text(self) -> str:
        """What a notification shows."""
        return shorten("\n".join(self.lines), 3000)

    def blocks(self) -> list[Block]:
        return [section(*self.lines)]

    @property
    def brief(self) -> str:
        """What the channel gets: one line."""
        return self.lines[0]

    @property
    def chronicle(self) -> Message:
        """What the thread gets: who was called by the channel's line is not called once more."""
        return replace(self, lines=tuple(map(unmentioned, self.lines))) if self.everybody else self


def gathered(messages: Sequence[Message]) -> list[Message]:
    """The same news with one sentence for what is alike: an incident of many secrets is not told one by one."""
    found: list[Message] = []
    for message in messages:
        same = [each for each in messages if _kind(each) == _kind(message)] if message.alike else [message]
        if len(same) == 1:
            found.append(message)
        elif message is same[0] and message.alike is not None:
            items = ", ".join(each.alike.item for each in same if each.alike is not None)
            lines = (f"{message.alike.before} {items}.", *filter(None, [message.alike.after]))
            loud = any(each.everybody for each in same)
            found.append(Message(lines, any(each.milestone for each in same), everybody=loud))
    return found


def _kind(message: Message) -> tuple[str, str] | None:
    return (message.alike.before, message.alike.after) if message.alike is not None else None


# Whom a message in the channel calls by name, and how secrets are named there.


@dataclass(frozen=True)
class Calls:
    incident: Incident
    people: People

    def mention(self, right: Right) -> str:
        """Everybody of the file with this right, so that phones ring; of a planned rotation the owners alone."""
        if self.incident.routine:
            secrets = self.incident.secrets.values()
            owners = [each for secret in secrets for each in self.people.owning(secret.entry.owner)]
            return " ".join(dict.fromkeys(person(each.slack) for each in owners if each.slack))
        ids = [person.slack for person in self.people.having(right) if person.slack]
        return " ".join(map(person, ids[:20]))

    def whose(self, owner: str) -> str:
        """Their mention, so that it reaches them as one; their name where the file has no Slack id of theirs."""
        known = [each.slack for each in self.people.owning(owner) if each.slack]
        return " ".join(map(person, known)) or literal(owner)

    def call(
        self, sign: str, right: Right, said: str, *more: str, milestone: bool = False, everybody: bool = False,
        asks: str = "",
    ) -> Message:  # fmt: skip
        """A message by which the phones of all with this right ring; `more` are the lines behind the first."""
        first = f"{sign} {self.mention(right)} {said}"
        return Message((first, *more), milestone, everybody=everybody, asks=asks)

    def submit(self, secret: str) -> str:
        return code(submit_line(self.incident.id, secret))


def codes(names: Iterable[str]) -> str:
    return ", ".join(code(name) for name in names)
