"""Commands about copies of the event log: log backup, log restore."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.terminal import Terminal

if TYPE_CHECKING:
    from bot.eventlog.backup import Backup

File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup, one file.")]

LOST = (
    "The log lacks what came after the backup. Each open incident says so, and its revocations need approval again. "
    "Repeat every distrust, departure and stopped provider since then: `bot distrust`, `bot schedule list`. "
    "The worker looks for keys that it made since then before it makes others."
)


def backup(terminal: Terminal, file: File) -> None:
    """Write the whole event log into one file, checked, while workers go on; the file before it stays until then."""
    from bot.eventlog import Seal
    from bot.eventlog.backup import back_up

    application = terminal.application
    seal = Seal(application.worker_keys)
    made = back_up(terminal.event_log, seal, file, application.clock)
    _say(terminal, made, file)
    terminal.say(f"Backed up {_size(made)} to {file}. Chains and seals hold.")


def restore(terminal: Terminal, file: File) -> None:
    """Fill the empty database at BOT_DATABASE_URL with a backup, of whichever database; what came later is lost."""
    from bot.eventlog import Seal
    from bot.eventlog.backup import restore as restored
    from bot.phrases.times import moment

    application = terminal.application
    application.creates = True
    seal = Seal(application.worker_keys)
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
