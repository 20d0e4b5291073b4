"""Finds the incident card in Slack for the drill's people: its incident, and its buttons.

The incident is in the message's metadata, and a button is known by its action id and its subject. The card's words are
for people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.drill.fakes.slack import Button, SlackDriver, buttons_of
from bot.slack.actions import ActionId, ButtonValue

type Json = dict[str, Any]


@dataclass(frozen=True)
class CardButton:
    """A button on the card, with what it acts on."""

    button: Button
    value: ButtonValue

    @property
    def action(self) -> str:
        return self.button.action_id


@dataclass(frozen=True)
class IncidentCard:
    """The pinned card as it stands. `edited` is the timestamp of its last change."""

    channel: str
    incident: str
    edited: str
    buttons: tuple[CardButton, ...]

    def all(self, action: ActionId) -> list[CardButton]:
        """Every button of this kind."""
        return [found for found in self.buttons if found.action == action]

    def first(self, action: ActionId, subject: str | None = None) -> CardButton | None:
        """The first button of this kind that acts on `subject`, on anything if that is None; None if there is none."""
        return next((found for found in self.all(action) if subject in {None, found.value.subject}), None)

    @property
    def closed(self) -> bool:
        """Whether it is drawn as that of a closed incident."""
        return bool(self.all(ActionId.REOPEN))


def incident_channels(driver: SlackDriver, user: str) -> list[str]:
    """Channels with a pinned card that this person is in, newest first."""
    channels = driver.state("general")["channels"].values()
    mine = [channel for channel in channels if user in channel["members"] and channel["pins"]]
    return [str(channel["id"]) for channel in sorted(mine, key=lambda channel: channel["created"], reverse=True)]


def read_card(driver: SlackDriver, channel: str) -> IncidentCard | None:
    """The card of a channel; None while there is none."""
    message = driver.card(channel)
    payload: Json = ((message or {}).get("metadata") or {}).get("event_payload") or {}
    if message is None or "incident" not in payload:
        return None
    return IncidentCard(
        channel=channel,
        incident=str(payload["incident"]),
        edited=str((message.get("edited") or {}).get("ts", "")),
        buttons=tuple(
            CardButton(button, ButtonValue.decode(button.value))
            for button in buttons_of(message, channel)
            if button.value
        ),
    )
