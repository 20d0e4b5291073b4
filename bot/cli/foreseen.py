"""What a declaration will bring about, before anyone is asked whether to make it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from bot.cli.terminal import Terminal

if TYPE_CHECKING:
    from bot.incident.declaration.consequences import Foreseen


def show_foreseen(terminal: Terminal, foreseen: Foreseen) -> None:
    """On standard error: it is a word on the side of what the command prints."""
    from bot.phrases.consequences import HEADING, UNTOLD, besides, foreseen_lines, sum_words
    from bot.phrases.marks import plain

    if foreseen.untold:
        terminal.hint(f"{UNTOLD}: {foreseen.untold}", style="yellow")
    lines = foreseen_lines(foreseen, terminal.incidents.timings.overlap)
    if lines:
        terminal.hint(f"{HEADING}:", style="bold")
    for line in lines:
        terminal.hint(f"  {plain(line)}")
    for line in besides(foreseen):
        terminal.hint(f"  {plain(line)}.", style="yellow")
    if lines:
        terminal.hint(f"{sum_words(foreseen)}.", style="bold")


def agreed(terminal: Terminal, foreseen: Foreseen, *, every: bool, yes: bool) -> bool:
    """Whether to declare: asked where someone can be, and of everything with no answer taken for granted."""
    from bot.phrases.consequences import again_words, submit_words
    from bot.phrases.marks import plain

    if yes or not terminal.interactive or not (foreseen.consequences or foreseen.untold):
        return True
    if every:
        return typer.confirm(f"{plain(again_words(foreseen))} Declare?", default=False, err=True)
    return typer.confirm(f"{submit_words(foreseen)}?", default=True, err=True)


def foreseen_document(foreseen: Foreseen) -> dict[str, object]:
    """The same for programs."""
    secrets = [
        {"name": one.name, "ending": one.ending, "outage": one.outage, "outage_seconds": one.seconds, "why": one.why}
        for one in foreseen.consequences
    ]
    ended = [one.name for one in foreseen.ended]
    return {"ended": ended, "secrets": secrets, "joined": dict(foreseen.joined), "untold": foreseen.untold}
