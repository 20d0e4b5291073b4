"""Shortcuts on messages: *Report a leaked secret* and *Add to timeline*. Where a message stands is all that is taken
from the request; what it says the worker reads.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial

from slack_bolt import Ack, App
from slack_sdk.models.blocks import Block

from bot.errors import Misuse
from bot.eventlog import INSTALLATION
from bot.inbox import Declaration, SecretChoice, Waits
from bot.inbox.messages import AddMessage, OnMessages, ReportMessage
from bot.incident.state import Incident
from bot.phrases.marks import authored, code, literal
from bot.slack.actions import ADD, REPORT, ActionId, ButtonValue
from bot.slack.blocks import Json, form, option, section, told_form
from bot.slack.listeners.app_context import AppContext
from bot.slack.listeners.declare import DECLARING, follows, give_declaration, show_declared
from bot.slack.listeners.request import SlackRequest, answering, listener
from bot.slack.messages import offered_by
from bot.slack.modals.declare import TITLE, publicly
from bot.slack.modals.draft import said_public
from bot.slack.modals.inputs import Entered, one_of, words
from bot.worker.card_publisher import KEY, SURFACE

LOOKING = "Looking for secrets of ours in this message: you are told in a moment, and nobody else."
KEPT = "The message is in the timeline of {incident}, masked."
MOST = 25


def register(app: App, ctx: AppContext) -> None:
    app.shortcut(REPORT.id)(listener(partial(report_message, ctx)))
    app.shortcut(ADD.id)(listener(partial(ask_for_incident, ctx)))
    app.view(ActionId.ADD_MESSAGE)(listener(partial(keep_chosen, ctx)))
    app.action(ActionId.DECLARE_FOUND)(listener(partial(open_found, ctx)))
    app.view(ActionId.DECLARE_FOUND)(answering(partial(declare_found, ctx)))


def keep_chosen(ctx: AppContext, request: SlackRequest) -> None:
    chosen = Entered(request.values, ctx.people).choice("incident")
    keep_message(ctx, request, chosen, _noted(request.view_note))


def open_found(ctx: AppContext, request: SlackRequest) -> None:
    with ctx.explaining(request, "bot identify"):
        value = request.button_value
        shown = follows(ctx, request, found_declaration(value))
        ctx.gateway.open_view(request.trigger, found_form(value, shown))


def _noted(note: str) -> tuple[str, str, str]:
    channel, ts, thread = (*note.split("/"), "", "", "")[:3]
    return channel, ts, thread


def report_message(ctx: AppContext, request: SlackRequest) -> None:
    """The worker tells this person what it found; here only that it looks, or why it does not."""
    with ctx.explaining(request, "bot identify"):
        _put(ctx, request, INSTALLATION, ReportMessage(*request.message))


def _put(ctx: AppContext, request: SlackRequest, incident: str, command: OnMessages) -> bool:
    """Whether the worker did what was asked; it has told why not, or does so later."""
    answer = ctx.client.ask(incident, command, ctx.asker(request), request.command_id)
    if answer is None:
        if ctx.client.unattended():
            raise Waits(incident, request.command_id)
        ctx.tell(request, LOOKING)
        return False
    if answer.reason:
        ctx.tell(request, authored(answer.reason))
    return answer.accepted


def ask_for_incident(ctx: AppContext, request: SlackRequest) -> None:
    """In an incident's channel it is that one, in a planned run's thread that run; elsewhere the person chooses."""
    place = request.message
    with ctx.explaining(request, "bot note"):
        incidents = [state for _, state in ctx.open_incidents().known if ctx.may_see(request, state)]
        if here := [each for each in incidents if _stands_in(ctx, each, place)]:
            keep_message(ctx, request, here[0].id, place)
        elif not incidents:
            raise Misuse("No open incident that you can see: there is no timeline to add this message to.")
        else:
            options = [option(each.id, f"{each.id}: {each.title}") for each in incidents[:MOST]]
            chosen = one_of("incident", "Which incident?", options, initial=options[0].value or "")
            kept = section("The bot reads the message, takes out what looks like a secret, and keeps the rest.")
            ctx.gateway.open_view(
                request.trigger,
                form(ActionId.ADD_MESSAGE, "Add to timeline", [kept, chosen], submit="Add", note="/".join(place)),
            )


def _stands_in(ctx: AppContext, incident: Incident, place: tuple[str, str, str]) -> bool:
    """Whether the message is of this incident's channel; of one that several share, whether it is of its own thread."""
    channel, ts, thread = place
    if incident.channel != channel or incident.traits.own_channel:
        return incident.channel == channel
    cursor = ctx.incidents.event_log.cursors.get(incident.id, SURFACE, KEY)
    card = json.loads(cursor.data).get("card") if cursor is not None else None
    return card is not None and card in {ts, thread}


def keep_message(ctx: AppContext, request: SlackRequest, incident: str, place: tuple[str, str, str]) -> None:
    with ctx.explaining(request, "bot note"):
        state = ctx.incident(incident)
        if not ctx.may_see(request, state) and state.channel != place[0]:
            raise Misuse(f"{incident} is shown to its responders, in its channel.")
        if _put(ctx, request, incident, AddMessage(*place)):
            ctx.tell(request, KEPT.format(incident=code(incident)), channel=place[0])


# --- a value that was found -----------------------------------------------------------------------------------------


def found_form(value: ButtonValue, shown: Sequence[Block] = ()) -> Json:
    """Declares exactly the value that stood in the message; `shown` stands there before."""
    offered = offered_by(value)
    what = "its current value" if offered.target.current else "an earlier value; the current one is kept"
    return form(
        ActionId.DECLARE_FOUND,
        TITLE,
        [
            section(
                f"*{literal(offered.secret)}* in {literal(offered.environment)}",
                f"Confirmed: exactly the value that stands in the message, {what}.",
            ),
            *shown,
            words("notice", "How was it noticed?", initial=f"In a Slack message: {_link(value.incident)}"),
            publicly(public=False),
        ],
        submit="Declare",
        note=value.encode(),
    )


def _link(place: str) -> str:
    channel, _, ts = place.partition("/")
    return f"https://slack.com/archives/{channel}/p{ts.replace('.', '')}"


def declare_found(ctx: AppContext, ack: Ack, request: SlackRequest) -> None:
    ack(response_action="update", view=told_form(ActionId.DECLARE_FOUND, TITLE, DECLARING))
    with ctx.explaining(request, "bot identify", also=lambda words: show_declared(ctx, request, words)):
        entered = Entered(request.values, ctx.people)
        made = found_declaration(request.form_value, entered.text("notice"), public=said_public(entered))
        give_declaration(ctx, request, made)


def found_declaration(value: ButtonValue, notice: str = "", *, public: bool = False) -> Declaration:
    """That of exactly the value that stood in the message."""
    offered = offered_by(value)
    choice = SecretChoice(offered.secret, target=offered.target, replace=offered.target.current)
    return Declaration(offered.environment, (choice,), notice, public=public)
