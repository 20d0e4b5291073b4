"""The command for someone who leaves: departure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import status
from bot.cli.arguments import argument, flag, option
from bot.cli.inbox import Given, NoWait, Yes, ask, give_all, new_command_id, tell_installation
from bot.cli.terminal import Terminal
from bot.errors import BotError, Misuse

if TYPE_CHECKING:
    from bot.catalog.departures import Departure
    from bot.incident.state import Incident
    from bot.model.departures import Leaver
    from bot.usage.leaver import Reached


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
    from bot.incident.departure.rules import departure_digest, unagreed

    opened = (terminal.event_log.look(each).incident for each in terminal.event_log.open_incidents())
    waiting = [run for run in opened if run.departure and run.departure.leaver.name == name and unagreed(run)]
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


# What is known of someone who leaves, and what would be done: looked up, and shown.


@dataclass(frozen=True)
class Told:
    """What is known before anything is done. `approvers` are the others with `approve`; `pending` the open incidents
    with their consent; `untold` the environments where this terminal does not know their access.
    """

    leaver: Leaver
    left: str
    approves: bool
    approvers: tuple[str, ...]
    departures: tuple[Departure, ...]
    unknown: tuple[str, ...]
    pending: tuple[str, ...]
    untold: tuple[str, ...] = ()


def look(terminal: Terminal, name: str, environment: str) -> Told:
    """What is known now. Misuse for someone who is neither in the people file nor known to have left."""
    from bot.catalog.departures import plan
    from bot.incident.model import Right
    from bot.model.departures import Leaver

    application = terminal.application
    trust, person = application.event_log.trust.current(), application.files.people.named(name)
    lost = trust.lost.get(name)
    if person is None and (lost is None or not lost.left):
        known = ", ".join(each.name for each in application.files.people)
        raise Misuse(f"The people file has no {name!r}; it has {known or 'no one'}.")
    accounts = person.accounts if person is not None else lost.accounts if lost is not None else ()
    leaver = Leaver(name, next((account for account in accounts if account.startswith("arn:")), ""))
    others = [each for each in application.files.people.having(Right.APPROVE) if each.name != name]
    catalog = application.files.loaded.catalog
    environments = [environment] if environment and catalog.all(environment) else catalog.environments
    reached = {where: _reached(terminal, leaver, where) for where in environments}
    return Told(
        leaver=leaver,
        left=lost.words if lost is not None and lost.left else "",
        approves=person is not None and person.actor.may(Right.APPROVE),
        approvers=tuple(each.name for each in others if trust.against(each.name, each.accounts) is None),
        departures=tuple(
            plan(catalog, name, where, {reach.secret: reach for reach in found_there.reaches})
            for where, found_there in reached.items()
        ),
        unknown=tuple(dict.fromkeys(words for each in reached.values() for words in each.unknown)),
        pending=_pending(terminal, name),
        untold=tuple(where for where, there in reached.items() if not (there.grants_known and there.reads_known)),
    )


def _reached(terminal: Terminal, leaver: Leaver, environment: str) -> Reached:
    """As far as this terminal can ask; the worker asks too, and says what was missed here."""
    from bot.usage.leaver import Reached, look_up

    outside = terminal.application.outside
    owners = terminal.application.files.loaded.catalog.owners(environment)
    try:
        with terminal.progress() as progress:
            progress(f"asking CloudTrail and IAM about {leaver.name} in {environment}")
            return look_up(leaver, owners, outside.usage, outside.grants, terminal.clock())
    except BotError as error:
        return Reached(unknown=(f"what {leaver.name} read and can read is unknown here: {error}",))


def _pending(terminal: Terminal, name: str) -> tuple[str, ...]:
    event_log = terminal.event_log
    return tuple(each for each in event_log.open_incidents() if _consents(event_log.look(each).incident, name))


def _consents(incident: Incident, name: str) -> bool:
    waiting = [secret for secret in incident.secrets.values() if not secret.gone and secret.old.revoked_at is None]
    given = [(secret.author, secret.kill, *secret.consents.values()) for secret in waiting]
    proposed = incident.proposal is not None and incident.proposal.by == name
    return proposed or any(each is not None and each.name == name for consents in given for each in consents)


def too_few(told: Told) -> bool:
    from bot.trust import ENOUGH

    return told.approves and not told.left and len(told.approvers) < ENOUGH


def show(terminal: Terminal, told: Told) -> None:
    """On standard error: it is a word on the side of what the command prints."""
    name = told.leaver.name
    if told.left:
        terminal.hint(f"{told.left}.", style="yellow")
    elif told.pending:
        terminal.hint(f"Void at once: the rights of {name} and their approvals in {', '.join(told.pending)}.")
    else:
        terminal.hint(f"Void at once: the rights of {name}; none of their approvals is pending.")
    terminal.hint("Delete their entry from the people file: the bot does not edit it.")
    for words in told.unknown:
        terminal.hint(f"UNKNOWN: {words}.", style="yellow")
    for each in told.departures:
        _show_plan(terminal, each, known=each.environment not in told.untold)
    for words in by_hand(told.leaver):
        terminal.hint(f"By hand: {words}.")


def _show_plan(terminal: Terminal, departure: Departure, *, known: bool) -> None:
    if not departure.planned:
        so_far = "" if known else " as far as known here; the worker checks too"
        terminal.hint(f"{departure.environment}: nothing to rotate{so_far}.", style="bold")
    else:
        terminal.hint(f"{departure.environment}, in this order:", style="bold")
    for number, planned in enumerate(departure.planned, start=1):
        terminal.hint(f"  {number}. {planned.name}: {planned.words}.")
    for left in departure.left:
        terminal.hint(f"  {left} is public by design: left out, and an open item of the run.")


def by_hand(leaver: Leaver) -> tuple[str, ...]:
    """What the bot cannot see; the run has a task for each."""
    return (
        f"the laptop of {leaver.name} and its .env, shared password managers, and the consoles of the providers",
        f"Slack, GitHub, the pager and the tracker: remove {leaver.name} and end their sessions",
    )


@dataclass(frozen=True)
class Asked:
    """What came of asking for a run in one environment: `incident` is the run, or where all of it is `joined` the open
    incident that has the first of it; `refused` says why there is none.
    """

    environment: str
    name: str
    incident: Incident | None = None
    joined: tuple[str, ...] = ()
    refused: str = ""

    @property
    def run(self) -> str | None:
        """The id of this departure's run there, if there is one."""
        from bot.phrases.rotations import is_run_of

        return self.incident.id if self.incident is not None and is_run_of(self.incident, self.name) else None

    @property
    def waits(self) -> bool:
        """Whether another person has to agree."""
        from bot.phrases.rotations import waits_for_agreement

        return self.incident is not None and waits_for_agreement(self.incident, self.name)


def document(told: Told, asked: Sequence[Asked], *, done: bool) -> dict[str, object]:
    """All that is known, and what came of asking for each run, as JSON."""
    runs = [
        {"environment": each.environment, "run": each.run, "joined": each.joined, "refused": each.refused}
        for each in asked
    ]
    return {**asdict(told), "departed": done or bool(told.left), "runs": runs, "by_hand": by_hand(told.leaver)}
