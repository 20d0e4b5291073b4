"""What can be done about one secret, as buttons: for its own page."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import InteractiveElement

from bot.incident import commands as c
from bot.incident.offers import Offer
from bot.incident.state import Incident, SecretState
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import button, link
from bot.slack.buttons import buttons_of, offered, revokes_again


def secret_buttons(incident: Incident, secret: SecretState, offers: Sequence[Offer]) -> list[InteractiveElement]:
    """What can be done about the secret now, the most urgent first."""
    buttons: list[InteractiveElement] = list(buttons_of(incident, secret, offers))
    if secret.by_hand.console and offered(offers, c.ConfirmRevoked, secret):
        buttons.insert(1 + revokes_again(offers, secret), link("Open console", secret.by_hand.console))
    if offered(offers, c.ConfirmRevoked, secret) or offered(offers, c.AnnounceSubmission, secret):
        buttons.append(button("Show steps", ActionId.BY_HAND, ButtonValue(incident.id, secret.name)))
    return buttons
