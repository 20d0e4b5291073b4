"""Giving a command to an incident as the person who sits here, and what follows."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

from bot.cli import status
from bot.cli.arguments import flag, option
from bot.cli.terminal import Terminal
from bot.errors import BotError, Misuse

if TYPE_CHECKING:
    from bot.cli.follow import Untold
    from bot.eventlog import CommandAnswer
    from bot.inbox import Asker, CommandReply, PersonCommand
    from bot.incident.state import Incident

AtWorker = Annotated[bool, flag("--at-worker", "At the worker's own host, where you cannot prove who you are.")]
NoWait = Annotated[bool, flag("--no-wait", "Only record it; do not wait for the work.")]
Yes = Annotated[bool, flag("--yes", "Do not ask.")]
Note = Annotated[str, option("--note", "TEXT", "Why; the report quotes it.")]


class NotCounted(BotError):
    """The worker has not taken it as anyone's command: it is not proven, or their word does not count."""


def new_command_id() -> str:
    """Each run of a command is a new request."""
    return f"terminal-{uuid.uuid4().hex}"


def ask(
    terminal: Terminal, incident: str, body: PersonCommand, asker: Asker | None = None, *, command_id: str = ""
) -> Incident:
    """Gives the command, under an id of its own unless one is given. NotInIncident for a secret that the incident does
    not have, before any question; Declined with the rules' own words if they refuse it, NotCounted with the worker's if
    its proof is refused, Waits if no worker can decide now.
    """
    from bot.incident.refusals import secret_named

    looked = terminal.incidents.look(incident)
    for name in _secrets_named(body):
        secret_named(looked.incident, name)
    reply = terminal.client.reply(answered(terminal, incident, body, command_id or new_command_id(), asker))
    if reply.refused:
        raise refusal(reply)
    return reply.incident


def refusal(reply: CommandReply) -> BotError:
    """A decline by the rules is an event; a refused proof leaves nothing in the log."""
    from bot.incident.refusals import Declined

    return Declined(reply.refused) if reply.events else NotCounted(reply.refused)


def _secrets_named(body: PersonCommand) -> tuple[str, ...]:
    """The incident's secrets that the command is about."""
    one = getattr(body, "secret", "")
    several = getattr(body, "secrets", ()) or getattr(body, "shown", ())
    return (*((one,) if isinstance(one, str) and one else ()), *several)


def answered(
    terminal: Terminal, incident: str, command: PersonCommand, command_id: str, asker: Asker | None = None
) -> CommandAnswer:
    """Puts the command into the inbox and has it answered, by a worker or, where none runs, at this terminal."""
    from bot.cli.answers import await_answer

    return await_answer(terminal, _put(terminal, Given(incident, command, command_id), asker))


def tell_installation(terminal: Terminal, command: PersonCommand, asker: Asker | None = None) -> None:
    """Gives a command that is about no incident. Declined with the worker's words if it refuses."""
    from bot.eventlog import INSTALLATION
    from bot.incident.refusals import Declined

    answer = answered(terminal, INSTALLATION, command, new_command_id(), asker)
    if answer.reason:
        raise Declined(answer.reason)


@dataclass(frozen=True)
class Given:
    """A command to the incident of that id, under an id of its own."""

    incident: str
    command: PersonCommand
    command_id: str


@dataclass(frozen=True)
class Kept:
    """A command in the inbox: who gave it, and the digest of what it says."""

    given: Given
    by: Asker
    said: str


def give_all(
    terminal: Terminal, commands: Sequence[Given], asker: Asker | None = None
) -> list[CommandReply | BotError]:
    """For each in its turn the reply or why there is none. All are in the inbox before any answer is waited
    for, so that neither a refusal of one nor Ctrl-C loses the others.
    """
    from bot.cli.follow import interruptible
    from bot.inbox.client import Waits

    with interruptible() as stop:
        kept = [_tried(partial(_put, terminal, each, asker)) for each in commands]
    if stop.is_set():
        terminal.hint("Stopped waiting. Your commands stay in the inbox until a worker decides them.")
        raise KeyboardInterrupt
    replies: list[CommandReply | BotError] = []
    for each in kept:
        nobody = any(isinstance(reply, Waits) for reply in replies)
        try:
            told = each if isinstance(each, BotError) else _tried(partial(_reply, terminal, each, nobody=nobody))
            replies.append(told)
        except KeyboardInterrupt:
            if len(commands) > 1:
                terminal.hint(f"So do the others: {len(commands)} were sent together.")
            raise
    return replies


