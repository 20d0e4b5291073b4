"""The shortcut on messages *Report a leaked secret*. Only where a message stands is taken from the request: the worker
reads what it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from slack_bolt import Ack, App
from slack_sdk.models.blocks import Block

from bot.eventlog import INSTALLATION
from bot.inbox import Declaration, SecretChoice, Waits
from bot.inbox.messages import ReportMessage
from bot.phrases.marks import authored, literal
from bot.slack.actions import REPORT, ActionId, ButtonValue
from bot.slack.blocks import Json, form, section
from bot.slack.listeners.app_context import AppContext
from bot.slack.listeners.declare import declare_made, follows
from bot.slack.listeners.request import SlackRequest, answering, listener
from bot.slack.messages import offered_by
from bot.slack.modals.declare import TITLE, publicly
from bot.slack.modals.draft import said_public
from bot.slack.modals.inputs import Entered, how_noticed

LOOKING = "Looking for our secrets in this message. Only you get the answer, in a moment."


def register(app: App, ctx: AppContext) -> None:
    app.shortcut(REPORT.id)(listener(partial(report_message, ctx)))
    app.action(ActionId.DECLARE_FOUND)(listener(partial(open_found, ctx)))
    app.view(ActionId.DECLARE_FOUND)(answering(partial(declare_found, ctx)))


def open_found(ctx: AppContext, request: SlackRequest) -> None:
    with ctx.explaining(request, "bot identify"):
        value = request.button_value
        shown = follows(ctx, request, found_declaration(value))
        ctx.gateway.open_view(request.trigger, found_form(value, shown))


def report_message(ctx: AppContext, request: SlackRequest) -> None:
    """The worker tells this person what it found; here only that it looks, or why it does not."""
    with ctx.explaining(request, "bot identify"):
        command = ReportMessage(*request.message)
        answer = ctx.client.ask(INSTALLATION, command, ctx.asker(request), request.command_id)
        if answer is None:
            if ctx.client.unattended():
                raise Waits(INSTALLATION, request.command_id)
            ctx.tell(request, LOOKING)
        elif answer.reason:
            ctx.tell(request, authored(answer.reason))


# --- a value that was found -----------------------------------------------------------------------------------------


def found_form(value: ButtonValue, shown: Sequence[Block] = ()) -> Json:
    """Declares exactly the value in the message; `shown` comes first."""
    offered = offered_by(value)
    what = "its current key" if offered.target.current else "an earlier key; the current one is kept"
    return form(
        ActionId.DECLARE_FOUND,
        TITLE,
        [
            section(
                f"*{literal(offered.secret)}* in {literal(offered.environment)}",
                f"Confirmed: exactly the key in the message, {what}.",
            ),
            *shown,
            how_noticed(f"In a Slack message: {_link(value.incident)}"),
            publicly(public=False),
        ],
        submit="Declare",
        note=value.encode(),
    )


def _link(place: str) -> str:
    channel, _, ts = place.partition("/")
    return f"https://slack.com/archives/{channel}/p{ts.replace('.', '')}"


def declare_found(ctx: AppContext, ack: Ack, request: SlackRequest) -> None:
    entered = Entered(request.values, ctx.people)
    declare_made(
        ctx, ack, request, terminal="bot identify",
        make=lambda: found_declaration(request.form_value, entered.text("how_noticed"), public=said_public(entered)),
    )  # fmt: skip


def found_declaration(value: ButtonValue, how_noticed: str = "", *, public: bool = False) -> Declaration:
    """The declaration of exactly the value in the message."""
    offered = offered_by(value)
    choice = SecretChoice(offered.secret, target=offered.target, replace=offered.target.current)
    return Declaration(environment=offered.environment, secrets=(choice,), how_noticed=how_noticed, public=public)
