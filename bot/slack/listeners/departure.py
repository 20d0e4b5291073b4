"""`/compromise departure @name`: the form, and what its submission begins."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from slack_bolt import Ack, App

from bot.errors import BotError
from bot.eventlog import INSTALLATION
from bot.inbox import Waits
from bot.inbox.declaration import declared
from bot.incident.model import Right
from bot.incident.overlap.strategy import incident_id
from bot.incident.refusals import Declined, demand
from bot.phrases.departures import agree_words, begun_words, departed_words, waits_for_agreement
from bot.phrases.marks import authored, literal
from bot.slack.actions import ActionId
from bot.slack.blocks import SENT, told_form
from bot.slack.listeners.app_context import AppContext
from bot.slack.listeners.request import SlackRequest, answering
from bot.slack.modals.departure import TITLE, departure_form, departures, person_meant
from bot.slack.modals.form import text_mistakes
from bot.slack.modals.inputs import Entered
from bot.trust import Depart


def register(app: App, ctx: AppContext) -> None:
    app.view(ActionId.DEPARTURE)(answering(partial(submit_departure, ctx)))


def submit_departure(ctx: AppContext, ack: Ack, request: SlackRequest) -> None:
    entered = Entered(request.values, ctx.people)
    if mistakes := text_mistakes(entered, ("reason",)):
        ack(response_action="errors", errors=mistakes)
    else:
        ack(response_action="update", view=told_form(ActionId.DEPARTURE, TITLE, SENT))
        begin(ctx, request, entered.choice("who"), entered.text("reason"))


def open_departure(ctx: AppContext, request: SlackRequest, rest: list[str]) -> None:
    """For whoever may say it: the form shows everybody of the people file, and what was theirs."""
    ctx.demand_known()
    demand(ctx.people.by_slack(request.user).actor, Right.COMMAND)
    name = person_meant(ctx.people, rest[0]) if rest else ""
    ctx.gateway.open_view(request.trigger, departure_form(ctx.people, ctx.incidents.catalog, name))


def begin(ctx: AppContext, request: SlackRequest, name: str, reason: str) -> None:
    """Their rights first; then a run in each environment: what they read and can read the worker asks there."""
    with ctx.explaining(request, f"bot departure {name}"):
        lost = ctx.incidents.event_log.trust.current().lost.get(name)
        if lost is None or not lost.left:
            answer = ctx.client.ask(INSTALLATION, Depart(name, reason), ctx.asker(request), request.command_id)
            if answer is None:
                raise Waits(INSTALLATION, request.command_id)
            if not answer.accepted:
                raise Declined(answer.reason)
        lines = [departed_words(literal(name)), *_runs(ctx, request, name, reason)]
        ctx.tell_surely(request, "\n".join(lines))


def _runs(ctx: AppContext, request: SlackRequest, name: str, reason: str) -> Iterator[str]:
    """A line for each environment, whatever became of the others."""
    agree = False
    for each in departures(ctx.incidents.catalog, name):
        command_id = f"{request.command_id}-{each.environment}"
        try:
            body = declared(name, each, reason)
            reply = ctx.client.give(incident_id(command_id), body, ctx.asker(request), command_id)
        except BotError as error:
            said = authored(str(error))
        else:
            said = authored(reply.refused) or begun_words(reply.incident, name, reply.joined, begun=bool(reply.events))
            agree = agree or (not reply.refused and waits_for_agreement(reply.incident, name))
        yield f"{literal(each.environment)}: {said}"
    if agree:
        yield agree_words(name)
