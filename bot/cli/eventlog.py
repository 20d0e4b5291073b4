"""Commands about the event log: log init, log verify, log rebuild; and about its copies: log backup, log restore."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import status
from bot.cli.arguments import argument
from bot.cli.show import IncidentId
from bot.cli.terminal import Terminal

# Commands about copies of the event log: log backup, log restore.


if TYPE_CHECKING:
    from bot.eventlog.backup import Backup

File = Annotated[Path, argument("FILE", "The backup, one file.")]

LOST = (
    "The log lacks what came after the backup. Each open incident says so, and its revocations need approval again. "
    "Repeat every distrust, departure and stopped provider since then: `bot people distrust`, `bot rotation schedule`. "
    "The worker looks for keys that it made since then before it makes others."
)


def backup(terminal: Terminal, file: File) -> None:
    """Write the whole event log into one file, checked, while workers go on; the file before it stays until then.

    For example:
      bot log backup /backups/bot.backup
      bot log backup bot.backup --json
    """
    from bot.eventlog import Seal
    from bot.eventlog.backup import back_up

    application = terminal.application
    seal = Seal(application.keys.worker_keys)
    made = back_up(terminal.event_log, seal, file, application.clock)
    _say(terminal, made, file)
    terminal.say(f"Backed up {_size(made)} to {file}. Chains and seals hold.")


def restore(terminal: Terminal, file: File) -> None:
    """Fill the empty database at BOT_DATABASE_URL with a backup, of whichever database; what came later is lost.

    For example:
      bot log restore /backups/bot.backup
      bot log restore bot.backup --json
    """
    from bot.eventlog import Seal
    from bot.eventlog.backup import restore as restored
    from bot.phrases.times import moment

    application = terminal.application
    application.creates = True
    seal = Seal(application.keys.worker_keys)
    made = restored(file, application.database, seal, application.clock())
    _say(terminal, made, file)
    terminal.say(f"Restored {_size(made)} as of {moment(made.at)}. Chains and seals hold.")
    for stream in made.streams:
        if stream.at is not None:
            terminal.say(f"{stream.name} ends with {stream.seq}, {moment(stream.at)}", indent=2)
    terminal.say(LOST, style="bold")


def _say(terminal: Terminal, made: Backup, file: Path) -> None:
    from dataclasses import asdict

    terminal.document({"file": str(file), **asdict(made)})


def _size(made: Backup) -> str:
    from bot.phrases.times import counted

    return f"{counted(made.events, 'event')} of {counted(made.incidents, 'incident')}"


def init(terminal: Terminal) -> None:
    """Make an empty event log where BOT_DATABASE_URL says; one that is there stays as it is.

    For example:
      bot log init
      BOT_DATABASE_URL=sqlite:////srv/bot/incidents.sqlite bot log init
    """
    terminal.application.creates = True
    name = terminal.event_log.database.name
    terminal.document({"log": name, "incidents": len(terminal.event_log.incidents())})
    terminal.say(f"The event log is {name}.")


def verify(
    terminal: Terminal,
    incident: IncidentId,
    *,
    head: Annotated[
        str | None,
        typer.Option(metavar="SEQ:DIGEST", help="A head from outside: from the channel, or from the report."),
    ] = None,
) -> int:
    """Check that nobody has changed an incident's log.

    For example:
      bot log verify inc_ab12cd
      bot log verify inc_ab12cd --head 41:4f1c9a02b7de55664f1c9a02b7de55664f1c9a02b7de55664f1c9a02b7de5566
    """
    from bot.eventlog.verify import verify_incident

    _try_seal(terminal)
    verdict = verify_incident(terminal.event_log, incident, head)
    terminal.document({**asdict(verdict), "verdict": verdict.sentence})
    terminal.say(verdict.sentence, style="green" if verdict.ok else "bold red")
    terminal.say(verdict.seal_sentence, style="bold red" if verdict.sealed is False else "")
    if verdict.redacted:
        terminal.say(
            f"Redacted by two people, with what is left of them on record: {', '.join(map(str, verdict.redacted))}."
        )
    for finding in verdict.findings:
        terminal.say(finding, indent=2)
    terminal.say(f"head {verdict.head}")
    return status.DONE if verdict.ok else status.FAILED


def _try_seal(terminal: Terminal) -> None:
    """Seals are checked by whoever can read the key; the rest is checked by everybody."""
    from bot.errors import BotError
    from bot.eventlog import Seal

    application = terminal.application
    with suppress(BotError):
        application.event_log.use_seal(Seal(application.keys.worker_keys))


def rebuild(terminal: Terminal) -> int:
    """Make the list of incidents and of taken secrets anew, from the events alone.

    For example:
      bot log rebuild
      bot log rebuild --json
    """
    from bot.eventlog.rebuild import rebuild as rebuilt
    from bot.phrases.times import counted

    terminal.application.become_worker()  # what is derived is written by whoever may write the log
    result = rebuilt(terminal.event_log)
    terminal.document(asdict(result))
    incidents, events = counted(result.incidents, "incident"), counted(result.events, "event")
    terminal.say(f"Rebuilt from {events} of {incidents}.")
    for conflict in result.conflicts:
        terminal.say(conflict, style="red")
    for unread in result.unread:
        terminal.say(f"{unread}. What the list says of it stays as it was.", style="red")
    return status.FAILED if result.conflicts or result.unread else status.DONE
