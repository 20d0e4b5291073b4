"""What a responder can read off Slack: the pinned card, its buttons, and what it says about each secret.

The responders of a drill know nothing else of an incident: where the card does not say it, they do not know it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.drill.fakes.slack import Button, SlackDriver, paragraphs
from bot.slack.actions import ActionId, ButtonValue

type Json = dict[str, Any]

_OLD_DEAD = "✅"
_NEW_DONE = ("New: ✅", "New: ☑️", "; new ✅", "; new ☑️", "not needed")
_FAILED = "failed for good"
_LATE = ("STILL NOT PROVEN DEAD", "UNPROVEN")


@dataclass(frozen=True)
class Offered:
    """A button on the card, with what it acts on."""

    button: Button
    press: ButtonValue

    @property
    def key(self) -> tuple[str, str]:
        return self.button.action_id, self.button.value or ""


@dataclass(frozen=True)
class Card:
    """The pinned card as it stands."""

    channel: str
    ts: str
    edited: str
    paragraphs: tuple[str, ...]
    offered: tuple[Offered, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.paragraphs)

    @property
    def incident(self) -> str:
        found = re.search(r"inc_[a-z2-7]{6}", self.text)
        return found.group() if found else ""

    def buttons(self, act: ActionId) -> list[Offered]:
        return [offered for offered in self.offered if offered.button.action_id == act]

    def secrets(self) -> dict[str, str]:
        """What the card says about each secret, by the secret's name."""
        found = {}
        for paragraph in self.paragraphs:
            first, _, rest = paragraph.partition("\n")
            name = re.search(r"`([a-z0-9-]+)`$", first)
            if name is not None and rest.startswith("Old:"):
                found[name[1]] = paragraph
            else:
                found |= _lines_of_secrets(paragraph)
        return found

    def asks_other_than(self, name: str) -> bool:
        """Whether every plan that waits takes somebody else than this person."""
        excluded = re.findall(r"\btakes anybody with \w+, but not ([\w ]+)$", self.text, re.MULTILINE)
        return bool(excluded) and all(name in names.split() for names in excluded)

    @property
    def unfinished(self) -> dict[str, str]:
        """The secrets whose old value is not proven dead, or whose new one is not in place."""
        return {name: said for name, said in self.secrets().items() if not finished(said)}

    @property
    def hopeless(self) -> bool:
        """Whether each unfinished secret waits for something that has failed for good."""
        left = self.unfinished
        return bool(left) and all(_FAILED in said or any(late in said for late in _LATE) for said in left.values())

    @property
    def reported(self) -> bool:
        return "📄 Report:" in self.text

    @property
    def closed(self) -> bool:
        return any(offered.button.action_id == ActionId.REOPEN for offered in self.offered)


def _lines_of_secrets(paragraph: str) -> dict[str, str]:
    """A paragraph in which each secret begins a line of its own; lines after it are about the same one."""
    found: dict[str, str] = {}
    name = ""
    for line in paragraph.splitlines():
        begun = re.match(r"\S+ \*.*\* `([a-z0-9-]+)`: old .*; new ", line)
        if begun is not None:
            name = begun[1]
            found[name] = line
        elif name:
            found[name] += f"\n{line}"
    return found


def finished(said: str) -> bool:
    """Whether what the card says of a secret is that the old value is dead and the new one in place."""
    return said.startswith(_OLD_DEAD) and any(done in said for done in _NEW_DONE)


def live(said: str) -> bool:
    """Whether the new value is in place."""
    return any(done in said for done in _NEW_DONE)


def incident_channels(driver: SlackDriver, user: str) -> list[str]:
    """Channels with a pinned card that this person is in, newest first."""
    channels = driver.state("general")["channels"].values()
    mine = [channel for channel in channels if user in channel["members"] and channel["pins"]]
    return [str(channel["id"]) for channel in sorted(mine, key=lambda channel: channel["created"], reverse=True)]


def read_card(driver: SlackDriver, channel: str) -> Card | None:
    """The card of a channel; None while there is none."""
    message = driver.card(channel)
    if message is None:
        return None
    ts = str(message["ts"])
    return Card(
        channel=channel,
        ts=ts,
        edited=str((message.get("edited") or {}).get("ts", "")),
        paragraphs=tuple(paragraphs(message.get("blocks", []))),
        offered=tuple(_offered(driver, channel, ts)),
    )


def _offered(driver: SlackDriver, channel: str, ts: str) -> Iterator[Offered]:
    for button in driver.buttons(channel):
        if button.ts == ts and button.value:
            yield Offered(button, ButtonValue.decode(button.value))
