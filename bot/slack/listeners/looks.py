"""Forms to read, with buttons: opened from the card, and drawn again with the answer to what is pressed in them; and
buttons that do something at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial

from slack_bolt import App

from bot.errors import Missing
from bot.incident import commands as c
from bot.incident.codec import lane_of
from bot.incident.state import Incident
from bot.phrases.marks import authored
from bot.phrases.typed import line_of
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
    for act in COMMANDS:
        app.action(act)(listener(partial(press_button, ctx, act)))
    app.action(ActionId.OPEN_LINK)(listener(lambda _request: None))
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


# Buttons that do something at once.


type ByButton = (
    c.Retry | c.ConfirmRevoked | c.StartStep | c.CompleteStep
    | c.RequestReport
)  # fmt: skip
"""None of these is a consent: a button is drawn by whoever has the bot's token (`AppContext.asker`)."""

COMMANDS: Mapping[ActionId, Callable[[ButtonValue], ByButton]] = {
    ActionId.RETRY: lambda pressed: c.Retry(lane_of(pressed.subject)),
    ActionId.REVOKED: lambda pressed: c.ConfirmRevoked(pressed.subject),
    ActionId.STEP_START: lambda pressed: c.StartStep(pressed.subject, pressed.digest),
    ActionId.STEP_DONE: lambda pressed: c.CompleteStep(pressed.subject, pressed.digest),
    ActionId.REPORT: lambda _pressed: c.RequestReport(),
}
ANSWERS: Mapping[ActionId, str] = {
    ActionId.REPORT: "The report is being written; it comes into the channel.",
    ActionId.REVOKED: ("Recorded. Verifying with the provider: until it refuses, the value counts as alive."),
}
"""Where the card alone would not tell the person that they were heard."""


def press_button(ctx: AppContext, act: ActionId, request: SlackRequest) -> None:
    """Gives the button's command to the inbox and says what came of it."""
    with ctx.explaining(request, "bot list"):
        pressed = request.button_value
        command = COMMANDS[act](pressed)
        with ctx.explaining(request, line_of(pressed.incident, command)):
            reply = ctx.do(request, pressed.incident, command)
            done = ANSWERS.get(act, "")
            said = authored(reply.refused) or done or RECORDED
            if not answer_in_view(ctx, request, reply.incident, said):
                ctx.report(request, reply, done)
