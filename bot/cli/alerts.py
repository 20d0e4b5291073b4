"""Commands about news of leaks from outside: alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import status
from bot.cli.arguments import argument, flag, option, parse_time
from bot.cli.declare import HowNoticed, open_incident
from bot.cli.inbox import Note, NoWait, tell_installation
from bot.cli.terminal import Terminal
from bot.errors import Misuse

if TYPE_CHECKING:
    from datetime import datetime

    from bot.news.cases.commands import AlertCommand
    from bot.news.cases.state import Case

Until = Annotated[str, option("--until", "TIME", "Until when; then we ask again.")]
VERBS = ("declare", "harmless", "end")


def alerts(
    terminal: Terminal,
    what: Annotated[str, argument("[declare|harmless|end]", "What to do with one of them.")] = "",
    number: Annotated[int, typer.Argument(metavar="[NUMBER]", help="Its number in the list.", show_default=False)] = 0,
    *,
    every: Annotated[bool, flag("--all", "Also the decided ones.")] = False,
    note: Note = "",
    until: Until = "",
    how_noticed: HowNoticed = "",
    public: Annotated[
        bool | None, flag("--public/--private", "Whether it is public; as its source says by default.")
    ] = None,
    no_wait: NoWait = False,
) -> int:
    """List the leaks that were reported from outside, and decide about them.

    `declare` opens an incident for exactly the value that was found; `harmless` keeps it where it is, until a day;
    `end` settles, with your reason, an alert in which no value of the catalog was found. Exit status 3: one of them
    is undecided.

    For example:
      bot news alerts
      bot news alerts harmless 3 --note 'a test account without money' --until 2027-01-31
    """
    if not what:
        return _list(terminal, every=every)
    if what not in VERBS:
        raise Misuse(f"There is no `bot news alerts {what}`; expected {', '.join(VERBS)}, or nothing for the list.")
    case = _case(terminal, number)
    if what == "declare":
        return _declare(terminal, case, how_noticed, public=public, no_wait=no_wait)
    return _decide(terminal, _command(what, case, note, until))


def _list(terminal: Terminal, *, every: bool) -> int:

    from bot.phrases.alerts import case_words, counts, terminal_hint
    from bot.phrases.marks import plain
    from bot.worker.background import waiting

    state, now = terminal.event_log.alerts.current(), terminal.clock()
    trouble = next((words for words, _ in waiting(terminal.event_log, ("alerts",))), "")  # of the worker's last look
    shown = list(state.cases.values()) if every else list(state.undecided)
    terminal.document(
        {
            "alerts": [_document(case) for case in shown],
            "recorded": list(state.all_recorded),
            "trouble": trouble,
        }
    )
    for case in shown:
        words = case_words(case, now)
        terminal.say(plain(words.headline), style="bold red" if case.undecided else "bold")
        for place in words.places:
            terminal.say(plain(place), indent=2)
        terminal.say(plain(words.state), indent=2)
        if hint := terminal_hint(case):
            terminal.command(hint)
    if not shown:
        terminal.say("No leak alert waits for a decision.")
    if noted := counts(state):
        terminal.say(f"Only recorded: {noted}.")
    if trouble:
        terminal.say(f"What keeps the worker from it: {trouble}.", style="yellow")
    return status.AT_RISK if state.undecided else status.DONE


def _case(terminal: Terminal, number: int) -> Case:
    state = terminal.event_log.alerts.current()
    case = state.cases.get(number)
    if case is None:
        known = ", ".join(str(each.number) for each in state.undecided) or "none"
        raise Misuse(f"There is no alert {number}. Undecided: {known}. `bot news alerts --all` lists the others.")
    return case


def _declare(terminal: Terminal, case: Case, how_noticed: str, *, public: bool | None, no_wait: bool) -> int:
    from bot.news.handling.decisions import declaration_of

    declaration = declaration_of(case, public=public, how_noticed=how_noticed)
    return open_incident(terminal, declaration, no_wait=no_wait)


def _command(what: str, case: Case, because: str, until: str) -> AlertCommand:
    from bot.news.cases.commands import CallHarmless, EndTriage

    if not because:
        raise Misuse("Explain why: add --note TEXT.")
    if what == "end":
        return EndTriage(case.number, because)
    ends: datetime | None = parse_time(until)
    if ends is None:
        raise Misuse("Give a date until which it is harmless: --until 2027-01-31.")
    return CallHarmless(case.number, because, ends)


def _decide(terminal: Terminal, body: AlertCommand) -> int:
    """Declined with the worker's words if it refuses."""
    tell_installation(terminal, body)
    case = _case(terminal, body.case)
    terminal.document(_document(case))
    terminal.say(f"Recorded: alert {case.number} is {case.stage}.")
    return 0


def _document(case: Case) -> dict[str, object]:
    from dataclasses import asdict

    return {**asdict(case), "public": case.public, "since": case.since}
