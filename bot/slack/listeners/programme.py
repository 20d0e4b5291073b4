"""Standing approvals and waivers in Slack: a second person agrees to a waiver, and what was given is withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slack_bolt import Ack, App

from bot.errors import Misuse
from bot.eventlog import INSTALLATION
from bot.phrases.marks import authored
from bot.programme.commands import AgreeWaiver, ProgrammeFromPeople, WithdrawStanding, WithdrawWaiver
from bot.programme.state import Standing, Waiver
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import Json
from bot.slack.listeners.app_context import AppContext
from bot.slack.listeners.home import draw_home
from bot.slack.listeners.request import SlackRequest
from bot.slack.modals.entered import Entered
from bot.slack.modals.form import text_mistakes
from bot.slack.modals.programme import STANDING, WAIVER, agree_form, withdraw_form

TEXTS = ("because",)
GONE = "This is not there any more: open the home tab anew."


def register(app: App, ctx: AppContext) -> None:
    app.action(ActionId.PROGRAMME_AGREE)(_opener(ctx, lambda pressed: agree_form(_waiver(ctx, pressed))))
    app.action(ActionId.PROGRAMME_WITHDRAW)(_opener(ctx, lambda pressed: withdraw_form(_meant(ctx, pressed))))
    for act, command in COMMANDS.items():
        app.view(act)(_submitted(ctx, command))


def _opener(ctx: AppContext, view: Callable[[ButtonValue], Json]) -> Callable[..., None]:
    def opened(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        request = SlackRequest.interaction(body)
        with ctx.explaining(request, "bot standing list"):
            ctx.demand_known()
            ctx.gateway.open_view(request.trigger, view(request.button_value))

    return opened


def _submitted(ctx: AppContext, command: Callable[[ButtonValue, Entered], ProgrammeFromPeople]) -> Callable[..., None]:
    def submitted(ack: Ack, body: dict[str, Any]) -> None:
        request = SlackRequest.interaction(body)
        entered = Entered(request.values, ctx.people)
        if mistakes := text_mistakes(entered, TEXTS):
            ack(response_action="errors", errors=mistakes)
            return
        ack()
        with ctx.explaining(request, "bot standing list"):
            ctx.demand_known()
            give(ctx, request, command(request.form_value, entered))

    return submitted


def give(ctx: AppContext, request: SlackRequest, command: ProgrammeFromPeople) -> None:
    """Says what a worker made of it, and draws the home tab anew: it no longer waits there."""
    answer = ctx.client.ask(INSTALLATION, command, ctx.asker(request), request.command_id)
    if answer is None:
        ctx.tell(request, "Recorded, but no worker has taken it yet: it is decided as soon as one runs.")
    else:
        ctx.tell(request, authored(answer.reason) or "✓ Recorded.")
        draw_home(ctx, request.user)


def _waiver(ctx: AppContext, pressed: ButtonValue) -> Waiver:
    """The one that the button was drawn for. Misuse where there is none."""
    found = ctx.incidents.event_log.programme.current().waivers.get(pressed.number)
    if found is None or pressed.incident != WAIVER:
        raise Misuse(GONE)
    return found


def _meant(ctx: AppContext, pressed: ButtonValue) -> Standing | Waiver:
    """The same of either."""
    if pressed.incident != STANDING:
        return _waiver(ctx, pressed)
    found = ctx.incidents.event_log.programme.current().standing.get(pressed.number)
    if found is None:
        raise Misuse(GONE)
    return found


def _agree(value: ButtonValue, _entered: Entered) -> ProgrammeFromPeople:
    return AgreeWaiver(value.number)


def _withdraw(value: ButtonValue, entered: Entered) -> ProgrammeFromPeople:
    if value.incident == STANDING:
        return WithdrawStanding(value.number, entered.text("because"))
    return WithdrawWaiver(value.number, entered.text("because"))


COMMANDS = {
    ActionId.PROGRAMME_AGREE: _agree,
    ActionId.PROGRAMME_WITHDRAW: _withdraw,
}
