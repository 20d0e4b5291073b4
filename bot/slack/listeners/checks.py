"""The checklist in Slack: its pages, and what people found."""

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
from bot.slack.modals import checks
from bot.slack.modals.entered import Entered

_TERMINAL = "bot check"


def register(app: App, ctx: AppContext) -> None:
    @app.action(ActionId.CHECKS)
    def opened(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        open_form(ctx, body, checks.checks_form, _TERMINAL)

    @app.action(ActionId.CHECKS_OF)
    def turned(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        turn_page(ctx, SlackRequest.interaction(body), ActionId.CHECKS_OF, checks.checks_form, _TERMINAL)

    @app.view(ActionId.CHECKS)
    def submitted(ack: Ack, body: dict[str, Any]) -> None:
        request = SlackRequest.interaction(body)
        entered = Entered(request.values, ctx.people)
        try:
            incident = ctx.incident(request.form_value.incident)
        except BotError:
            ack()  # what is wrong is said by the commands below
            end_checks(ctx, request, entered)
            return
        if found := checks.mistakes(incident, entered):
            ack(response_action="errors", errors=found)
            return
        page = checks.following(incident, entered)
        ack() if page is None else ack(response_action="update", view=turned_to(request, page))
        end_checks(ctx, request, entered)


def end_checks(ctx: AppContext, request: SlackRequest, entered: Entered) -> None:
    give_answers(ctx, request, lambda: ((body.item, body) for body in checks.commands(entered)), _TERMINAL)
