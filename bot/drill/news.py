"""News that arrives by itself: GitHub's secret scanning finds leaked keys while people work on the incident."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.drill.card_parser import CardButton
from bot.drill.client.place import Place, ask
from bot.drill.incident_view import IncidentView
from bot.drill.personas import DANA
from bot.drill.practice_world import LEAKS
from bot.drill.slack_hands import SlackHands
from bot.slack.actions import ActionId, ButtonValue

DEALT_WITH = "openai-api-key"
"""Of the incident: that it stood there too becomes a line of its timeline."""
ALONE = "elevenlabs-api-key"
"""Of no incident: it is proposed for a declaration, and a person decides."""
HARMLESS = "The key of the practice account: it has no voices and no money, and ends with this drill."


@dataclass
class NewsFromOutside:
    """`narrate` reports what is seen. `decides`: Dana decides about proposals; without it the player does."""

    where: Place
    hands: SlackHands
    narrate: Callable[[str], None]
    decides: bool = True
    _found: set[str] = field(default_factory=set)
    _decided: bool = False

    def play(self, incident: IncidentView) -> None:
        """One round: what is to be found is found once, and what was proposed is decided on."""
        for secret in (DEALT_WITH, ALONE):
            if secret not in self._found and secret not in self.where.left_out:
                self._found.add(secret)
                ask(self.where, {"find": secret})
                what = "the bot notes the place" if secret in incident.secrets else self._asked
                self.narrate(f"GitHub finds {secret} in a repository: {what}")
        if (
            self.decides
            and not self._decided
            and ALONE not in incident.secrets
            and self.hands.attempts.due("alert", ALONE)
        ):
            self._decide()

    @property
    def _asked(self) -> str:
        return "the bot asks a person" if self.decides else f"the bot asks you in #{LEAKS}"

    def _decide(self) -> None:
        button = self._button()
        if button is not None:
            self.hands.attempts.make("alert", ALONE)
        view = self.hands.open(DANA, button) if button is not None else None
        if view is not None and self.hands.submit(DANA, view, {"because": HARMLESS}):
            self._decided = True
            self.narrate(f"dana marks the alert on {ALONE} as harmless")

    def _button(self) -> CardButton | None:
        for found in self.hands.driver.buttons(LEAKS):
            if found.action_id == ActionId.ALERT_HARMLESS and isinstance(found.value, str):
                return CardButton(found, ButtonValue.decode(found.value))
        return None
