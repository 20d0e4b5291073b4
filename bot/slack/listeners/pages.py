"""Turning the pages of a form that shows one secret at a time."""

from __future__ import annotations

from collections.abc import Callable

from bot.incident.state import Incident
from bot.slack.blocks import Json
from bot.slack.errors import SlackRefused
from bot.slack.listeners.front import Front
from bot.slack.listeners.request import Request
from bot.slack.modals.entered import Entered
from bot.slack.press import Act, Press


def turn_page(
    front: Front, request: Request, menu: Act, draw: Callable[[Incident, Press], Json], terminal: str
) -> None:
    """To the secret that was chosen in `menu`; `terminal` is the command that shows the same."""
    with front.explaining(request, terminal):
        chosen = Entered(request.values, front.people).choice(menu)
        incident = front.incident(request.form_press.incident)
        try:
            front.gateway.update_view(request.view_id, draw(incident, Press(incident.id, chosen)), request.view_hash)
        except SlackRefused as refused:
            if refused.code != "hash_conflict":  # overtaken by the next choice
                raise
