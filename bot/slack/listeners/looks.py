"""Forms to read, with buttons: opened from the card, and drawn again with the answer to what is pressed in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial

from slack_bolt import App

from bot.errors import Missing
from bot.incident.state import Incident
from bot.slack.actions import ActionId, ButtonValue, laid_upon
from bot.slack.blocks import Json
from bot.slack.errors import SlackRefused
from bot.slack.listeners.alerts import alerts_beside
from bot.slack.listeners.app_context import AppContext
from bot.slack.listeners.request import SlackRequest, listener
from bot.slack.modals.by_hand import by_hand, needed_form, new_by_hand
from bot.slack.modals.consents import plan_form
from bot.slack.modals.more import more_form
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
OPENERS: Mapping[str, Draw] = {**LOOKS, ActionId.HAND_OVER_KEY: new_by_hand}
RECORDED = "✓ Recorded."
TURNERS = (ActionId.NEEDED_BACK, ActionId.NEEDED_ON)


def register(app: App, ctx: AppContext) -> None:
    for action, draw in OPENERS.items():
        app.action(action)(listener(partial(open_form, ctx, partial(_drawn, ctx, draw), "bot show")))
    for action in TURNERS:
        app.action(action)(listener(partial(_turn, ctx)))


def open_form(
    ctx: AppContext, build: Callable[[Incident, ButtonValue], Json], terminal: str, request: SlackRequest
) -> None:
    """Shows it, over the form that it was asked for from, if any; `terminal` is the command that does the same."""
    with ctx.explaining(request, terminal):
        view = build(ctx.shown(request, request.button_value.incident), request.button_value)
        show = ctx.gateway.push_view if request.view_type == "modal" else ctx.gateway.open_view
        show(request.trigger, upon(request, view))


def _turn(ctx: AppContext, request: SlackRequest) -> None:
    with ctx.explaining(request, "bot show"):
        incident = ctx.shown(request, request.button_value.incident)
        show_again(ctx, request, needed_form(incident, request.button_value, ctx.clock()))


def answer_in_view(ctx: AppContext, request: SlackRequest, incident: Incident, words: str) -> bool:
    """Draws the form anew in which something was pressed, with the answer on top; False where that is none of these, or
    closed by now.
    """
    draw = LOOKS.get(request.view_callback)
    if draw is None or not request.view_id:
        return False
    return show_again(ctx, request, _drawn(ctx, draw, incident, request.form_value, words))


def answer_beneath(ctx: AppContext, request: SlackRequest, incident: Incident, words: str) -> bool:
    """The same for the form that lies beneath the one that was sent, if it is one of these."""
    draw = LOOKS.get(request.beneath)
    if draw is None or not request.previous_view_id:
        return False
    view = _drawn(ctx, draw, incident, ButtonValue(incident.id, user=request.user), words)
    return show_again(ctx, replace(request, view_id=request.previous_view_id, view_hash=""), view)


def _drawn(ctx: AppContext, draw: Draw, incident: Incident, pressed: ButtonValue, words: str = "") -> Json:
    if draw is more_form:
        alerts = alerts_beside(ctx, incident)
        return more_form(incident, _named(ctx, pressed), ctx.clock(), words, alerts)
    return draw(incident, _named(ctx, pressed), ctx.clock(), words)


def _named(ctx: AppContext, pressed: ButtonValue) -> ButtonValue:
    return replace(pressed, name=ctx.people.by_slack(pressed.user).name)


def upon(request: SlackRequest, view: Json) -> Json:
    """The form as it is laid upon the one in which its button was pressed: it notes which that was."""
    if request.view_id and request.view_callback in LOOKS:
        view["private_metadata"] = laid_upon(view.get("private_metadata", ""), request.view_callback)
    return view


def show_again(ctx: AppContext, request: SlackRequest, view: Json) -> bool:
    """Whether the form is still open."""
    try:
        ctx.gateway.update_view(request.view_id, view, request.view_hash)
    except Missing:
        return False
    except SlackRefused as refused:
        if refused.code != "hash_conflict":  # overtaken by the next press
            raise
    return True
