"""Drafts of notices, asked for in the form of the notices that the law and contracts ask for."""

from __future__ import annotations

from functools import partial

from slack_bolt import App

from bot.inbox.wire import DraftNotice
from bot.phrases.marks import authored
from bot.slack.actions import ActionId
from bot.slack.listeners.app_context import AppContext
from bot.slack.listeners.looks import show_again
from bot.slack.listeners.paged import turned_to
from bot.slack.listeners.request import SlackRequest, listener
from bot.slack.modals.notices import notices_form

FILED = "✓ The draft stands in the incident's channel, marked for counsel. The bot sends no notice."
WRITING = "The draft is being written: it will stand in the incident's channel, marked for counsel."


def register(app: App, ctx: AppContext) -> None:
    app.action(ActionId.NOTICE_DRAFT)(listener(partial(draft, ctx)))


def draft(ctx: AppContext, request: SlackRequest) -> None:
    """Asks the worker for it, and says in the form where it stands, or why there is none."""
    with ctx.explaining(request, "bot notice"):
        pressed = request.button_value
        incident = ctx.shown(request, pressed.incident)
        command = DraftNotice(incident.id, pressed.subject)
        answer = ctx.client.ask(incident.id, command, ctx.asker(request), request.command_id)
        said = WRITING if answer is None else authored(answer.reason) or FILED
        by = ctx.people.by_slack(request.user).name
        view = notices_form(incident, pressed, ctx.clock(), drafted=said, by=by)
        show_again(ctx, request, turned_to(request, view))
