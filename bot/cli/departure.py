"""The command for someone who leaves: departure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import status
from bot.cli.arguments import argument, flag, option
from bot.cli.departure_view import Asked, Told, document, look, show, too_few
from bot.cli.inbox import Given, NoWait, Yes, ask, give_all, new_command_id, tell_installation
from bot.cli.terminal import Terminal
from bot.errors import BotError, Misuse

if TYPE_CHECKING:
    from bot.incident.state import Incident


def departure(
    terminal: Terminal,
    name: Annotated[str, argument("NAME", "The person leaving: an entry in the people file.")],
    *,
    environment: Annotated[str, option("--environment -e", "NAME", "Rotate in this environment only, for now.")] = "",
    note: Annotated[str, option("--note", "TEXT", "Why and when; the report quotes it.")] = "",
    agree: Annotated[bool, flag("--agree", "Approve the rotations, as the second person.")] = False,
    fewer_approvers: Annotated[
        bool, flag("--fewer-approvers", "Let them go although fewer than two approvers are left.")
    ] = False,
    no_wait: NoWait = False,
    dry_run: Annotated[bool, flag("--dry-run", "Show what would happen; do nothing.")] = False,
    yes: Yes = False,
) -> int:
    """Someone leaves: void their rights and pending consents at once, and plan the rotation of what they knew.

    Rotates, in the order of their dependencies: secrets whose policy asks for it, secrets that they owned, secrets that
    CloudTrail saw them read, and secrets that IAM lets them read; one run for each environment. No key is made before a
    second person agrees: --agree. No new key is stored while they can read its parameter.

    It needs the right to command. Two people undo it: bot people trust NAME --note WHY.

    For example:
      bot people departure ben --dry-run
      bot people departure ben --note 'last day is Friday' --yes
    """
    if agree:
        return _agree(terminal, name, no_wait=no_wait, yes=yes)
    told = look(terminal, name, environment)
    show(terminal, told)
    if dry_run:
        terminal.document(document(told, (), done=False))
        return status.DONE
    if not _sure(terminal, told, fewer_approvers=fewer_approvers, yes=yes):
        terminal.hint("Nothing changed.")
        return status.DONE
    _depart(terminal, told, note, fewer_approvers=fewer_approvers or too_few(told))
    terminal.say(f"{name} has left: their commands no longer count.", style="bold")
    asked = list(_begin(terminal, told, note))
    terminal.document(document(told, asked, done=True))
    if any(each.waits for each in asked):
        terminal.say("Nothing is made before another person approves, at their own terminal:")
        terminal.command(f"bot people departure {name} --agree")
    return status.FAILED if any(each.refused for each in asked) else status.DONE


def _sure(terminal: Terminal, told: Told, *, fewer_approvers: bool, yes: bool) -> bool:
    from bot.trust import last_approvers

    if too_few(told) and not fewer_approvers:
        words = last_approvers(told.leaver.name, list(told.approvers))
        if not terminal.interactive:
            raise Misuse(words)
        terminal.hint(words, style="bold red")
        return typer.confirm("Let them go anyway?", default=False, err=True)
    if yes or not terminal.interactive:
        return True
    count = sum(len(each.planned) for each in told.departures)
    question = f"{told.leaver.name} leaves, and {count} secrets are rotated once a second person approves?"
    return typer.confirm(question, default=False, err=True)


def _depart(terminal: Terminal, told: Told, because: str, *, fewer_approvers: bool) -> None:
    """At once: from here on their word does not count."""
    from bot.trust import Depart

    if not told.left:
        body = Depart(told.leaver.name, because or "They leave", fewer_approvers=fewer_approvers)
        tell_installation(terminal, body)


def _begin(terminal: Terminal, told: Told, because: str) -> Iterator[Asked]:
    """Requests a run in each environment with planned secrets, or with unknown access, regardless of failures in
    others, and reports the results. Without any, a run in the first environment holds the tasks.
    """
    from bot.inbox.declaration import declared
    from bot.incident.overlap.strategy import incident_id
    from bot.phrases.marks import plain
    from bot.phrases.rotations import begun_words

    name = told.leaver.name
    concerned = [each for each in told.departures if each.planned or each.left or each.environment in told.untold]
    asked = concerned or told.departures[:1]
    ids = [new_command_id() for _ in asked]
    given = [
        Given(incident_id(command_id), declared(name, each, because), command_id)
        for each, command_id in zip(asked, ids, strict=True)
    ]
    for each, reply in zip(asked, give_all(terminal, given), strict=True):
        if refused := str(reply) if isinstance(reply, BotError) else reply.refused:
            terminal.hint(f"{each.environment}: {refused}", style="red")
            yield Asked(each.environment, name, refused=refused)
        elif not isinstance(reply, BotError):
            words = begun_words(reply.incident, name, reply.joined, begun=bool(reply.events))
            terminal.say(f"{each.environment}: {plain(words)}")
            yield Asked(each.environment, name, reply.incident, reply.joined)


def _agree(terminal: Terminal, name: str, *, no_wait: bool, yes: bool) -> int:
    """To every open run of this departure that waits for it."""
    from bot.cli.inbox import follow
    from bot.incident.commands import AgreeDeparture
    from bot.incident.departure.rules import departure_digest

    waiting = [run for run in _runs(terminal, name) if not _agreed(run)]
    if not waiting:
        raise Misuse(f"No departure of {name} needs a second approver. `bot list --open` lists open incidents.")
    for run in waiting:
        terminal.hint(f"{run.id}, {run.environment}: {name} leaves, begun by {run.declared.name}.", style="bold")
        for secret in run.secrets.values():
            terminal.hint(f"  {secret.name}: {secret.strategy_reason}")
    if not yes and terminal.interactive and not typer.confirm("Approve all of this?", default=False, err=True):
        terminal.hint("Nothing was approved.")
        return status.DONE
    agreed = [ask(terminal, run.id, AgreeDeparture(departure_digest(run))) for run in waiting]
    if no_wait or len(agreed) > 1:
        terminal.document({"agreed": [run.id for run in agreed]})
        for run in agreed:
            terminal.say(f"Approved {run.id}. `bot show {run.id}` shows its progress.")
        return status.DONE
    return follow(terminal, agreed[0], no_wait=False)


def _runs(terminal: Terminal, name: str) -> Sequence[Incident]:
    open_ones = (terminal.event_log.look(each).incident for each in terminal.event_log.open_incidents())
    return [run for run in open_ones if run.departure is not None and run.departure.leaver.name == name]


def _agreed(run: Incident) -> bool:
    from bot.incident.departure.rules import unagreed

    return not unagreed(run)
