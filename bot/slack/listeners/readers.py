"""Who read the leaked values, in Slack: the form, and what people said of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from slack_bolt import Ack, App

from bot.errors import BotError
from bot.incident.commands import AccountReader
from bot.incident.state import Incident
from bot.slack.actions import ActionId
from bot.slack.listeners.answers import give_answers
from bot.slack.listeners.app_context import AppContext
from bot.slack.listeners.looks import open_form
from bot.slack.listeners.pages import turned_to
from bot.slack.listeners.request import SlackRequest
from bot.slack.modals import readers
from bot.slack.modals.entered import Entered

_TERMINAL = "bot readers"


def register(app: App, ctx: AppContext) -> None:
    @app.action(ActionId.READERS)
    def opened(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        open_form(
            ctx, body, lambda incident, value: readers.readers_form(incident, value, _reads(ctx, incident)), _TERMINAL
        )

    @app.view(ActionId.READERS)
    def submitted(ack: Ack, body: dict[str, Any]) -> None:
        request = SlackRequest.interaction(body)
        entered = Entered(request.values, ctx.people)
        try:
            incident = ctx.incident(request.form_value.incident)
        except BotError:
            ack()  # what is wrong is said by the commands below
            account_readers(ctx, request, entered)
            return
        if found := readers.mistakes(incident, entered):
            ack(response_action="errors", errors=found)
            return
        page = readers.following(incident, entered, _reads(ctx, incident))
        ack() if page is None else ack(response_action="update", view=turned_to(request, page))
        account_readers(ctx, request, entered)


def _reads(ctx: AppContext, incident: Incident) -> readers.Reads:
    return readers.reads_of(incident, ctx.incidents.events(incident.id))


def account_readers(ctx: AppContext, request: SlackRequest, entered: Entered) -> None:
    def answers() -> Iterator[tuple[str, AccountReader]]:
        said = readers.commands(ctx.incident(request.form_value.incident), entered)
        return ((str(number), body) for number, body in enumerate(said))

    give_answers(ctx, request, answers, _TERMINAL)
