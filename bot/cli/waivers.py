"""Putting a rotation off before it is due: the command `waive`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.arguments import usual_environment
from bot.cli.command import command
from bot.cli.programme import PANEL, Because, Environment, Until, ask, end_of, tell_agreement
from bot.cli.terminal import Terminal
from bot.errors import Misuse

if TYPE_CHECKING:
    from bot.programme.state import Programme, Waiver

WORDS = "SECRET | agree NUMBER | withdraw NUMBER | list"


def register(app: typer.Typer) -> None:
    app.command("waive", rich_help_panel=PANEL)(command(waive))


def waive(
    terminal: Terminal,
    said: Annotated[list[str], typer.Argument(metavar=WORDS, help="What to put off, or which waiver is meant.")],
    *,
    environment: Environment = "",
    until: Until = "",
    because: Because = "",
) -> None:
    """Put a rotation off before it is due: one person asks, and a second one who may approve agrees.

    Waived is not compliant, and holds for 90 days at most. What is overdue is rotated, and not waived.
    """
    from bot.programme.commands import AgreeWaiver, AskWaiver, WithdrawWaiver
    from bot.programme.events import WaiverAgreed, WaiverAsked, WaiverWithdrawn

    match said:
        case ["list"]:
            _list_waivers(terminal)
        case ["agree", number]:
            programme, _ = ask(terminal, AgreeWaiver(_number(number)), WaiverAgreed)
            _show_waiver(terminal, programme, _number(number))
        case ["withdraw", number]:
            if not because:
                raise Misuse("Say why: --because TEXT.")
            programme, _ = ask(terminal, WithdrawWaiver(_number(number), because), WaiverWithdrawn)
            _show_waiver(terminal, programme, _number(number))
        case [secret]:
            if not because:
                raise Misuse("Say why it cannot be rotated in time: --because TEXT.")
            where = usual_environment(terminal, environment)
            programme, event = ask(terminal, AskWaiver(secret, where, end_of(terminal, until), because), WaiverAsked)
            _show_waiver(terminal, programme, event.waiver)
        case _:
            raise Misuse(f"Expected one of {WORDS}.")


def _list_waivers(terminal: Terminal) -> None:
    programme = terminal.event_log.programme.current()
    terminal.document([waiver_document(each, terminal.clock()) for each in programme.waivers.values()])
    if not programme.waivers:
        terminal.say("Nothing is waived.")
    for each in programme.waivers.values():
        _tell_waiver(terminal, programme, each)


def _show_waiver(terminal: Terminal, programme: Programme, number: int) -> None:
    each = programme.waivers[number]
    terminal.document(waiver_document(each, terminal.clock()))
    _tell_waiver(terminal, programme, each)


def _tell_waiver(terminal: Terminal, programme: Programme, each: Waiver) -> None:
    now = terminal.clock()
    terminal.say(f"Waiver {each.number}, {each.environment} {each.secret}: {waiver_state(each, now)}", style="bold")
    terminal.say(f"due {each.due:%Y-%m-%d}, put off until {each.until:%Y-%m-%d}: {each.reason}", indent=2)
    agreed = f", agreed to by {each.agreed.name}" if each.agreed else ""
    terminal.say(f"asked by {each.asked.name}{agreed}", indent=2)
    if each.waits(now):
        tell_agreement(terminal, programme, each, "before it is due")


def waiver_state(each: Waiver, now: datetime) -> str:
    """In a few words."""
    if each.withdrawn is not None:
        return f"withdrawn by {each.withdrawn.name}: {each.withdrawn_because}"
    if each.in_force(now):
        return "in force; waived is not compliant"
    if each.agreed is not None:
        return "lapsed"
    return "waits for a second person" if each.waits(now) else "not agreed to in time"


def waiver_document(each: Waiver, now: datetime) -> dict[str, object]:
    """What `--json` prints of one."""
    return {
        "number": each.number,
        "environment": each.environment,
        "secret": each.secret,
        "due": each.due,
        "until": each.until,
        "reason": each.reason,
        "asked": each.asked,
        "agreed": each.agreed,
        "withdrawn": each.withdrawn,
        "in_force": each.in_force(now),
        "state": waiver_state(each, now),
    }


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise Misuse(f"{text!r} is no number of a waiver: `bot waive list`.")
    return int(text)
