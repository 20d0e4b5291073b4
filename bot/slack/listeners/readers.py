"""Who read the leaked values, in Slack: the form, and what people said of each."""

from __future__ import annotations

from typing import Any

from slack_bolt import Ack, App

from bot.errors import BotError
from bot.slack.listeners.front import Front
from bot.slack.listeners.request import Request
from bot.slack.modals import readers
from bot.slack.modals.entered import Entered
from bot.slack.press import Act
from bot.slack.text import authored

_TERMINAL = "bot readers"


def register(app: App, front: Front) -> None:
    @app.action(Act.READERS)
    def opened(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        request = Request.interaction(body)
        with front.explaining(request, _TERMINAL):
            view = readers.readers_form(front.incident(request.press.incident), request.press)
            show = front.gateway.push_view if request.view_id else front.gateway.open_view
            show(request.trigger, view)

    @app.view(Act.READERS)
    def submitted(ack: Ack, body: dict[str, Any]) -> None:
        request = Request.interaction(body)
        entered = Entered(request.values, front.people)
        try:
            incident = front.incident(request.form_press.incident)
        except BotError:
            ack()  # what is wrong is said by the commands below
            account_readers(front, request, entered)
            return
        if found := readers.mistakes(incident, entered):
            ack(response_action="errors", errors=found)
            return
        page = readers.following(incident, entered)
        ack() if page is None else ack(response_action="update", view=page)
        account_readers(front, request, entered)


def account_readers(front: Front, request: Request, entered: Entered) -> None:
    """Gives each answer to the desk; one message says which were declined, and why."""
    with front.explaining(request, _TERMINAL):
        press = request.form_press
        refused, channel = [], ""
        for number, body in enumerate(readers.commands(front.incident(press.incident), entered)):
            reply = front.do(request, press.incident, body, f"{request.command_id}:{number}")
            channel = reply.incident.channel
            refused += [reply.refused] if reply.refused else []
        if refused:
            front.tell(request, authored("\n".join(refused)), channel=channel)
