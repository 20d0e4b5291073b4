"""Forms to read, with buttons: opened from the card, and drawn again with the answer to what is pressed in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial

from slack_bolt import App

from bot.errors import Missing
from bot.incident import commands as c
from bot.incident.state import Incident
from bot.incident.taking import NEW_KEY
from bot.slack.actions import ActionId, ButtonValue, laid_upon
from bot.slack.blocks import Json
from bot.slack.errors import SlackRefused
from bot.slack.listeners.app_context import AppContext
from bot.slack.listeners.request import SlackRequest, listener
from bot.slack.modals.by_hand import by_hand, new_by_hand
from bot.slack.modals.consents import plan_form
from bot.slack.modals.more import add_form, more_form
from bot.slack.modals.notices import basis_form
from bot.slack.modals.todos import revoke_form, todos_form

type Draw = Callable[[Incident, ButtonValue, datetime, str], Json]

LOOKS: Mapping[str, Draw] = {
    ActionId.ADD: add_form,
    ActionId.BY_HAND: by_hand,
    ActionId.HAND_OVER_KEY: new_by_hand,
    ActionId.MORE: more_form,
    ActionId.NOTICE_BASIS: basis_form,
    ActionId.PLAN: plan_form,
    ActionId.REVOKE: revoke_form,
    ActionId.TODOS: todos_form,
}
"""By the callback_id of each, which is the action id of the button that opens it."""
RECORDED = "✓ Recorded."


def register(app: App, ctx: AppContext) -> None:
    app.action(ActionId.TAKE_STEPS)(listener(partial(take, ctx)))
    for action, draw in LOOKS.items():
        app.action(action)(listener(partial(open_form, ctx, partial(_drawn, ctx, draw), "bot show")))


def take(ctx: AppContext, request: SlackRequest) -> None:
    """Opens the steps of work by hand, and takes it for the person who pressed, if it is not taken."""
    with ctx.explaining(request, "bot incident take"):
        pressed = request.button_value
        incident = ctx.shown(request, pressed.incident)
        draw, about = steps_of(pressed)
        _show(ctx, request, _drawn(ctx, draw, incident, about))
        if pressed.subject not in incident.taken:
            ctx.do(request, incident.id, c.TakeTodo(pressed.subject))


def steps_of(pressed: ButtonValue) -> tuple[Draw, ButtonValue]:
    """The form with the steps of the to-do that a button names, and what it is about."""
    kind, _, secret = pressed.subject.partition(":")
    return (new_by_hand if kind == NEW_KEY else by_hand), replace(pressed, subject=secret)


def open_form(
    ctx: AppContext, build: Callable[[Incident, ButtonValue], Json], terminal: str, request: SlackRequest
) -> None:
    """Shows it, over the form that it was asked for from, if any; `terminal` is the command that does the same."""
    with ctx.explaining(request, terminal):
        _show(ctx, request, build(ctx.shown(request, request.button_value.incident), request.button_value))


def _show(ctx: AppContext, request: SlackRequest, view: Json) -> None:
    """As it is laid upon the form in which its button was pressed, if any: it notes which that was."""
    if request.view_id and request.view_callback in LOOKS:
        view["private_metadata"] = laid_upon(view.get("private_metadata", ""), request.view_callback)
    show = ctx.gateway.push_view if request.view_type == "modal" else ctx.gateway.open_view
    show(request.trigger, view)


def answer_in_view(ctx: AppContext, request: SlackRequest, incident: Incident, words: str) -> bool:
    """Draws the form again with the answer to the press on top; False if it is another form, or closed by now."""
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
    return draw(incident, replace(pressed, name=ctx.people.by_slack(pressed.user).name), ctx.clock(), words)


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
