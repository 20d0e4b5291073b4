"""Decisions on news of leaks: declare exactly that value, call it harmless, end a triage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from slack_bolt import Ack, App
from slack_sdk.models.blocks import Block, DatePickerElement

from bot.errors import Misuse
from bot.eventlog import INSTALLATION, StreamDamaged
from bot.inbox import Declaration
from bot.news.cases.commands import CallHarmless, EndTriage
from bot.news.cases.state import Case, Stage
from bot.news.handling.decisions import declaration_of, how_noticed_of
from bot.phrases.alerts import case_words
from bot.phrases.marks import authored, channel, code, literal
from bot.phrases.times import counted
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import Json, field, form, section
from bot.slack.listeners.app_context import AppContext
from bot.slack.listeners.declare import declare_made, follows
from bot.slack.listeners.request import SlackRequest, answering, listener
from bot.slack.modals.declare import publicly
from bot.slack.modals.draft import said_public
from bot.slack.modals.inputs import Entered, how_noticed, words

HARMLESS_FOR = timedelta(days=30)
TITLES = {
    ActionId.ALERT_DECLARE: "Declare a compromise",
    ActionId.ALERT_HARMLESS: "Ours and harmless",
    ActionId.ALERT_END: "Close the alert",
}
TERMINAL = "bot news alerts"


def register(app: App, ctx: AppContext) -> None:
    for act in TITLES:
        app.action(act)(listener(partial(open_alert, ctx, act)))
    app.view(ActionId.ALERT_DECLARE)(answering(partial(declare_alert, ctx)))
    for act in (ActionId.ALERT_HARMLESS, ActionId.ALERT_END):
        app.view(act)(listener(partial(decide_alert, ctx, act)))


def alerts_waiting(ctx: AppContext) -> str:
    """How many leaks that were reported from outside wait for a decision, or damage of their log; empty if none does.
    With the channel whose buttons decide, where there is one: a terminal can decide everywhere.
    """
    try:
        count = len(ctx.incidents.event_log.alerts.current().undecided)
    except StreamDamaged as damaged:
        return f"🛑 {literal(str(damaged))}."
    wait = "waits" if count == 1 else "wait"
    where = f"in {channel(ctx.alerts_channel)}, or {code(TERMINAL)}" if ctx.alerts_channel else code(TERMINAL)
    said = f"🚨 {counted(count, 'alert')} {wait} for a decision: {where}."
    return said if count else ""


def open_alert(ctx: AppContext, act: ActionId, request: SlackRequest) -> None:
    with ctx.explaining(request, TERMINAL):
        case, now = _case(ctx, request.button_value), ctx.clock()
        declares = act is ActionId.ALERT_DECLARE and case.stage is Stage.PROPOSED  # not one that is decided
        shown = follows(ctx, request, declaration_of(case)) if declares else ()
        ctx.gateway.open_view(request.trigger, alert_form(act, case, now, shown))


def _case(ctx: AppContext, value: ButtonValue) -> Case:
    """Misuse for one that is not there, or is nothing for Slack."""
    ctx.demand_known()
    case = ctx.incidents.event_log.alerts.current().cases.get(value.number)
    if case is None:
        raise Misuse("There is no such alert.")
    return case


def alert_form(act: ActionId, case: Case, now: datetime, shown: Sequence[Block] = ()) -> Json:
    """Shows the case, and asks for what only a person knows; `shown` comes first. A decided case says so."""
    told = case_words(case, now)
    wanted = Stage.TRIAGE if act is ActionId.ALERT_END else Stage.PROPOSED
    about = section(told.headline, *told.places, "" if case.stage is wanted else told.state)
    title, note = TITLES[act], ButtonValue("", str(case.number)).encode()
    if case.stage is not wanted:
        return form(act, title, [about], close="Close")
    match act:
        case ActionId.ALERT_DECLARE:
            exact = "Exactly this key is revoked" + (
                "." if case.value is not None and case.value.current else "; the current one is kept."
            )
            asked = [how_noticed(how_noticed_of(case)), publicly(public=case.public)]
            return form(act, title, [about, section(exact), *shown, *asked], submit="Declare", note=note)
        case ActionId.ALERT_HARMLESS:
            picker = DatePickerElement(action_id="until", initial_date=(now + HARMLESS_FOR).date().isoformat())
            until = field("until", "Until when? Then we ask again.", picker)
            asked = [words("because", "Why is it harmless where it is?"), until]
            return form(act, title, [about, *asked], submit="Record", note=note)
        case _:
            return form(act, title, [about, words("because", "What is it?")], submit="End", note=note)


def declare_alert(ctx: AppContext, ack: Ack, request: SlackRequest) -> None:
    """As any declaration, with exactly the alert's value: the incident is the person's who declares."""
    entered = Entered(request.values, ctx.people)

    def made() -> Declaration:
        case = _case(ctx, request.form_value)
        return declaration_of(case, public=said_public(entered), how_noticed=entered.text("how_noticed"))

    declare_made(ctx, ack, request, made, TERMINAL)


def decide_alert(ctx: AppContext, act: ActionId, request: SlackRequest) -> None:
    with ctx.explaining(request, TERMINAL):
        because = Entered(request.values, ctx.people).text("because")
        ends = _until_of(request) if act is ActionId.ALERT_HARMLESS else None
        number = _case(ctx, request.form_value).number
        command = EndTriage(number, because) if ends is None else CallHarmless(number, because, ends)
        answer = ctx.client.ask(INSTALLATION, command, ctx.asker(request), request.command_id)
        said = "Saved. A worker takes it in a moment." if answer is None else authored(answer.reason) or "✓ Recorded."
        ctx.tell(request, said)


def _until_of(request: SlackRequest) -> datetime:
    """The end of the chosen day, in UTC. Misuse for none."""
    chosen = next(iter(request.values.get("until", {}).values()), {}).get("selected_date")
    try:
        return datetime.fromisoformat(str(chosen)).replace(hour=23, minute=59, tzinfo=UTC)
    except ValueError:
        raise Misuse("Choose a date until which it is harmless.") from None
