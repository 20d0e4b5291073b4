"""The checklist in Slack: its pages, and what people found."""

from __future__ import annotations

from typing import Any

from slack_bolt import Ack, App

from bot.errors import BotError
from bot.slack.listeners.answers import give_answers, open_form
from bot.slack.listeners.front import Front
from bot.slack.listeners.pages import turn_page
from bot.slack.listeners.request import Request
from bot.slack.modals import checks
from bot.slack.modals.entered import Entered
from bot.slack.press import Act

_TERMINAL = "bot check"


def register(app: App, front: Front) -> None:
    @app.action(Act.CHECKS)
    def opened(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        open_form(front, body, checks.checks_form, _TERMINAL)

    @app.action(Act.CHECKS_OF)
    def turned(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        turn_page(front, Request.interaction(body), Act.CHECKS_OF, checks.checks_form, _TERMINAL)

    @app.view(Act.CHECKS)
    def submitted(ack: Ack, body: dict[str, Any]) -> None:
        request = Request.interaction(body)
        entered = Entered(request.values, front.people)
        try:
            incident = front.incident(request.form_press.incident)
        except BotError:
            ack()  # what is wrong is said by the commands below
            end_checks(front, request, entered)
            return
        if found := checks.mistakes(incident, entered):
            ack(response_action="errors", errors=found)
            return
        page = checks.following(incident, entered)
        ack() if page is None else ack(response_action="update", view=page)
        end_checks(front, request, entered)


def end_checks(front: Front, request: Request, entered: Entered) -> None:
    give_answers(front, request, lambda: ((body.item, body) for body in checks.commands(entered)), _TERMINAL)
