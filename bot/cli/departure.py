"""The command for somebody who leaves: departure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import status
from bot.cli.command import command
from bot.cli.inbox import NoWait, answered, ask, give, new_command_id
from bot.cli.terminal import Terminal
from bot.errors import BotError, Misuse

if TYPE_CHECKING:
    from bot.incident.state import Incident
    from bot.model.departures import Leaver
    from bot.playbook.departures import Departure
    from bot.usage.leaver import Reached

PANEL = "Decide"


def register(app: typer.Typer) -> None:
    app.command("departure", rich_help_panel=PANEL)(command(departure))


def departure(
    terminal: Terminal,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whoever leaves: an entry of the people file.")],
    *,
    environment: Annotated[
        str, typer.Option("--environment", "-e", metavar="NAME", help="Rotate in this environment only, for now.")
    ] = "",
    because: Annotated[str, typer.Option("--because", metavar="TEXT", help="Why and when; the report quotes it.")] = "",
    agree: Annotated[bool, typer.Option("--agree", help="Agree, as the second person, to what is rotated.")] = False,
    fewer_approvers: Annotated[
        bool, typer.Option("--fewer-approvers", help="Let them go although fewer than two who may approve are left.")
    ] = False,
    no_wait: NoWait = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and do nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask once more.")] = False,
) -> int:
    """Somebody leaves: their rights and pending consents are void at once, and what they knew is rotated.

    Planned are, in the order in which they wait for each other, the secrets whose policy asks for it, those that they
    owned, those that CloudTrail saw them read and those that IAM lets them read; a run an environment. Nothing is made
    before a second person has agreed: --agree. Nothing new is stored while they can still read its parameter.

    It takes the right to command. Two people take it back: bot trust NAME.
    """
    if agree:
        return _agree(terminal, name, no_wait=no_wait, yes=yes)
    told = _look(terminal, name, environment)
    _show(terminal, told)
    if dry_run:
        terminal.document(_document(told, {}, done=False))
        return status.DONE
    if not _sure(terminal, told, fewer_approvers=fewer_approvers, yes=yes):
        terminal.hint("Nothing was done.")
        return status.DONE
    _depart(terminal, told, because, fewer_approvers=fewer_approvers or _too_few(told))
    runs = _begin(terminal, told, because)
    terminal.document(_document(told, runs, done=True))
    _tell(terminal, told, runs)
    return status.DONE


# --- looking --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Told:
    """What is known before anything is done. `lines` are those of their entry in the people file, ``file:from-to``;
    `approvers` the others who may approve; `pending` the open incidents in which their consent waits.
    """

    leaver: Leaver
    left: str
    approves: bool
    approvers: tuple[str, ...]
    lines: str
    departures: tuple[Departure, ...]
    unknown: tuple[str, ...]
    pending: tuple[str, ...]


def _look(terminal: Terminal, name: str, environment: str) -> _Told:
    from bot.incident.model import Right
    from bot.model.departures import Leaver
    from bot.people import entry_lines
    from bot.playbook.departures import plan

    application = terminal.application
    trust, person = application.event_log.trust.current(), application.people.named(name)
    lost = trust.lost.get(name)
    if person is None and (lost is None or not lost.left):
        known = ", ".join(each.name for each in application.people)
        raise Misuse(f"The people file has nobody called {name!r}; it has {known or 'nobody'}.")
    accounts = person.accounts if person is not None else lost.accounts if lost is not None else ()
    leaver = Leaver(name, next((account for account in accounts if account.startswith("arn:")), ""))
    others = [each for each in application.people.having(Right.APPROVE) if each.name != name]
    catalog = application.loaded.catalog
    environments = [environment] if environment and catalog.all(environment) else catalog.environments
    reached = {where: _reached(terminal, leaver, where) for where in environments}
    path = application.settings.people
    found = entry_lines(path, name) if path is not None else None
    return _Told(
        leaver=leaver,
        left=lost.words if lost is not None and lost.left else "",
        approves=person is not None and person.actor.may(Right.APPROVE),
        approvers=tuple(each.name for each in others if trust.against(each.name, each.accounts) is None),
        lines=f"{path}:{found[0]}-{found[1]}" if found is not None else "",
        departures=tuple(
            plan(catalog, name, where, {reach.secret: reach for reach in found_there.reaches})
            for where, found_there in reached.items()
        ),
        unknown=tuple(dict.fromkeys(words for each in reached.values() for words in each.unknown)),
        pending=_pending(terminal, name),
    )


def _reached(terminal: Terminal, leaver: Leaver, environment: str) -> Reached:
    """As far as this terminal can ask; the worker asks too, and says what was missed here."""
    from bot.usage.leaver import Reached, look_up

    outside = terminal.application.outside
    try:
        with terminal.progress() as progress:
            progress(f"asking CloudTrail and IAM about {leaver.name} in {environment}")
            return look_up(
                leaver, outside.secrets(environment), outside.usage, outside.grants, terminal.clock(), progress
            )
    except BotError as error:
        return Reached(unknown=(f"what {leaver.name} read and can read is not known here: {error}",))


def _pending(terminal: Terminal, name: str) -> tuple[str, ...]:
    event_log = terminal.event_log
    return tuple(each for each in event_log.open_incidents() if _consents(event_log.look(each).incident, name))


def _consents(incident: Incident, name: str) -> bool:
    waiting = [secret for secret in incident.secrets.values() if not secret.gone and secret.old.revoked_at is None]
    given = [(secret.author, secret.kill, *secret.consents.values()) for secret in waiting]
    proposed = incident.proposal is not None and incident.proposal.by == name
    return proposed or any(each is not None and each.name == name for consents in given for each in consents)


def _too_few(told: _Told) -> bool:
    from bot.trust import ENOUGH

    return told.approves and not told.left and len(told.approvers) < ENOUGH


# --- showing --------------------------------------------------------------------------------------------------------


def _show(terminal: Terminal, told: _Told) -> None:
    """On standard error: it is a word on the side of what the command prints."""
    name = told.leaver.name
    if told.left:
        terminal.hint(f"{told.left}.", style="yellow")
    elif told.pending:
        terminal.hint(f"Void at once: the rights of {name}, and their consents in {', '.join(told.pending)}.")
    else:
        terminal.hint(f"Void at once: the rights of {name}; no consent of theirs is pending.")
    if told.lines:
        terminal.hint(f"Delete their entry from the people file: {told.lines}. The bot does not edit it.")
    for words in told.unknown:
        terminal.hint(f"UNKNOWN: {words}.", style="yellow")
    for each in told.departures:
        _show_plan(terminal, each)
    for words in by_hand(told.leaver):
        terminal.hint(f"By hand: {words}.")


def _show_plan(terminal: Terminal, departure: Departure) -> None:
    if not departure.planned:
        terminal.hint(f"{departure.environment}: nothing to rotate.", style="bold")
    else:
        terminal.hint(f"{departure.environment}, in this order:", style="bold")
    for number, planned in enumerate(departure.planned, start=1):
        terminal.hint(f"  {number}. {planned.name}: {planned.words}.")
    for left in departure.left:
        terminal.hint(f"  {left} is public by design: left alone, and an open item of the run.")


def by_hand(leaver: Leaver) -> tuple[str, ...]:
    """What nobody can see from here; the run has a task for each."""
    return (
        f"the laptop of {leaver.name} and its .env, shared password managers, and the consoles of the providers",
        f"Slack, GitHub, the pager and the tracker: take {leaver.name} out and end their sessions",
    )


def _document(told: _Told, runs: Mapping[str, Incident], *, done: bool) -> dict[str, object]:
    return {
        "person": asdict(told.leaver),
        "departed": done or bool(told.left),
        "approvers_left": list(told.approvers),
        "pending_consents": list(told.pending),
        "people_file": told.lines,
        "unknown": list(told.unknown),
        "environments": [
            {
                "environment": each.environment,
                "planned": [asdict(planned) for planned in each.planned],
                "left_alone": list(each.left),
                "run": runs[each.environment].id if each.environment in runs else None,
            }
            for each in told.departures
        ],
        "by_hand": list(by_hand(told.leaver)),
    }


# --- doing ----------------------------------------------------------------------------------------------------------


def _sure(terminal: Terminal, told: _Told, *, fewer_approvers: bool, yes: bool) -> bool:
    from bot.trust import last_approvers

    if _too_few(told) and not fewer_approvers:
        words = last_approvers(told.leaver.name, list(told.approvers))
        if not terminal.interactive:
            raise Misuse(words)
        terminal.hint(words, style="bold red")
        return typer.confirm("Let them go all the same?", default=False, err=True)
    if yes or not terminal.interactive:
        return True
    count = sum(len(each.planned) for each in told.departures)
    question = f"{told.leaver.name} leaves, and {count} secrets are rotated once a second person agrees?"
    return typer.confirm(question, default=False, err=True)


def _depart(terminal: Terminal, told: _Told, because: str, *, fewer_approvers: bool) -> None:
    """At once: from here on their word does not count."""
    from bot.eventlog import INSTALLATION
    from bot.incident.refusals import Declined
    from bot.trust import Depart

    if told.left:
        return
    body = Depart(told.leaver.name, because or "They leave", fewer_approvers=fewer_approvers)
    answer = answered(terminal, INSTALLATION, body, new_command_id())
    if answer.reason:
        raise Declined(answer.reason)


def _begin(terminal: Terminal, told: _Told, because: str) -> dict[str, Incident]:
    """A run for each environment in which something is planned."""
    from bot.incident.overlap.strategy import incident_id
    from bot.response.departures import declared

    terminal.application.creates = terminal.application.settings.database_url is not None
    runs: dict[str, Incident] = {}
    for each in told.departures:
        if not each.planned:
            continue
        command_id = new_command_id()
        reply = give(terminal, incident_id(command_id), declared(told.leaver.name, each, because), command_id)
        if reply.refused:
            raise Misuse(reply.refused)
        runs[each.environment] = reply.incident
        if reply.joined:
            names = ", ".join(reply.joined)
            terminal.hint(f"{each.environment}: an open incident deals with {names} already.", style="yellow")
    return runs


def _tell(terminal: Terminal, told: _Told, runs: Mapping[str, Incident]) -> None:
    name = told.leaver.name
    terminal.say(f"{name} has left: their word counts for nothing from here on.", style="bold")
    for environment, run in runs.items():
        terminal.say(f"{environment}: {run.id} rotates {', '.join(run.secrets)}.")
    if runs:
        terminal.say("Nothing is made before another person agrees, at their own terminal:")
        terminal.command(f"bot departure {name} --agree")


# --- the second person ----------------------------------------------------------------------------------------------


def _agree(terminal: Terminal, name: str, *, no_wait: bool, yes: bool) -> int:
    """To every open run of this departure that waits for it."""
    from bot.cli.inbox import follow
    from bot.incident.commands import AgreeDeparture
    from bot.incident.departure.rules import departure_digest

    waiting = [run for run in _runs(terminal, name) if not _agreed(run)]
    if not waiting:
        raise Misuse(f"No departure of {name} waits for a second person: `bot list --open` has what is open.")
    for run in waiting:
        terminal.hint(f"{run.id}, {run.environment}: {name} leaves, begun by {run.declared.name}.", style="bold")
        for secret in run.secrets.values():
            terminal.hint(f"  {secret.name}: {secret.strategy_reason}")
    if not yes and terminal.interactive and not typer.confirm("Agree to all of this?", default=False, err=True):
        terminal.hint("Nothing was agreed to.")
        return status.DONE
    agreed = [ask(terminal, run.id, AgreeDeparture(departure_digest(run))) for run in waiting]
    if no_wait or len(agreed) > 1:
        terminal.document({"agreed": [run.id for run in agreed]})
        for run in agreed:
            terminal.say(f"Agreed to {run.id}. `bot show {run.id}` says how far it is.")
        return status.DONE
    return follow(terminal, agreed[0], no_wait=False)


def _runs(terminal: Terminal, name: str) -> Sequence[Incident]:
    open_ones = (terminal.event_log.look(each).incident for each in terminal.event_log.open_incidents())
    return [run for run in open_ones if run.departure is not None and run.departure.leaver.name == name]


def _agreed(run: Incident) -> bool:
    from bot.incident.departure.rules import unagreed

    return not unagreed(run)
