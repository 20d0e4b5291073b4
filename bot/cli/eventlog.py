"""Commands about the event log: log init, log roles, log verify, log rebuild; and about its copies."""

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
    "The log lacks everything after the backup. Each open incident says so, and its revocations need approval again. "
    "Repeat every distrust, departure and stopped provider since then: `bot people distrust`, `bot rotation policy`. "
    "The worker looks for keys that it made since then before it makes others."
)


def backup(
    terminal: Terminal, file: Annotated[str, argument("FILE", "The backup: one file, or s3://BUCKET/KEY.")]
) -> None:
    """Write the whole event log into one checked file while workers go on; the previous file stays until then.

    For example:
      bot log backup /backups/bot.backup
      bot log backup s3://acme-bot-backups/2026-12-01.backup
    """
    from tempfile import TemporaryDirectory

    from bot.aws import objects
    from bot.eventlog import Seal
    from bot.eventlog.backup import back_up

    application, away = terminal.application, file.startswith(objects.S3)
    seal = Seal(application.keys.worker_keys)
    with TemporaryDirectory(prefix="bot-backup-") as folder:
        place = Path(folder) / "bot.backup" if away else Path(file)
        made = back_up(terminal.event_log, seal, place, application.clock)
        if away:
            objects.put(application.outside.aws, file, place.read_bytes())
    terminal.document({"file": file, **asdict(made)})
    terminal.say(f"Backed up {_size(made)} to {file}. Chains and seals hold.")


def restore(terminal: Terminal, file: File) -> None:
    """Fill the empty database at BOT_DATABASE_URL with a backup of either kind of database; later records are lost.

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
    terminal.document({"file": file, **asdict(made)})
    terminal.say(f"Restored {_size(made)} as of {moment(made.at)}. Chains and seals hold.")
    for stream in made.streams:
        if stream.at is not None:
            terminal.say(f"{stream.name} ends with {stream.seq}, {moment(stream.at)}", indent=2)
    terminal.say(LOST, style="bold")


def _size(made: Backup) -> str:
    from bot.phrases.times import counted

    return f"{counted(made.events, 'event')} of {counted(made.incidents, 'incident')}"


def init(terminal: Terminal) -> None:
    """Make an empty event log where BOT_DATABASE_URL says; an existing one stays unchanged.

    For example:
      bot log init
      BOT_DATABASE_URL=sqlite:////srv/bot/incidents.sqlite bot log init
    """
    terminal.application.creates = True
    name = terminal.event_log.database.name
    terminal.document({"log": name, "incidents": len(terminal.event_log.incidents())})
    terminal.say(f"The event log is {name}.")


def roles(terminal: Terminal) -> None:
    """Print the SQL that gives worker and front a PostgreSQL role each. It may be run at any time.

    For example:
      bot log roles
      bot log roles > roles.sql
    """
    from bot.data_files import shipped

    sql = (shipped("docs/sql") / "roles.sql").read_text()
    terminal.document({"sql": sql})
    terminal.text(sql)


def verify(
    terminal: Terminal,
    incident: IncidentId,
    *,
    head: Annotated[
        str | None,
        typer.Option(metavar="SEQ:DIGEST", help="A head from outside: from the channel, or from the report."),
    ] = None,
) -> int:
    """Check that an incident's log was not changed.

    For example:
      bot log verify inc_ab12cd
      bot log verify inc_ab12cd --head 41:4f1c9a02b7de55664f1c9a02b7de55664f1c9a02b7de55664f1c9a02b7de5566
    """
    from bot.errors import BotError
    from bot.eventlog import Seal
    from bot.eventlog.verify import verify_incident

    with suppress(BotError):  # a process with the key checks seals; every process checks the rest
        terminal.event_log.use_seal(Seal(terminal.application.keys.worker_keys))
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


def rebuild(terminal: Terminal) -> int:
    """Make the lists of incidents and of taken secrets again, from the events alone.

    For example:
      bot log rebuild
      bot log rebuild --json
    """
    from bot.eventlog.rebuild import rebuild as rebuilt
    from bot.phrases.times import counted

    terminal.application.become_worker()  # derived data is written by processes that may write the log
    result = rebuilt(terminal.event_log)
    terminal.document(asdict(result))
    incidents, events = counted(result.incidents, "incident"), counted(result.events, "event")
    terminal.say(f"Rebuilt from {events} of {incidents}.")
    for conflict in result.conflicts:
        terminal.say(conflict, style="red")
    for unread in result.unread:
        terminal.say(f"{unread}. The list keeps what it had.", style="red")
    return status.FAILED if result.conflicts or result.unread else status.DONE
