"""The command that ends items of a checklist, and lists them: check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.command import command
from bot.cli.inbox import ask
from bot.cli.outcomes import names_and_outcome, secrets_of
from bot.cli.show import IncidentId
from bot.cli.terminal import Terminal
from bot.errors import Misuse

if TYPE_CHECKING:
    from bot.incident.state import Incident, SecretState

PANEL = "Keep the record"
WORDS = "[ITEM... clear|handled]"


def register(app: typer.Typer) -> None:
    app.command("check", rich_help_panel=PANEL)(command(check))


def check(
    terminal: Terminal,
    incident: IncidentId,
    secret: Annotated[str, typer.Argument(metavar="[SECRET]", help="Its name; all secrets unless said.")] = "",
    said: Annotated[
        list[str] | None, typer.Argument(metavar=WORDS, help="What you looked at, and how it was; a list unless said.")
    ] = None,
    *,
    note: Annotated[
        str, typer.Option("--note", metavar="TEXT", help="Who looked and what they saw; what you removed.")
    ] = "",
) -> None:
    """See what may outlive a dead key at its provider, and say what you found there."""
    from bot.incident.commands import EndCheck
    from bot.incident.model import CheckOutcome

    state = terminal.incidents.load(incident)
    if said:
        items, outcome = names_and_outcome(
            said,
            CheckOutcome,
            nameless=f"Name what you looked at: `bot check {incident} {secret}` lists it.",
            unknown="is no outcome; end with clear (nothing there) or handled (removed).",
        )
        note = _asked_for_note(terminal, note, removed=outcome is CheckOutcome.HANDLED)
        for item in items:
            state = ask(terminal, incident, EndCheck(secret, item, outcome, note))
        if not state.open and outcome is CheckOutcome.HANDLED:
            terminal.hint("Something was there after the close: reopen the incident to look into it.")
            terminal.command(f"bot reopen {incident} --reason WHY")
    _list(terminal, state, secret)


def _asked_for_note(terminal: Terminal, note: str, *, removed: bool) -> str:
    """Misuse where there is none, and nobody to be asked for it: the report quotes it."""
    what = "what was removed" if removed else "who looked, and what they saw"
    if not note.strip() and terminal.interactive:
        return str(typer.prompt(f"For the report: {what} (never a secret)", err=True))
    if not note.strip():
        raise Misuse(f"Say {what}: --note TEXT. The report quotes it.")
    return note


def _list(terminal: Terminal, incident: Incident, name: str) -> None:
    from bot.cli.documents import access_document
    from bot.incident.lanes import access_lane

    secrets = secrets_of(incident, name)
    terminal.document([access_document(secret) for secret in secrets])
    for secret in secrets:
        _show(terminal, incident, secret)
        if secret.inspected_at is not None and incident.open:
            read = f"Read by API at {secret.inspected_at:%Y-%m-%d %H:%M:%S} UTC; to have it read again:"
            terminal.say(read, indent=2)
            terminal.command(f"bot retry {incident.id} {access_lane(secret.name)}")
        if secret.due_checks:
            terminal.command(f"bot check {incident.id} {secret.name} {secret.due_checks[0].item} clear --note TEXT")


def _show(terminal: Terminal, incident: Incident, secret: SecretState) -> None:
    from bot.phrases.access import access_words, settled_words

    terminal.say(f"{secret.name}: {access_words(incident, secret)}", style="bold")
    if not secret.checks:
        terminal.say("Its provider has no checklist.", indent=2)
    for one in secret.checks.values():
        style = "yellow" if one.open else "green"
        terminal.say(f"[{' ' if one.open else 'x'}] {one.item}: {settled_words(one)}", style=style, indent=2)
        if one.open:
            terminal.say(secret.where_to_look(one), indent=6)
