"""A message for the incident's channel: its lines, who gets them, and how many are told at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from slack_sdk.models.blocks import Block

from bot.phrases.marks import shorten, unmentioned
from bot.slack.blocks import section

PLAN, PROPOSAL = "plan", "proposal"
"""What a second person is asked about."""


@dataclass(frozen=True)
class Message:
    """A message for the channel; `milestone` ones carry the log's head, for a later check of the log."""

    lines: tuple[str, ...]
    milestone: bool = False
    everyone: bool = False
    """Whether its first line is in the channel too, and not only in the card's thread."""
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
        """The thread's text: a person mentioned in the channel's line is not mentioned again."""
        return replace(self, lines=tuple(map(unmentioned, self.lines))) if self.everyone else self


ALIKE = 3
"""Lines of one sign in one posting of the channel; more are counted."""


def briefly(messages: Sequence[Message]) -> list[str]:
    """A line each for the channel. Of many with one sign the first few: an incident of many secrets is not told one by
    one, and people are called once.
    """
    signs = [message.brief.partition(" ")[0] for message in messages]
    lines = []
    for at, (message, sign) in enumerate(zip(messages, signs, strict=True)):
        if (before := signs[:at].count(sign)) < ALIKE:
            lines.append(unmentioned(message.brief) if before else message.brief)
        elif before == ALIKE:
            lines.append(f"{sign} And {signs.count(sign) - ALIKE} more, in the card's thread.")
    return lines
