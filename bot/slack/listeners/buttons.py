"""Buttons that do something at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from slack_bolt import App

from bot.incident import commands as c
from bot.incident.codec import lane_of
from bot.incident.state import Incident
from bot.phrases.marks import authored, literal
from bot.phrases.secrets import claim_words
from bot.phrases.typed import line_of
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.listeners.app_context import AppContext
from bot.slack.listeners.looks import RECORDED, answer_in_view
from bot.slack.listeners.request import SlackRequest, listener

type ByButton = c.Retry | c.ConfirmRevoked | c.RequestReport
"""None of these is a consent: an attacker with the bot's token can draw a button (`AppContext.asker`)."""

COMMANDS: Mapping[ActionId, Callable[[ButtonValue], ByButton]] = {
    ActionId.RETRY: lambda pressed: c.Retry(lane_of(pressed.subject)),
    ActionId.REVOKED: lambda pressed: c.ConfirmRevoked(pressed.subject),
    ActionId.REPORT: lambda _pressed: c.RequestReport(),
}
ANSWERS: Mapping[ActionId, str] = {
    ActionId.REPORT: "The report is being written; it comes into the channel.",
    ActionId.REVOKED: ("✓ Recorded. Checking with the provider: the key may still work."),
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
            known = _known(reply.incident, command) if reply.refused else ""
            said = known or authored(reply.refused) or done or RECORDED
            if not answer_in_view(ctx, request, reply.incident, said) and not known:
                ctx.report(request, reply, done)


def _known(incident: Incident, command: ByButton) -> str:
    """What was said before: a second press, or that of another person, is no failure. Empty for what was not."""
    if not isinstance(command, c.ConfirmRevoked):
        return ""
    secret = incident.secrets[command.secret]
    return f"✓ Already recorded: {literal(claim_words(secret))}." if secret.old.claimed is not None else ""
