"""Forms with an answer for each of many things: what becomes of the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.phrases.marks import authored
from bot.response import PersonCommand
from bot.slack.listeners.app_context import AppContext
from bot.slack.listeners.looks import RECORDED, answer_beneath
from bot.slack.listeners.request import SlackRequest


def give_answers(
    ctx: AppContext, request: SlackRequest, answers: Callable[[], Iterable[PersonCommand]], terminal: str
) -> None:
    """Gives each answer to the inbox, under its number in the form; one message says which were declined, and why. The
    form beneath, if any, is drawn anew with what was recorded.
    """
    with ctx.explaining(request, terminal):
        replies = [
            ctx.do(request, request.form_value.incident, body, f"{request.command_id}:{number}")
            for number, body in enumerate(answers())
        ]
        refused = [reply.refused for reply in replies if reply.refused]
        if replies and len(refused) < len(replies):
            answer_beneath(ctx, request, replies[-1].incident, "" if refused else RECORDED)
        if refused:
            ctx.refuse(request, authored("\n".join(refused)), replies[-1].incident.channel)
