"""Forms with an answer for each of many things: how they are opened, and what becomes of the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bot.incident.state import Incident
from bot.phrases.marks import authored
from bot.response import PersonCommand
from bot.slack.actions import ButtonValue
from bot.slack.blocks import Json
from bot.slack.listeners.app_context import AppContext
from bot.slack.listeners.request import SlackRequest


def open_form(
    ctx: AppContext, body: dict[str, Any], build: Callable[[Incident, ButtonValue], Json], terminal: str
) -> None:
    """Shows it, over the form that it was asked for from, if any; `terminal` is the command that does the same."""
    request = SlackRequest.interaction(body)
    with ctx.explaining(request, terminal):
        view = build(ctx.shown(request, request.button_value.incident), request.button_value)
        show = ctx.gateway.push_view if request.view_id else ctx.gateway.open_view
        show(request.trigger, view)


def give_answers(
    ctx: AppContext, request: SlackRequest, answers: Callable[[], Iterable[tuple[str, PersonCommand]]], terminal: str
) -> None:
    """Gives each answer to the inbox, under the name that tells it from the others of the form; one message says which
    were declined, and why.
    """
    with ctx.explaining(request, terminal):
        refused, channel = [], ""
        for name, body in answers():
            reply = ctx.do(request, request.form_value.incident, body, f"{request.command_id}:{name}")
            channel = reply.incident.channel
            refused += [reply.refused] if reply.refused else []
        if refused:
            ctx.refuse(request, authored("\n".join(refused)), channel)
