"""A new key at the terminal: asked for, put into the inbox, announced, and what became of it."""

from __future__ import annotations

import getpass
import secrets
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated

import typer

from bot.cli.arguments import flag
from bot.cli.inbox import NotCounted, NoWait, ask, await_work, follow, new_command_id, show_outcome
from bot.cli.show import IncidentId, SecretName
from bot.cli.terminal import Terminal
from bot.cli.todo_list import tell_taken
from bot.errors import BotError, LogUnavailable, Misuse
from bot.incident.commands import AnnounceSubmission
from bot.incident.events import ValueRejected
from bot.incident.model import Right
from bot.incident.new_value.decide import secret_awaited
from bot.incident.refusals import Declined, demand, demand_open
from bot.incident.state import Incident, SecretState
from bot.model.places import inbox_of
from bot.rotation.receive import malformed
from bot.secrets.secret import Secret
from bot.vault.contract import Vault


class ValueNotTaken(BotError):
    """The value cannot be the new one: says why, and what to do."""


Stdin = Annotated[bool, flag("--stdin", "Read from standard input instead of asking.")]


def submit(
    terminal: Terminal, incident: IncidentId, secret: SecretName, *, stdin: Stdin = False, no_wait: NoWait = False
) -> int:
    """Bring a new key that you made in the provider's console. With --stdin a line a part, in the catalog's order.

    For example:
      bot submit inc_ab12cd stripe-secret-key
      pbpaste | bot submit inc_ab12cd stripe-secret-key --stdin
    """
    before = terminal.event_log.load(incident)
    expected = _expected(terminal, before, secret)
    tell_taken(terminal, before, AnnounceSubmission, secret)
    prompts = [f"{part.variable or part.name} for {part.parameter}" for part in expected.entry.parts]
    values = asked_for(terminal, prompts, stdin=stdin)
    parts = dict(zip((part.name for part in expected.entry.parts), values, strict=True))
    _check(parts)
    state = _announce(terminal, before, secret, parts)
    if no_wait:
        return follow(terminal, state, no_wait=True)
    after = await_work(
        terminal, state, untold=lambda event: isinstance(event, ValueRejected) and event.secret == secret
    )
    if reason := _rejection(after.secrets[secret]):
        raise ValueNotTaken(
            f"The key you submitted for {secret} was rejected: {reason}. "
            f"Submit the right one with `bot submit {incident} {secret}`."
        )
    return show_outcome(terminal, after, of=secret)


def _rejection(secret: SecretState) -> str:
    """Why the last value was rejected; empty if it was accepted, or not checked yet."""
    return "" if secret.new.inbox or secret.new.staged else secret.new.rejected


def _expected(terminal: Terminal, incident: Incident, name: str) -> SecretState:
    """Refuses before anyone has typed a value that would then be in vain."""
    if terminal.application.settings.people is not None:  # else only the worker can tell
        demand(terminal.application.askers.here().actor, Right.RESPOND)
    demand_open(incident)
    return secret_awaited(incident, name)


def _check(parts: Mapping[str, Secret]) -> None:
    for part, value in parts.items():
        if reason := malformed(value):
            raise Misuse(f"{part}: {reason}. Nothing was sent.")


def _announce(terminal: Terminal, incident: Incident, name: str, parts: Mapping[str, Secret]) -> Incident:
    """Stages the parts, then announces them. They go again only where the announcement has surely come to nothing: what
    a worker may have taken, or may yet take, it must find.
    """
    vault, command_id = terminal.application.outside.vault, new_command_id()
    token = secrets.token_hex(8)
    inbox = f"{inbox_of(incident.id, name)}/{token}"
    try:
        for part, value in parts.items():
            vault.stage(f"{inbox}/{part}", value)
        return ask(terminal, incident.id, AnnounceSubmission(name, token), command_id=command_id)
    except (Declined, NotCounted):
        _empty(vault, inbox, parts)
        raise
    except BotError as error:
        if _never_put(terminal, error, command_id):
            _empty(vault, inbox, parts)
        else:
            terminal.hint(
                f"Not confirmed yet by {incident.id}. The key stays where a worker finds it. Check `bot show "
                f"{incident.id}` before you submit again. If unused, the worker deletes it after an hour and says "
                "so.",
                style="yellow",
            )
        raise


def _never_put(terminal: Terminal, error: BotError, command_id: str) -> bool:
    """Whether the announcement has surely not reached the log's inbox. A database that does not answer proves nothing:
    it may have kept what it did not confirm.
    """
    if isinstance(error, LogUnavailable):
        return False
    try:
        return not terminal.event_log.inbox.has(command_id)
    except BotError:
        return False


def _empty(vault: Vault, inbox: str, parts: Mapping[str, Secret]) -> None:
    for part in parts:
        with suppress(BotError):  # the first error is the one to tell
            vault.unstage(f"{inbox}/{part}")


# Taking a value from a person.


def asked_for(terminal: Terminal, prompts: list[str], *, stdin: bool) -> list[Secret]:
    """One value for each prompt. From standard input a single value is all of it, several are a line each.

    Misuse if no one can be asked without showing the value, if standard input has another number of lines, or if it is
    not UTF-8; typer.Abort if the person ends the question.
    """
    try:
        values = _asked_for(terminal, prompts, stdin=stdin)
        for value in values:
            value.reveal().encode()  # with the plain C locale, bytes that are not UTF-8 are read anyway
    except UnicodeError:
        raise Misuse("The key is not UTF-8. Nothing was sent.") from None
    return values


def _asked_for(terminal: Terminal, prompts: list[str], *, stdin: bool) -> list[Secret]:
    """UnicodeError where it is not UTF-8; the error holds the value, and goes no further."""
    if stdin:
        return _read(prompts)
    if not terminal.interactive:
        raise Misuse("No terminal for a hidden prompt: pipe the key in with --stdin.")
    try:
        return [Secret(getpass.getpass(f"{prompt} (not shown): ")) for prompt in prompts]
    except EOFError:  # Ctrl-D
        raise typer.Abort from None


def _read(prompts: list[str]) -> list[Secret]:
    text = sys.stdin.read()
    if len(prompts) == 1:
        return [Secret(text.removesuffix("\n").removesuffix("\r"))]
    lines = text.splitlines()
    if len(lines) != len(prompts):
        raise Misuse(f"Standard input has {len(lines)} lines; expected {len(prompts)}: {', '.join(prompts)}.")
    return [Secret(line) for line in lines]
