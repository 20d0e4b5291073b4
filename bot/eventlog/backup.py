"""Backups of the log: one SQLite file with every row, from which either kind of database can be restored.

The rows are read in one snapshot, so workers continue to write. The file's own row (`backup`) has the time, and a
digest of all rows under a worker's seal. A cut or changed file is detected, and without the worker key no valid file
can be made. A restored log says in each open incident that later records are missing (`RecordsLost`).
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Column, Connection, MetaData, Select, String, Table, func, insert, inspect, select, text

from bot.errors import LogBehind, LogError, LogUnavailable, Misuse
from bot.eventlog import log_of, open_database
from bot.eventlog.database import Database
from bot.eventlog.forms import format_time, parse_time
from bot.eventlog.installation_streams import ALL
from bot.eventlog.schema import check_schema
from bot.eventlog.seal import Seal
from bot.eventlog.sql import EventLog
from bot.eventlog.stream_log import StreamDamaged
from bot.eventlog.tables import COMMANDS, DIGEST_WIDTH, METADATA, STREAMS, TIME_WIDTH
from bot.eventlog.verify import verify_incident
from bot.incident.commands import Envelope, NoteLoss
from bot.incident.model import BOT
from bot.model.fields import machine_id
from bot.private import replace_file

BATCH = 1000
"""Rows that one statement carries."""

_MARK = Table(
    "backup",
    MetaData(),
    Column("at", String(TIME_WIDTH), nullable=False),
    Column("digest", String(DIGEST_WIDTH), nullable=False),
    Column("seal", String(80), nullable=False),
)


@dataclass(frozen=True)
class Stream:
    """One chain of a backup: an open incident by its id, or a log of the installation; its newest entry and the time of
    that, None without entries.
    """

    name: str
    seq: int
    at: datetime | None


@dataclass(frozen=True)
class Backup:
    """The contents of a valid backup."""

    at: datetime
    incidents: int
    events: int
    streams: tuple[Stream, ...]


def back_up(event_log: EventLog, seal: Seal, file: Path, clock: Callable[[], datetime]) -> Backup:
    """Writes the file, in the place of the one before it once it is whole.

    Misuse where it cannot be written, LogError where the log itself does not hold: the file is left as it was.
    """
    with TemporaryDirectory(prefix="bot-backup-") as folder:
        beside = Path(folder) / "log.sqlite"
        with _open(beside, seal, migrate=True) as copy:
            with event_log.database.snapshot() as source, copy.database.writing() as target:
                at = clock()
                _carry_over(source, target)
            backup = _read(copy, at, f"the event log {event_log.database.name}")
            _mark(copy, seal, at)
        try:
            replace_file(file, beside.read_bytes())
        except OSError as error:
            raise Misuse(f"{file} cannot be written: {error.strerror}.") from None
    return backup


def restore(file: Path, into: Database, seal: Seal, at: datetime) -> Backup:
    """Fills an empty database, in one transaction, with what the file holds.

    Misuse for a database that is not empty, and for a file that is missing, no backup, an older program's, changed or
    cut short; LogTooNew for a newer program's.
    """
    with TemporaryDirectory(prefix="bot-backup-") as folder:
        copy = Path(folder) / "log.sqlite"  # the file itself stays as it is
        try:
            shutil.copyfile(file, copy)
        except OSError as error:
            raise Misuse(f"{file} cannot be read: {error.strerror}.") from None
        with _open(copy, seal) as log:
            try:
                backup = _read(log, _marked_at(log, seal, file), f"{file}")
            except LogUnavailable as error:
                raise Misuse(f"{file} is no backup of a log, or damaged: {error}") from None
            for incident in log.open_incidents():
                loss = Envelope(machine_id(f"restored-{format_time(at)}"), at, BOT, NoteLoss("", backup.at))
                log.execute(incident, loss)
            with log.database.snapshot() as source, into.writing() as target:
                _demand_empty(target, into)
                _carry_over(source, target)
                _count_on(target)
    return backup


@contextmanager
def _open(path: Path, seal: Seal, *, migrate: bool = False) -> Iterator[EventLog]:
    url = f"sqlite:///{path}"
    database = open_database(url) if migrate else Database(url)
    log = log_of(database, seal=seal)
    try:
        yield log
    finally:
        log.close()  # SQLite then puts what its write-ahead log has into the file


def _carry_over(source: Connection, target: Connection) -> None:
    for table in METADATA.sorted_tables:
        for rows in source.execute(_all(table)).partitions(BATCH):
            target.execute(insert(table), [dict(row._mapping) for row in rows])  # noqa: SLF001 - SQLAlchemy's public name


def _all(table: Table) -> Select[tuple[object, ...]]:
    return select(table).order_by(*table.primary_key.columns)


def _mark(copy: EventLog, seal: Seal, at: datetime) -> None:
    with copy.database.writing() as connection:
        _MARK.create(connection)
        time, digest = format_time(at), _digest(connection)
        sealed = seal.of_text(_MARK.name, f"{time} {digest}")
        connection.execute(insert(_MARK).values(at=time, digest=digest, seal=sealed))


def _marked_at(log: EventLog, seal: Seal, file: Path) -> datetime:
    """The time of the backup. Misuse if it belongs to another installation, or was changed."""
    with log.database.reading() as connection:
        if not inspect(connection).has_table(_MARK.name):
            raise Misuse(f"{file} was not made by `bot log backup`.")
    try:
        check_schema(log.database)
    except LogBehind:
        raise Misuse(f"{file} was made by an older program: restore it with that one, then upgrade.") from None
    with log.database.snapshot() as connection:
        at, digest, sealed = connection.execute(select(_MARK)).one()
        if digest != _digest(connection):
            raise Misuse(f"{file} was changed since it was written: rows differ or are missing. Use another backup.")
    if not seal.fits_text(_MARK.name, f"{at} {digest}", sealed):
        raise Misuse(f"{file} was not made with this installation's worker key (/bot/worker-key).")
    return parse_time(at)


def _digest(connection: Connection) -> str:
    """SHA-256 in hex over all rows of all tables, each as a JSON array on a line of its own."""
    digest = hashlib.sha256()
    for table in METADATA.sorted_tables:
        for row in connection.execute(_all(table)):
            digest.update(json.dumps([table.name, *row], separators=(",", ":")).encode() + b"\n")
    return digest.hexdigest()


def _read(log: EventLog, at: datetime, where: str) -> Backup:
    """The contents of the log. LogError if a chain or a seal is invalid."""
    findings, events, incidents = list[str](), 0, log.incidents()
    for summary in incidents:
        verdict = verify_incident(log, summary.incident)
        events += verdict.events
        findings += (f"{summary.incident}: {finding}" for finding in verdict.findings)
    for each in ALL:
        try:
            log.log_of(each).verify()
        except StreamDamaged as damaged:
            findings.append(str(damaged))
    if findings:
        raise LogError(f"{where} does not hold, so nothing was written. {'; '.join(findings[:5])}")
    return Backup(at, len(incidents), events, _streams(log))


def _streams(log: EventLog) -> tuple[Stream, ...]:
    incidents = [Stream(each.incident, each.seq, each.updated_at) for each in log.incidents("open")]
    for stream in STREAMS:
        rows = log.rows(stream)
        incidents.append(Stream(stream, len(rows), parse_time(rows[-1].at) if rows else None))
    return tuple(incidents)


def _demand_empty(connection: Connection, database: Database) -> None:
    filled = [table.name for table in METADATA.sorted_tables if connection.execute(select(table).limit(1)).first()]
    if filled:
        raise Misuse(
            f"{database.name} is not empty ({', '.join(filled)}): nothing is written over a log. Set BOT_DATABASE_URL "
            "to a new database, and keep the old one until you have looked at what it has and the backup lacks."
        )


def _count_on(connection: Connection) -> None:
    """PostgreSQL counts on behind the rows; SQLite does by itself."""
    if connection.dialect.name == "postgresql":
        newest = connection.execute(select(func.max(COMMANDS.c.number))).scalar()
        if newest is not None:
            sequence = {"table": COMMANDS.name, "newest": newest}
            connection.execute(text("SELECT setval(pg_get_serial_sequence(:table, 'number'), :newest)"), sequence)
