"""Forms with an answer for each of many things: how they are opened, and what becomes of the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bot.incident.state import Incident
from bot.response import PersonCommand
from bot.slack.blocks import Json
from bot.slack.listeners.front import Front
from bot.slack.listeners.request import Request
from bot.slack.press import Press
from bot.slack.text import authored


def open_form(front: Front, body: dict[str, Any], build: Callable[[Incident, Press], Json], terminal: str) -> None:
    """Shows it, over the form that it was asked for from, if any; `terminal` is the command that does the same."""
    request = Request.interaction(body)
    with front.explaining(request, terminal):
        view = build(front.incident(request.press.incident), request.press)
        show = front.gateway.push_view if request.view_id else front.gateway.open_view
        show(request.trigger, view)


def give_answers(
    front: Front, request: Request, answers: Callable[[], Iterable[tuple[str, PersonCommand]]], terminal: str
) -> None:
    """Gives each answer to the desk, under the name that tells it from the others of the form; one message says which
    were declined, and why.
    """
    with front.explaining(request, terminal):
        refused, channel = [], ""
        for name, body in answers():
            reply = front.do(request, request.form_press.incident, body, f"{request.command_id}:{name}")
            channel = reply.incident.channel
            refused += [reply.refused] if reply.refused else []
        if refused:
            front.tell(request, authored("\n".join(refused)), channel=channel)
