"""The command that practises: drill."""

from __future__ import annotations

import importlib.util
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import status
from bot.cli.command import command
from bot.cli.terminal import Terminal
from bot.errors import BotError, Misuse

if TYPE_CHECKING:
    from bot.practice.summary import Summary

PANEL = "Practise"
NEEDED = ("bot.drill", "moto")
"""What a drill takes: the practice world's own code, which the production image leaves out, and the extra `drill`."""
NOT_HERE = (
    "The practice world is not installed here: run `uv run bot drill` in a checkout, "
    "or `pip install 'compromise-bot[drill]'` where you practise."
)
Auto = Annotated[bool, typer.Option("--auto", help="Let automatic responders play it; so too without a terminal.")]
Data = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="Where it leaves its traces; the same again resumes.")
]
FaultNames = Annotated[
    list[str] | None,
    typer.Option("--fault", metavar="PLACE:FAULT", help="What goes wrong, such as sendgrid:revoke-500 or slack:down."),
]
Keep = Annotated[bool, typer.Option("--keep", help="Leave everything running at the end, to look around.")]


def register(app: typer.Typer) -> None:
    app.command("drill", rich_help_panel=PANEL)(command(drill))


def drill(
    terminal: Terminal,
    *,
    auto: Auto = False,
    data: Data = None,
    fault: FaultNames = None,
    every: Annotated[bool, typer.Option("--all", help="All secrets of the practice world.")] = False,
    keep: Keep = False,
) -> int:
    """Practise a whole incident against fakes on this machine: real bot, made-up keys."""
    if not all(importlib.util.find_spec(name) for name in NEEDED):
        raise Misuse(NOT_HERE)
    from bot.cli.documents import incident_document
    from bot.drill.faults import parse_faults
    from bot.drill.narrator import Narrator
    from bot.drill.run import Drill, DrillOptions

    by_itself = auto or terminal.json or not (sys.stdin.isatty() and sys.stdout.isatty())
    options = DrillOptions(data, by_itself, parse_faults(fault or []), every, keep)
    narrator = Narrator(terminal.err if terminal.json else terminal.out)
    try:
        summary = Drill(options, narrator, incident_document).run()
    except KeyboardInterrupt:
        return status.INTERRUPTED
    _remember(summary)
    terminal.document(summary.document())
    _show(terminal, summary)
    return summary.exit_status


def _remember(summary: Summary) -> None:
    """For `bot readiness`, in the data folder of the installation that practised. A drill needs no sound settings."""
    from bot.cli.diagnostics.practised import remember_drill
    from bot.settings import Settings

    with suppress(BotError, OSError):
        remember_drill(Settings.load(os.environ).data_folder, summary)


def _show(terminal: Terminal, summary: Summary) -> None:
    terminal.say()
    terminal.say(f"{summary.incident} is {summary.state}.", style="bold")
    for secret in summary.secrets:
        dead = _after(secret.contain_seconds)
        restored = "" if secret.new == "not-needed" else _after(secret.restore_seconds)
        words = f"{secret.name}: old value {secret.old}{dead}, access {secret.access}; new value {secret.new}{restored}"
        terminal.say(words, style="" if secret.old == "dead" else "bold red", indent=2)
    for left in summary.left_alone:
        if left["reason"] != "not declared":
            terminal.say(f"{left['name']}: skipped: {left['reason']}", indent=2)
    found = "nothing" if not summary.leaks.hits else f"{len(summary.leaks.hits)} hits: {summary.leaks.hits[0].place}, …"
    terminal.say(f"Searched {len(summary.leaks.places)} places for every value, old and new: {found}.")
    for what, path in (("Report", summary.report), ("Decisions", summary.decisions)):
        if path:
            terminal.say(f"{what}:")
            terminal.command(path)


def _after(seconds: float | None) -> str:
    return "" if seconds is None else f" after {seconds:.1f} s"
