"""What the commands share by which people decide about planned rotations beforehand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.arguments import is_date, parse_end
from bot.cli.inbox import answered, new_command_id
from bot.cli.terminal import Terminal
from bot.errors import Misuse

if TYPE_CHECKING:
    from bot.programme.commands import ProgrammeFromPeople
    from bot.programme.events import ProgrammeEvent
    from bot.programme.state import Entitled, Programme, Standing, Waiver

PANEL = "Rotate"
Environment = Annotated[
    str, typer.Option("--environment", "-e", metavar="NAME", help="Of which environment; production unless said.")
]
Because = Annotated[str, typer.Option("--because", metavar="TEXT", help="Why; whoever looks at it reads that.")]
Until = Annotated[str, typer.Option("--until", metavar="DATE", help="The last day, UTC; 90 days away at most.")]


def ask[E: ProgrammeEvent](terminal: Terminal, body: ProgrammeFromPeople, kind: type[E]) -> tuple[Programme, E]:
    """The programme after it, and the event it led to. Declined with the worker's words if it refuses."""
    from bot.eventlog import INSTALLATION
    from bot.incident.refusals import Declined

    command_id = new_command_id()
    answer = answered(terminal, INSTALLATION, body, command_id)
    if answer.reason:
        raise Declined(answer.reason)
    log = terminal.event_log.programme
    found = (event for row, event in log.events() if row.command_id == command_id)
    return log.current(), next(event for event in found if isinstance(event, kind))


def entitled_here(terminal: Terminal) -> Entitled:
    """By this terminal's people file, and the record of trust."""
    from bot.app.policies import entitled_by

    return entitled_by(terminal.application.files, terminal.event_log)


def tell_agreement(terminal: Terminal, programme: Programme, each: Standing | Waiver, until: str) -> None:
    """How a second person agrees to what waits for one, or why nobody can; `until` says by when. A terminal without a
    people file cannot tell who lost a right.
    """
    from bot.eventlog import TrustDamaged
    from bot.policy.looks import due_as_seen
    from bot.programme.offers import ANYBODY, agreement, refusal
    from bot.programme.state import Standing
    from bot.workflow.due_rotations import kept_look

    due = due_as_seen(kept_look(terminal.event_log))
    known = terminal.application.files.settings.people is not None
    entitled = entitled_here(terminal) if known else lambda _name, _right: True
    try:
        why_not = refusal(programme, agreement(each), ANYBODY, terminal.clock(), entitled=entitled, due=due)
    except TrustDamaged as damaged:
        why_not = f"{damaged}."
    if why_not:
        terminal.say(f"Nobody can agree to it: {why_not}", indent=2)
        return
    terminal.say(f"Another person who may approve agrees, {until}:", indent=2)
    signed = f"standing agree {each.number} --digest {each.digest}" if isinstance(each, Standing) else ""
    terminal.command(f"bot {signed or f'waive agree {each.number}'}", indent=4)


def end_of(terminal: Terminal, text: str) -> datetime:
    """The end of that day (UTC), or that time."""
    from bot.programme.state import AT_MOST

    if not text:
        latest = terminal.clock() + AT_MOST
        raise Misuse(f"Say until when: --until DATE, {latest:%Y-%m-%d} at the latest.")
    end = parse_end(text)
    assert end is not None
    # The 90th day from now ends later than 90 times 24 hours from now.
    latest = terminal.clock() + AT_MOST
    return min(end, latest) if is_date(text) and end - latest < timedelta(days=1) else end