def _tried[T](do: Callable[[], T]) -> T | BotError:
    try:
        return do()
    except BotError as error:
        return error


def _reply(terminal: Terminal, kept: Kept, *, nobody: bool) -> CommandReply | BotError:
    """With `nobody` there to decide, which another command has reported, only existing answers count."""
    from bot.cli.answers import await_answer
    from bot.inbox.client import Waits

    client, given = terminal.client, kept.given
    answer = client.answer(given.command_id, 0, kept.said) if nobody else await_answer(terminal, kept)
    return client.reply(answer) if answer is not None else Waits(given.incident, given.command_id)


def _put(terminal: Terminal, given: Given, asker: Asker | None) -> Kept:
    application = terminal.application
    if application.event_log.installation.read() is None:
        application.become_worker()  # there never was a worker here: this terminal must be able to become one
    by = asker or application.askers.here()
    return Kept(given, by, application.client.put(given.incident, given.command, by, given.command_id))


def at_worker(terminal: Terminal) -> Asker:
    """The operator at the worker's own host. Misuse, with the cause, on any other."""
    try:
        return terminal.application.askers.at_worker()
    except BotError as error:
        raise Misuse(
            f"This is not the worker's host, or its key cannot be read ({error}). --at-worker needs the worker's "
            "right to read /bot/worker-key."
        ) from None


def ask_and_show(
    terminal: Terminal, incident: str, body: PersonCommand, *, no_wait: bool, asker: Asker | None = None
) -> int:
    """Gives the command, waits for its work, and shows where that led."""
    return follow(terminal, ask(terminal, incident, body, asker), no_wait=no_wait)


def record(terminal: Terminal, incident: str, body: PersonCommand, told: str) -> Incident:
    """Gives a command that leads to no work, and says that it is in the log. Returns the incident after it."""
    state = ask(terminal, incident, body)
    show_document(terminal, state)
    terminal.say(told)
    return state


def show_document(terminal: Terminal, incident: Incident) -> None:
    """The document after every change is that of `bot show`."""
    if terminal.json:
        from bot.cli.documents import incident_document
        from bot.cli.show import meeting_of

        terminal.document(incident_document(incident, terminal.clock(), meeting_of(terminal, incident)))


def follow(terminal: Terminal, incident: Incident, *, no_wait: bool) -> int:
    """Waits for the incident's work unless told not to, shows it, and gives the exit status of its keys."""
    if no_wait:
        show_document(terminal, incident)
        terminal.say(f"Recorded in {incident.id}.")
        return status.DONE
    return show_outcome(terminal, await_work(terminal, incident))


def await_work(terminal: Terminal, incident: Incident, untold: Untold = lambda _event: False) -> Incident:
    """Waits for the incident's work, and gives its last state. Of the events that are `untold` nothing is shown."""
    from bot.cli.follow import carry_through, settled
    from bot.cli.rotate import at_rest

    # A planned overlap lasts for a day: no one waits for that at a terminal.
    finished = at_rest if incident.routine else settled
    return carry_through(terminal, incident.id, finished, since=incident.seq, untold=untold)


def show_outcome(terminal: Terminal, incident: Incident, *, of: str = "") -> int:
    """Shows where the work led, for the name `of` a secret in a few lines, and gives the exit status of its keys."""
    from bot.cli.incident_view import show_incident
    from bot.cli.show import meeting_of
    from bot.cli.todo_list import seat_of

    now, meeting, seat = terminal.clock(), meeting_of(terminal, incident), seat_of(terminal)
    show_incident(terminal, incident, now, meeting, seat=seat, of=of)
    return status.of_keys(incident)
