"""Buttons that do something at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from slack_bolt import App

from bot.incident import commands as c
from bot.incident.codec import lane_of
from bot.phrases.marks import authored
from bot.phrases.typed import line_of
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.listeners.app_context import AppContext
from bot.slack.listeners.looks import RECORDED, answer_in_view
from bot.slack.listeners.request import SlackRequest, listener

type ByButton = c.Retry | c.ConfirmRevoked | c.CompleteStep | c.RequestReport
"""None of these is a consent: a button is drawn by whoever has the bot's token (`AppContext.asker`)."""

COMMANDS: Mapping[ActionId, Callable[[ButtonValue], ByButton]] = {
    ActionId.RETRY: lambda pressed: c.Retry(lane_of(pressed.subject)),
    ActionId.REVOKED: lambda pressed: c.ConfirmRevoked(pressed.subject),
    ActionId.STEP_DONE: lambda pressed: c.CompleteStep(pressed.subject, pressed.digest),
    ActionId.REPORT: lambda _pressed: c.RequestReport(),
}
ANSWERS: Mapping[ActionId, str] = {
    ActionId.REPORT: "The report is being written; it comes into the channel.",
    ActionId.REVOKED: ("Recorded. Verifying with the provider: until it refuses, the value counts as alive."),
}
"""Where the card alone would not tell the person that they were heard."""


def register(app: App, ctx: AppContext) -> None:
    for act in COMMANDS:
        app.action(act)(listener(partial(press_button, ctx, act)))
    app.action(ActionId.OPEN_LINK)(listener(lambda _request: None))


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
