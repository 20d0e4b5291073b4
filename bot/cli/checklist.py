"""Lists of an incident that people answer: what may outlive a key, copies of a value, and who read it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.arguments import argument, option
from bot.cli.inbox import ask
from bot.cli.show import IncidentId
from bot.cli.terminal import Terminal
from bot.errors import Misuse

# What `bot check`, `bot copy` and `bot readers` have in common: names, and behind them one word on all of them.


if TYPE_CHECKING:
    from bot.incident.state import Incident, SecretState


def names_and_outcome[O: StrEnum](
    said: list[str], outcomes: type[O], *, nameless: str, unknown: str
) -> tuple[list[str], O]:
    """The names, and the outcome. Misuse with `unknown` behind a word that is none, with `nameless` without a name."""
    *names, word = said
    try:
        outcome = outcomes(word)
    except ValueError:
        raise Misuse(f"{word!r} {unknown}") from None
    if not names:
        raise Misuse(nameless)
    return names, outcome


def secrets_of(incident: Incident, name: str) -> list[SecretState]:
    """The secret of that name, all of the incident for an empty one."""
    from bot.incident.refusals import secret_named

    return [secret_named(incident, name)] if name else list(incident.secrets.values())


# The command that ends items of a checklist, and lists them: check.


if TYPE_CHECKING:
    from bot.incident.state import Incident, SecretState

WORDS = "[ITEM... clear|handled]"


def check(
    terminal: Terminal,
    incident: IncidentId,
    secret: Annotated[str, argument("[SECRET]", "Its name; all secrets unless said.")] = "",
    said: Annotated[
        list[str] | None, argument(WORDS, "What you looked at, and how it was; a list unless said.")
    ] = None,
    *,
    note: Annotated[str, option("--note", "TEXT", "Who looked and what they saw; what you removed.")] = "",
) -> None:
    """See what may outlive a dead key at its provider, and say what you found there.

    For example:
      bot check inc_ab12cd
      bot check inc_ab12cd openai-api-key keys clear --note 'only ours are listed'
    """
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


# The command that says what became of a secret's copies, and lists them: copy.


if TYPE_CHECKING:
    from bot.incident.state import Incident, SecretState
COPY_WORDS = "[COPY... updated|purged|accepted]"


def copy(
    terminal: Terminal,
    incident: IncidentId,
    secret: Annotated[str, argument("[SECRET]", "Its name; all secrets unless said.")] = "",
    said: Annotated[
        list[str] | None, argument(COPY_WORDS, "Which copies, and what became of them; a list unless said.")
    ] = None,
    *,
    note: Annotated[str, option("--note", "TEXT", "What was done, or why it may stay there.")] = "",
) -> None:
    """See where else a secret's value is kept, and say what became of each copy.

    updated: it has the new value. purged: nothing of it is left. accepted: the old value stays, for the reason in the
    note. An overlap does not end, and the incident does not close, before each is said.

    For example:
      bot copy inc_ab12cd
      bot copy inc_ab12cd openai-api-key ci updated --note 'in the repository settings'
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
    _list_copies(terminal, state, secret)


def _list_copies(terminal: Terminal, incident: Incident, name: str) -> None:
    from bot.cli.documents import copies_document
    from bot.incident.access.copies import copies_with_new

    secrets = secrets_of(incident, name)
    terminal.document([copies_document(secret) for secret in secrets])
    for secret in secrets:
        _show_copies(terminal, secret)
        if incident.open and secret.open_copies:
            back = copies_with_new(secret)
            said = f"{back[0]} accepted --note WHY" if back else f"{secret.open_copies[0].copy.name} updated"
            terminal.command(f"bot copy {incident.id} {secret.name} {said}")


def _show_copies(terminal: Terminal, secret: SecretState) -> None:
    from bot.phrases.access import copy_words, place_words

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


# The command that says whose reads of the leaked values these were, and lists them: readers.


if TYPE_CHECKING:
    from bot.incident.state import Incident
READER_WORDS = "[READER... ours|explained|unexplained|removed]"


def readers(
    terminal: Terminal,
    incident: IncidentId,
    said: Annotated[
        list[str] | None, argument(READER_WORDS, "Who read it, and whose reads these are; a list unless said.")
    ] = None,
    *,
    note: Annotated[str, option("--note", "TEXT", "Who explains it, or whom you asked.")] = "",
) -> None:
    """See who read the leaked values, and account for each: ours, explained by a person, or unexplained.

    While a reader stands as unexplained, new values of what it has read wait for `bot use`, and the page stays open;
    `removed` says that nobody explains it and that its access was taken away.

    For example:
      bot readers inc_ab12cd
      bot readers inc_ab12cd arn:aws:iam::111122223333:role/ci explained --note 'the nightly build'
    """
    from bot.incident.commands import AccountReader
    from bot.incident.model import ReaderOutcome

    state = terminal.incidents.load(incident)
    if said:
        principals, outcome = names_and_outcome(
            said,
            ReaderOutcome,
            nameless=f"Name who read it: `bot readers {incident}` lists them.",
            unknown="is no answer; end with ours, explained (--note by whom), unexplained or removed.",
        )
        for principal in principals:
            state = ask(terminal, incident, AccountReader(principal, outcome, note))
    _list_readers(terminal, state)


def _list_readers(terminal: Terminal, incident: Incident) -> None:
    from bot.cli.documents import readers_document
    from bot.incident.access.readers import readers_of, unaccounted
    from bot.incident.commands import AccountReader
    from bot.incident.model import ReaderOutcome
    from bot.phrases.readers import ANSWERS, cut_off_words, expected_words
    from bot.phrases.times import listed
    from bot.phrases.typed import line_of

    if words := cut_off_words(incident):
        terminal.warn(words)
    if unread := [name for name in incident.secrets if name not in incident.usage]:
        terminal.warn(f"Nobody has looked yet who read {listed(unread)}.")
    terminal.document(readers_document(incident))
    seen = readers_of(incident)
    if not seen:
        terminal.say("Nobody but the bot was seen to read the leaked values, as far as anybody has looked.")
    if words := cut_off_words(incident):
        terminal.say(words, style="yellow")
    for principal, secrets in seen.items():
        said = incident.readers.get(principal)
        word = (
            "NOT ACCOUNTED FOR"
            if said is None
            else f"{said.outcome} ({said.by.name}{f': {said.note}' if said.note else ''})"
        )
        terminal.say(f"{principal} read {', '.join(secrets)}: {word}", style="yellow" if said is None else "")
        if said is None:
            terminal.say(f"  {expected_words(incident, principal)}")
    for principal in unaccounted(incident)[:1]:
        terminal.say(f"Account for each; {ANSWERS}:")
        terminal.command(line_of(incident.id, AccountReader(principal, ReaderOutcome.OURS)))
