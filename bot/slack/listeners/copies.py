"""The copies of secrets in Slack: their pages, and what people say became of each."""

from __future__ import annotations

from typing import Any

from slack_bolt import Ack, App

from bot.errors import BotError
from bot.slack.actions import ActionId
from bot.slack.listeners.answers import give_answers
from bot.slack.listeners.app_context import AppContext
from bot.slack.listeners.looks import open_form
from bot.slack.listeners.pages import turn_page, turned_to
from bot.slack.listeners.request import SlackRequest
from bot.slack.modals import copies
from bot.slack.modals.entered import Entered

_TERMINAL = "bot copy"


def register(app: App, ctx: AppContext) -> None:
    @app.action(ActionId.COPIES)
    def opened(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        open_form(ctx, body, copies.copies_form, _TERMINAL)

    @app.action(ActionId.COPIES_OF)
    def turned(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        turn_page(ctx, SlackRequest.interaction(body), ActionId.COPIES_OF, copies.copies_form, _TERMINAL)

    @app.view(ActionId.COPIES)
    def submitted(ack: Ack, body: dict[str, Any]) -> None:
        request = SlackRequest.interaction(body)
        entered = Entered(request.values, ctx.people)
        if found := copies.mistakes(entered):
            ack(response_action="errors", errors=found)
            return
        try:
            page = copies.following(ctx.incident(request.form_value.incident), entered)
        except BotError:
            page = None  # what is wrong is said by the commands below
        ack() if page is None else ack(response_action="update", view=turned_to(request, page))
        settle_copies(ctx, request, entered)


def settle_copies(ctx: AppContext, request: SlackRequest, entered: Entered) -> None:
    give_answers(ctx, request, lambda: ((body.copy, body) for body in copies.commands(entered)), _TERMINAL)
