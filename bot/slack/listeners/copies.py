"""The copies of secrets in Slack: their pages, and what people say became of each."""

from __future__ import annotations

from typing import Any

from slack_bolt import Ack, App

from bot.errors import BotError
from bot.slack.listeners.answers import give_answers, open_form
from bot.slack.listeners.front import Front
from bot.slack.listeners.pages import turn_page
from bot.slack.listeners.request import Request
from bot.slack.modals import copies
from bot.slack.modals.entered import Entered
from bot.slack.press import Act

_TERMINAL = "bot copy"


def register(app: App, front: Front) -> None:
    @app.action(Act.COPIES)
    def opened(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        open_form(front, body, copies.copies_form, _TERMINAL)

    @app.action(Act.COPIES_OF)
    def turned(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        turn_page(front, Request.interaction(body), Act.COPIES_OF, copies.copies_form, _TERMINAL)

    @app.view(Act.COPIES)
    def submitted(ack: Ack, body: dict[str, Any]) -> None:
        request = Request.interaction(body)
        entered = Entered(request.values, front.people)
        if found := copies.mistakes(entered):
            ack(response_action="errors", errors=found)
            return
        try:
            page = copies.following(front.incident(request.form_press.incident), entered)
        except BotError:
            page = None  # what is wrong is said by the commands below
        ack() if page is None else ack(response_action="update", view=page)
        settle_copies(front, request, entered)


def settle_copies(front: Front, request: Request, entered: Entered) -> None:
    give_answers(front, request, lambda: ((body.copy, body) for body in copies.commands(entered)), _TERMINAL)
