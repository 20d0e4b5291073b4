"""`/compromise departure @name`: the form, and what its submission begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from slack_bolt import Ack, App
from slack_sdk.models.blocks import Block

from bot.asks.ask import text_mistakes
from bot.catalog.catalog import Catalog
from bot.catalog.departures import Departure, plan
from bot.errors import BotError
from bot.eventlog import INSTALLATION
from bot.inbox import Waits
from bot.inbox.declaration import declared
from bot.incident.model import Right
from bot.incident.overlap.strategy import incident_id
from bot.incident.refusals import Declined, demand
from bot.people import People
from bot.phrases.marks import authored, code, literal, shorten
from bot.phrases.rotations import agree_words, begun_words, departed_words, waits_for_agreement
from bot.slack.actions import ActionId
from bot.slack.blocks import SENT, Json, form, option, section, told_form
from bot.slack.listeners.app_context import AppContext
from bot.slack.listeners.request import SlackRequest, answering
from bot.slack.modals.inputs import Entered, one_of, words
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
    """For a person who may use it: the form shows everyone of the people file, and their secrets."""
    ctx.demand_known()
    demand(ctx.people.by_slack(request.user).actor, Right.COMMAND)
    name = person_meant(ctx.people, rest[0]) if rest else ""
    ctx.gateway.open_view(request.trigger, departure_form(ctx.people, ctx.incidents.catalog, name))


def begin(ctx: AppContext, request: SlackRequest, name: str, reason: str) -> None:
    """Their rights first; then a run in each environment: what they read and can read the worker asks there."""
    with ctx.explaining(request, f"bot people departure {name}"):
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
    """A line for each environment, regardless of the others."""
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


# The form: who, why, and what follows from that.


TITLE = "Someone leaves"
_LINE = 2500


def departures(catalog: Catalog, name: str) -> tuple[Departure, ...]:
    """What is planned in each environment by the catalog alone: the worker finds out what they read and can read."""
    return tuple(plan(catalog, name, environment) for environment in catalog.environments)


def departure_form(people: People, catalog: Catalog, name: str) -> Json:
    """The named person is chosen already; empty without one."""
    options = [option(each.name, each.name) for each in people]
    known = any(each.value == name for each in options)
    return form(
        ActionId.DEPARTURE,
        TITLE,
        [
            section(
                "*At once*: their commands no longer count and their pending approvals are void. What they knew is "
                "rotated once a second person approves. No page."
            ),
            one_of("who", "Who leaves?", options, initial=name),
            words("reason", "Why, and when?", hint="Quoted in the report."),
            *(_planned(departures(catalog, name)) if known else ()),
            section(
                "The worker checks in CloudTrail and IAM what they read and can read. The rest becomes open items "
                f"of the run. The whole plan: {code('bot people departure NAME --dry-run')}."
            ),
        ],
        submit="They leave",
    )


def _planned(found: Sequence[Departure]) -> Iterator[Block]:
    for each in found:
        lines = [f"{code(one.name)}: {literal(one.words)}" for one in each.planned]
        if lines:
            yield section(f"*{literal(each.environment)}*, in this order:", shorten("\n".join(lines), _LINE))


def person_meant(people: People, typed: str) -> str:
    """The entry that ``@ben`` or ``<@U0BEN|ben>`` means; empty if the people file does not know them."""
    user, _, shown = typed.strip("<>").removeprefix("@").partition("|")
    for each in people:
        if each.slack == user or each.name.casefold() in {user.casefold(), shown.casefold()}:
            return each.name
    return ""
