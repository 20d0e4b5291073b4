"""The command that says what became of a secret's copies, and lists them: copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.command import command
from bot.cli.inbox import ask
from bot.cli.outcomes import names_and_outcome, secrets_of
from bot.cli.show import IncidentId
from bot.cli.terminal import Terminal

if TYPE_CHECKING:
    from bot.incident.state import Incident, SecretState

PANEL = "Keep the record"
WORDS = "[COPY... updated|purged|accepted]"


def register(app: typer.Typer) -> None:
    app.command("copy", rich_help_panel=PANEL)(command(copy))


def copy(
    terminal: Terminal,
    incident: IncidentId,
    secret: Annotated[str, typer.Argument(metavar="[SECRET]", help="Its name; all secrets unless said.")] = "",
    said: Annotated[
        list[str] | None,
        typer.Argument(metavar=WORDS, help="Which copies, and what became of them; a list unless said."),
    ] = None,
    *,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What was done, or why it may stay there.")] = "",
) -> None:
    """See where else a secret's value is kept, and say what became of each copy.

    updated: it has the new value. purged: nothing of it is left. accepted: the old value stays, for the reason in the
    note. An overlap does not end, and the incident does not close, before each is said.
    """
    from bot.incident.commands import SettleCopy
    from bot.incident.model import CopyOutcome

    state = terminal.incidents.load(incident)
    if said:
        names, outcome = names_and_outcome(
            said,
            CopyOutcome,
            nameless=f"Name which copy: `bot copy {incident} {secret}` lists them.",
            unknown=f"says nothing of a copy; end with {', '.join(CopyOutcome)}.",
        )
        for name in names:
            state = ask(terminal, incident, SettleCopy(secret, name, outcome, note))
    _list(terminal, state, secret)


def _list(terminal: Terminal, incident: Incident, name: str) -> None:
    from bot.cli.documents import copies_document
    from bot.incident.access.copies import copies_with_new

    secrets = secrets_of(incident, name)
    terminal.document([copies_document(secret) for secret in secrets])
    for secret in secrets:
        _show(terminal, secret)
        if incident.open and secret.open_copies:
            back = copies_with_new(secret)
            said = f"{back[0]} accepted --note WHY" if back else f"{secret.open_copies[0].copy.name} updated"
            terminal.command(f"bot copy {incident.id} {secret.name} {said}")


def _show(terminal: Terminal, secret: SecretState) -> None:
    from bot.phrases.copies import copy_words, place_words

    terminal.say(f"{secret.name}: {secret.entry.title}", style="bold")
    if not secret.copies:
        terminal.say("The catalog names no copies.", indent=2)
    for one in secret.copies.values():
        terminal.say(
            f"[{' ' if one.open else 'x'}] {place_words(one)}", style="yellow" if one.open else "green", indent=2
        )
        terminal.say(copy_words(one), indent=6)
        if one.open:
            owner = f" (ask {one.copy.owner})" if one.copy.owner else ""
            terminal.say(f"{one.copy.update}{owner}", indent=6)
