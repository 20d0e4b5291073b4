"""The form that adds a secret to an open incident: what else stood in the same place leaked too."""

from __future__ import annotations

from bot.catalog.catalog import Catalog
from bot.errors import Misuse
from bot.inbox import SecretChoice
from bot.incident.model import Strategy
from bot.incident.state import Incident
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import Json, form, option
from bot.slack.modals.declare import note_on
from bot.slack.modals.inputs import Entered, one_of

PROPOSED = "proposed"


def add_secret_form(incident: Incident, pressed: ButtonValue, catalog: Catalog) -> Json:
    """Misuse if the incident has all secrets of its environment already."""
    left = [entry for entry in catalog.all(incident.environment) if entry.name not in incident.secrets]
    if not left:
        raise Misuse(f"{incident.id} has every secret of {incident.environment} already.")
    strategies = [
        option(PROPOSED, "As proposed", "Weighs harm against outage"),
        option(Strategy.KILL_FIRST, "Kill first"),
        option(Strategy.OVERLAP, "Overlap"),
    ]
    return form(
        ActionId.ADD_SECRET,
        "Add a secret",
        [
            one_of("secret", "Secret", [option(entry.name, entry.title, note_on(entry)) for entry in left]),
            one_of("strategy", "Strategy", strategies, initial=PROPOSED),
        ],
        submit="Add",
        note=pressed.encode(),
    )


def added(entered: Entered) -> SecretChoice:
    chosen = entered.choice("strategy")
    return SecretChoice(entered.choice("secret"), None if chosen in {"", PROPOSED} else Strategy(chosen))
