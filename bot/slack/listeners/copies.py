"""The copies of secrets in Slack: their pages, and what people say became of each."""

from __future__ import annotations

from typing import Any

from slack_bolt import Ack, App

from bot.errors import BotError
from bot.slack.listeners.front import Front
from bot.slack.listeners.pages import turn_page
from bot.slack.listeners.request import Request
from bot.slack.modals import copies
from bot.slack.modals.entered import Entered
from bot.slack.press import Act
from bot.slack.text import authored

_TERMINAL = "bot copy"


def register(app: App, front: Front) -> None:
    @app.action(Act.COPIES)
    def opened(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        request = Request.interaction(body)
        with front.explaining(request, _TERMINAL):
            view = copies.copies_form(front.incident(request.press.incident), request.press)
            show = front.gateway.push_view if request.view_id else front.gateway.open_view
            show(request.trigger, view)

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
    """Gives each answer to the desk; one message says which were declined, and why."""
    with front.explaining(request, _TERMINAL):
        press = request.form_press
        refused, channel = [], ""
        for body in copies.commands(entered):
            reply = front.do(request, press.incident, body, f"{request.command_id}:{body.copy}")
            channel = reply.incident.channel
            refused += [reply.refused] if reply.refused else []
        if refused:
            front.tell(request, authored("\n".join(refused)), channel=channel)
