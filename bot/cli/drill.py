"""The command that practises: drill."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from bot.cli import status
from bot.cli.arguments import flag, option
from bot.cli.terminal import Terminal
from bot.errors import BotError, Misuse

if TYPE_CHECKING:
    from bot.drill.client.summary import Summary

NEEDED = ("bot.drill", "moto")
"""What a drill takes: the practice world's own code, which the production image leaves out, and the extra `drill`."""
NOT_HERE = (
    "The practice world is not installed here: run `uv run bot drill` in a checkout, "
    "or `pip install 'compromise-bot[drill]'` where you practise."
)
Auto = Annotated[bool, flag("--auto", "Let automatic responders play it; so too without a terminal.")]
Data = Annotated[Path | None, option("--data", "DIR", "Where it leaves its traces; the same again resumes.")]
FaultNames = Annotated[
    list[str] | None, option("--fault", "PLACE:FAULT", "What goes wrong, such as sendgrid:revoke-500 or slack:down.")
]
IncidentOnly = Annotated[
    bool, flag("--incident-only", "With --auto: no planned rotation beside it, nobody leaves after it.")
]
Keep = Annotated[bool, flag("--keep", "Leave everything running at the end, until Ctrl-C.")]


def drill(
    terminal: Terminal,
    *,
    auto: Auto = False,
    data: Data = None,
    fault: FaultNames = None,
    every: Annotated[bool, flag("--all", "All secrets of the practice world.")] = False,
    keep: Keep = False,
    incident_only: IncidentOnly = False,
) -> int:
    """Practise a whole incident against fakes on this machine: real bot, made-up keys.

    For example:
      bot drill
      bot drill --auto
    """
    if not all(importlib.util.find_spec(name) for name in NEEDED):
        raise Misuse(NOT_HERE)
    from bot.cli.documents import incident_document
    from bot.drill.faults import parse_faults
    from bot.drill.narrator import Narrator
    from bot.drill.run import Drill, DrillOptions

    by_itself = auto or terminal.json or not (sys.stdin.isatty() and sys.stdout.isatty())
    earlier = tuple(_earlier(auto=by_itself))
    options = DrillOptions(data, by_itself, parse_faults(fault or []), every, keep, earlier, incident_only)
    narrator = Narrator(terminal.err if terminal.json else terminal.out)

    def tell(summary: Summary) -> None:
        _remember(summary, auto=by_itself)
        terminal.document(summary.document())
        _show(terminal, summary)

    try:
        return Drill(options, narrator, incident_document, tell).run().exit_status
    except KeyboardInterrupt:
        return status.INTERRUPTED


def _earlier(*, auto: bool) -> list[Mapping[str, object]]:
    """The measures of drills before. A drill needs no sound settings."""
    from bot.drill.client.debrief import earlier_drills
    from bot.settings.model import Settings

    with suppress(BotError, OSError):
        return earlier_drills(Settings.load(os.environ).data_folder, auto=auto)
    return []


def _remember(summary: Summary, *, auto: bool) -> None:
    """For `bot catalog readiness` and the next debrief, in the data folder of the installation that practised."""
    from bot.cli.diagnostics.practised import remember_drill
    from bot.drill.client.debrief import keep_drill
    from bot.settings.model import Settings

    with suppress(BotError, OSError):
        folder = Settings.load(os.environ).data_folder
        remember_drill(folder, summary)
        keep_drill(folder, summary.incident, summary.measures, auto=auto)


def _show(terminal: Terminal, summary: Summary) -> None:
    terminal.say()
    terminal.say(f"{summary.incident} is {summary.state}.", style="bold")
    for secret in summary.secrets:
        dead = _after(secret.contain_seconds)
        restored = "" if secret.new == "not-needed" else _after(secret.restore_seconds)
        words = f"{secret.name}: old value {secret.old}{dead}, {secret.access_words}; new value {secret.new}{restored}"
        terminal.say(words, style="" if secret.old == "dead" else "bold red", indent=2)
    for left in summary.left_alone:
        if left["reason"] != "not declared":
            terminal.say(f"{left['name']}: skipped: {left['reason']}", indent=2)
    _tell_planned(terminal, summary)
    _tell_debrief(terminal, summary)
    found = "nothing" if not summary.leaks.hits else f"{len(summary.leaks.hits)} hits: {summary.leaks.hits[0].place}, …"
    terminal.say(f"Searched {len(summary.leaks.places)} places for every value, old and new: {found}.")
    for what, path in (("Report", summary.report), ("Decisions", summary.decisions)):
        if path:
            terminal.say(f"{what}:")
            terminal.command(path)


def _tell_planned(terminal: Terminal, summary: Summary) -> None:
    """What came of the rotation beside the incident, and of the departure after it."""
    if (run := summary.rotation) is not None:
        agreed = f"; {' and '.join(run['agreed'])} agreed" if run["agreed"] else ""
        terminal.say(f"{run['run']}, the planned rotation in {run['environment']}, is {run['state']}.", style="bold")
        words = f"{run['secret']}: old value {run['old']}, new value {run['new']}{agreed}; {_paged(run['paged'])}"
        terminal.say(words, style="" if run["old"] == "dead" else "bold red", indent=2)
    if (left := summary.departure) is not None:
        agreed = f"agreed to by {left['agreed']}" if left["agreed"] else "not agreed to yet"
        terminal.say(f"{left['run']}: {left['person']} leaves {left['environment']}, {agreed}.", style="bold")
        for name, secret in left["secrets"].items():
            terminal.say(f"{name}: old value {secret['old']}, new value {secret['new']}", indent=2)
        if any(secret["new"] == "staged" for secret in left["secrets"].values()):
            terminal.say(
                f"What is staged waits until IAM says, or a person, that {left['person']} cannot read it.", indent=2
            )


def _paged(alerts: int) -> str:
    return f"{alerts} pages" if alerts else "nobody was paged"


def _tell_debrief(terminal: Terminal, summary: Summary) -> None:
    """A table that fits on a terminal of 80 columns."""
    told = summary.debrief
    if told is None:
        return
    width = max(len(row.label) for row in told.rows)
    terminal.say()
    terminal.say(f"{'Debrief'.ljust(width)}  {'you':<14}{'best':<8}last", style="bold")
    for row in told.rows:
        line = f"{row.label.ljust(width)}  {row.you:<14}{row.best:<8}{row.last}"
        terminal.say(line, style="bold red" if row.missed else "")
    if told.undeclared:
        terminal.say(f"Leaked and never declared: {', '.join(told.undeclared)}.", style="bold red")
    if told.advice:
        terminal.say(f"Next time: {'; '.join(told.advice)}.")
    terminal.say()


def _after(seconds: float | None) -> str:
    return "" if seconds is None else f" after {seconds:.1f} s"
