"""Forms to read, with buttons: opened from the card, and drawn again with the answer to what is pressed in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from slack_bolt import Ack, App

from bot.incident.state import Incident
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import Json
from bot.slack.errors import SlackRefused
from bot.slack.listeners.answers import open_form
from bot.slack.listeners.app_context import AppContext
from bot.slack.listeners.request import SlackRequest
from bot.slack.modals.by_hand import by_hand
from bot.slack.modals.more import more_form
from bot.slack.modals.needed import needed_form
from bot.slack.modals.plan import plan_form
from bot.slack.modals.steps import steps_form

type Draw = Callable[[Incident, ButtonValue, datetime, str], Json]

LOOKS: Mapping[str, Draw] = {
    ActionId.BY_HAND: by_hand,
    ActionId.MORE: more_form,
    ActionId.NEEDED: needed_form,
    ActionId.PLAN: plan_form,
    ActionId.STEPS: steps_form,
}
"""By the callback_id of each, which is the action id of the button that opens it."""
OPENERS: Mapping[ActionId, Draw] = {
    ActionId.BY_HAND: by_hand,
    ActionId.HAND_OVER_KEY: by_hand,
    ActionId.MORE: more_form,
    ActionId.NEEDED: needed_form,
    ActionId.PLAN: plan_form,
    ActionId.STEPS: steps_form,
}
TURNERS = (ActionId.NEEDED_BACK, ActionId.NEEDED_ON)


def register(app: App, ctx: AppContext) -> None:
    for action, draw in OPENERS.items():
        app.action(action)(_opener(ctx, draw))
    for action in TURNERS:
        app.action(action)(_turner(ctx))


def _opener(ctx: AppContext, draw: Draw) -> Callable[..., None]:
    def pressed(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        open_form(ctx, body, lambda incident, value: draw(incident, value, ctx.clock(), ""), "bot show")

    return pressed


def _turner(ctx: AppContext) -> Callable[..., None]:
    def pressed(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        request = SlackRequest.interaction(body)
        with ctx.explaining(request, "bot show"):
            incident = ctx.incident(request.button_value.incident)
            show_again(ctx, request, needed_form(incident, request.button_value, ctx.clock()))

    return pressed


def answer_in_view(ctx: AppContext, request: SlackRequest, incident: Incident, words: str) -> bool:
    """Draws the form anew in which something was pressed, with the answer on top; False where that is none of these."""
    draw = LOOKS.get(request.view_callback)
    if draw is None or not request.view_id:
        return False
    show_again(ctx, request, draw(incident, request.form_value, ctx.clock(), words))
    return True


def show_again(ctx: AppContext, request: SlackRequest, view: Json) -> None:
    try:
        ctx.gateway.update_view(request.view_id, view, request.view_hash)
    except SlackRefused as refused:
        if refused.code != "hash_conflict":  # overtaken by the next press
            raise
