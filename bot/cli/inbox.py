"""Giving a command to an incident as the person who sits here, and what follows."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import status
from bot.cli.terminal import Terminal
from bot.errors import BotError, Misuse

if TYPE_CHECKING:
    from bot.cli.follow import Finished
    from bot.cli.progress import Untold
    from bot.eventlog import CommandAnswer
    from bot.incident.state import Incident
    from bot.response import Asker, CommandReply, PersonCommand

AtWorker = Annotated[
    bool,
    typer.Option("--at-worker", help="At the worker's own host, where nothing else proves who you are."),
]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Only record it; do not wait for the work.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; the report quotes it.")]


class NotCounted(BotError):
    """The worker has not taken it as anybody's command: it is not proven, or their word does not count."""


def new_command_id() -> str:
    """Each run of a command is a new request."""
    return f"terminal-{uuid.uuid4().hex}"


def ask(
    terminal: Terminal, incident: str, body: PersonCommand, asker: Asker | None = None, *, command_id: str = ""
) -> Incident:
    """Gives the command, under an id of its own unless one is given. NotInIncident for a secret that the incident does
    not have, before anything is asked; Declined with the rules' own words if they refuse
    it, NotCounted with the worker's if it is nobody's command, Waits if nobody can decide now.
    """
    from bot.incident.refusals import Declined, secret_named

    looked = terminal.incidents.look(incident)
    for name in _secrets_named(body):
        secret_named(looked.incident, name)
    reply = give(terminal, incident, body, command_id or new_command_id(), asker)
    if reply.refused:
        # What the rules decline is an event; of what is nobody's command the log says nothing.
        raise Declined(reply.refused) if reply.events else NotCounted(reply.refused)
    return reply.incident


def _secrets_named(body: PersonCommand) -> tuple[str, ...]:
    """The incident's secrets that the command is about."""
    one = getattr(body, "secret", "")
    return (*((one,) if isinstance(one, str) and one else ()), *getattr(body, "secrets", ()))


def give(
    terminal: Terminal, incident: str, command: PersonCommand, command_id: str, asker: Asker | None = None
) -> CommandReply:
    """Puts the command into the inbox and has it answered, by a worker or, where none runs, at this terminal."""
    return terminal.client.reply(answered(terminal, incident, command, command_id, asker))


def answered(
    terminal: Terminal, incident: str, command: PersonCommand, command_id: str, asker: Asker | None = None
) -> CommandAnswer:
    """As `give`, with the answer itself: of a command that is about no incident."""
    from bot.cli.answers import await_answer

    application = terminal.application
    if application.event_log.installation.read() is None:
        application.become_worker()  # nobody ever was one here: this terminal must be able to
    by = asker or application.asker()
    said = application.client.put(incident, command, by, command_id)
    return await_answer(terminal, incident, command, by, command_id, said)


def at_worker(terminal: Terminal) -> Asker:
    """Whoever sits at the worker's own host. Misuse, with the cause, anywhere else."""
    try:
        return terminal.application.at_worker()
    except BotError as error:
        raise Misuse(
            f"This is not the worker's host, or its key cannot be read ({error}). --at-worker needs the right to read "
            "/bot/worker-key, as the worker has it."
        ) from None


def ask_and_show(
    terminal: Terminal, incident: str, body: PersonCommand, *, no_wait: bool, asker: Asker | None = None
) -> int:
    """Gives the command, waits for its work, and shows where that led."""
    return follow(terminal, ask(terminal, incident, body, asker), no_wait=no_wait)


def record(terminal: Terminal, incident: str, body: PersonCommand, told: str) -> Incident:
    """Gives a command that leads to no work, and says that it is in the log. Returns the incident after it."""
    state = ask(terminal, incident, body)
    terminal.document({"incident": state.id, "events": state.seq})
    terminal.say(told)
    return state


def follow(
    terminal: Terminal, incident: Incident, *, no_wait: bool, finished: Finished | None = None, of: str = ""
) -> int:
    """Waits for the incident's work unless told not to, shows it, and gives the exit status of its keys. With the name
    `of` a secret people read what became of that one alone.
    """
    if no_wait:
        terminal.document({"incident": incident.id, "events": incident.seq})
        terminal.say(f"Recorded in {incident.id}.")
        return status.DONE
    return show_outcome(terminal, await_work(terminal, incident, finished), of=of)


def await_work(
    terminal: Terminal, incident: Incident, finished: Finished | None = None, untold: Untold | None = None
) -> Incident:
    """Waits for the incident's work, and gives its last state. Of the events that are `untold` nothing is shown."""
    from bot.cli.follow import carry_through, settled
    from bot.cli.progress import nothing_untold
    from bot.cli.rotate import at_rest

    # The overlap of what is planned lasts for a day: nobody waits for that at a terminal.
    usual = at_rest if incident.routine else settled
    return carry_through(terminal, incident.id, finished or usual, since=incident.seq, untold=untold or nothing_untold)


def show_outcome(terminal: Terminal, incident: Incident, *, of: str = "") -> int:
    """Shows where the work led, for the name `of` a secret in a few lines, and gives the exit status of its keys."""
    from bot.cli.incident_view import show_incident, show_secret
    from bot.cli.show import meeting_of

    now, meeting = terminal.clock(), meeting_of(terminal, incident)
    if of:
        show_secret(terminal, incident, incident.secrets[of], now, meeting)
    else:
        show_incident(terminal, incident, now, meeting)
    return status.of_keys(incident)
