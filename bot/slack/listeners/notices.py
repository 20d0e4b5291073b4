"""Notices that the law and contracts ask for, in Slack: the form, and what people decided and sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from slack_bolt import Ack, App

from bot.errors import BotError
from bot.incident.state import Incident
from bot.phrases.marks import authored
from bot.response import PersonCommand
from bot.response.drafts import DraftNotice
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import Json
from bot.slack.listeners.answers import give_answers
from bot.slack.listeners.app_context import AppContext
from bot.slack.listeners.looks import open_form, show_again
from bot.slack.listeners.pages import turn_page, turned_to
from bot.slack.listeners.request import SlackRequest
from bot.slack.modals import notices
from bot.slack.modals.entered import Entered

_TERMINAL = "bot notice"
FILED = "✓ The draft stands in the incident's channel, marked for counsel. The bot sends no notice."
WRITING = "The draft is being written: it will stand in the incident's channel, marked for counsel."


def register(app: App, ctx: AppContext) -> None:
    def page(user: str) -> Callable[[Incident, ButtonValue], Json]:
        by = ctx.people.by_slack(user).name
        return lambda incident, pressed: notices.notices_form(incident, pressed, ctx.clock(), by=by)

    @app.action(ActionId.NOTIFICATION)
    def opened(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        open_form(ctx, body, page(SlackRequest.interaction(body).user), _TERMINAL)

    @app.action(ActionId.NOTICE_OF)
    def turned(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        request = SlackRequest.interaction(body)
        turn_page(ctx, request, ActionId.NOTICE_OF, page(request.user), _TERMINAL)

    @app.action(ActionId.NOTICE_DRAFT)
    def drafted(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        draft(ctx, SlackRequest.interaction(body))

    @app.view(ActionId.NOTIFICATION)
    def submitted(ack: Ack, body: dict[str, Any]) -> None:
        request = SlackRequest.interaction(body)
        entered = Entered(request.values, ctx.people)
        following, by = None, ctx.people.by_slack(request.user).name
        try:
            incident = ctx.incident(request.form_value.incident)
            following = notices.following(incident, entered, request.form_value.subject, ctx.clock(), by)
            found = notices.mistakes(incident, entered, _refusals(ctx, request, incident, entered), by)
        except BotError:
            found = {}  # what is wrong is said by the commands below
        if found:
            ack(response_action="errors", errors=found)
            return
        ack() if following is None else ack(response_action="update", view=turned_to(request, following))
        decide_notices(ctx, request, entered)


def draft(ctx: AppContext, request: SlackRequest) -> None:
    """Asks the worker for it, and says in the form where it stands, or why there is none."""
    with ctx.explaining(request, _TERMINAL):
        pressed = request.button_value
        incident = ctx.shown(request, pressed.incident)
        command = DraftNotice(incident.id, pressed.subject)
        answer = ctx.client.ask(incident.id, command, ctx.asker(request), request.command_id)
        said = WRITING if answer is None else authored(answer.reason) or FILED
        by = ctx.people.by_slack(request.user).name
        view = notices.notices_form(incident, pressed, ctx.clock(), drafted=said, by=by)
        show_again(ctx, request, turned_to(request, view))


def _refusals(ctx: AppContext, request: SlackRequest, incident: Incident, entered: Entered) -> dict[str, str]:
    """What the rules would decline whoever asked, at its field."""
    asker = ctx.asker(request)
    fields = notices.by_field(incident, entered)
    return {field: ctx.client.rehearse(incident.id, command, asker) for field, command in fields.items()}


def decide_notices(ctx: AppContext, request: SlackRequest, entered: Entered) -> None:
    def answers() -> Iterator[tuple[str, PersonCommand]]:
        said = notices.commands(ctx.incident(request.form_value.incident), entered)
        return ((str(number), body) for number, body in enumerate(said))

    give_answers(ctx, request, answers, _TERMINAL)
