"""Turning the pages of a form that shows one secret at a time."""

from __future__ import annotations

from collections.abc import Callable

from bot.incident.state import Incident
from bot.slack.actions import ActionId, ButtonValue, laid_upon
from bot.slack.blocks import Json
from bot.slack.errors import SlackRefused
from bot.slack.listeners.app_context import AppContext
from bot.slack.listeners.request import SlackRequest
from bot.slack.modals.entered import Entered


def turn_page(
    ctx: AppContext, request: SlackRequest, menu: ActionId, draw: Callable[[Incident, ButtonValue], Json], terminal: str
) -> None:
    """To the secret that was chosen in `menu`; `terminal` is the command that shows the same."""
    with ctx.explaining(request, terminal):
        chosen = Entered(request.values, ctx.people).page(menu)
        incident = ctx.shown(request, request.form_value.incident)
        try:
            ctx.gateway.update_view(
                request.view_id,
                turned_to(request, draw(incident, ButtonValue(incident.id, chosen))),
                request.view_hash,
            )
        except SlackRefused as refused:
            if refused.code != "hash_conflict":  # overtaken by the next choice
                raise


def turned_to(request: SlackRequest, view: Json) -> Json:
    """The page as it takes the place of the one in which something was pressed or sent: it lies upon the same form."""
    if request.beneath:
        view["private_metadata"] = laid_upon(view.get("private_metadata", ""), request.beneath)
    return view
