"""The inbox: what people ask for waits here until a worker decides about it.

Fronts and terminals insert rows and read answers, and write nothing else anywhere. A row is answered in the transaction
in which the worker appends what follows, so that there is one answer however often the worker dies.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.errors import Misuse
from bot.journal.chain import format_time
from bot.journal.contract import Answer, Answered, InboxRow
from bot.journal.database import Database
from bot.journal.tables import COMMANDS
from bot.journal.wakeups import Wakeups

WAITING, ACCEPTED, REFUSED = "waiting", "accepted", "refused"
LARGEST = 64 * 1024
"""Characters of a command's arguments, and of its proof."""
KEPT_FOR = timedelta(days=1)
"""How long an answered row, blanked, tells a repeat what the answer was. What was accepted stands in the log."""

_COLUMNS = [COMMANDS.c[field.name] for field in fields(InboxRow)]


class Inbox:
    """The table of commands. Every method raises LogUnavailable where the database does."""

    def __init__(self, database: Database, wakeups: Wakeups) -> None:
        self._database = database
        self._wakeups = wakeups

    # --- for fronts and terminals -----------------------------------------------------------------------------------

    def put(self, row: InboxRow) -> None:
        """Leaves the command. One of this id and attempt that is there already stays as it is. Misuse: too large."""
        if len(row.arguments) > LARGEST or len(row.proof) > LARGEST:
            raise Misuse(f"The command is larger than {LARGEST // 1024} KiB: say it in fewer words.")
        dialect = sqlite if self._database.sqlite else postgresql
        values = {name: value for name, value in asdict(row).items() if name != "number"}
        with self._database.writing() as connection:
            connection.execute(dialect.insert(COMMANDS).values(values).on_conflict_do_nothing())
            self._wakeups.announce(connection, row.incident)
        self._wakeups.committed()

    def answer(self, command_id: str) -> Answer | None:
        """What a worker made of the command; None while it waits, or if there is none of this id."""
        with self._database.reading() as connection:
            return _answer(connection, command_id)

    def waits(self) -> int:
        """How many commands wait."""
        query = select(func.count(func.distinct(COMMANDS.c.command_id))).where(COMMANDS.c.state == WAITING)
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    # --- for workers ------------------------------------------------------------------------------------------------

    def waiting(self, after: int = 0, limit: int = 100) -> list[InboxRow]:
        """Commands that nobody has answered, in the order of their arrival, those numbered above `after`."""
        query = select(*_COLUMNS).where(COMMANDS.c.state == WAITING, COMMANDS.c.number > after)
        with self._database.reading() as connection:
            return [InboxRow(*row) for row in connection.execute(query.order_by(COMMANDS.c.number).limit(limit))]

    def settle(self, connection: Connection, command_id: str, answer: Answer, at: datetime) -> None:
        """Answers every attempt of the command inside the transaction that `connection` is in, and blanks them.

        Answered if there is an answer already, or no such command waits: the transaction must not be committed.
        """
        if _answer(connection, command_id) is not None:
            raise Answered(f"command {command_id} has been answered already")
        values = {
            "state": ACCEPTED if answer.accepted else REFUSED,
            "answer": msgspec.json.encode(answer).decode(),
            "answered_at": format_time(at),
            "arguments": "",
            "claims": "",
            "proof": "",
        }
        mine = (COMMANDS.c.command_id == command_id) & (COMMANDS.c.state == WAITING)
        if connection.execute(update(COMMANDS).where(mine).values(values)).rowcount == 0:
            raise Answered(f"command {command_id} does not wait any more")
        self._wakeups.announce(connection, answer.incident)

    def close(self, command_id: str, answer: Answer, at: datetime) -> None:
        """Answers a command that leads to no event. Answered as `settle`."""
        with self._database.writing() as connection:
            self.settle(connection, command_id, answer, at)
        self._wakeups.committed()

    def known(self, proof_kind: str) -> dict[str, bool]:
        """The commands that came with such proofs, as far as they are kept: by id, whether they have been answered."""
        query = select(COMMANDS.c.command_id, COMMANDS.c.state).where(COMMANDS.c.proof_kind == proof_kind)
        with self._database.reading() as connection:
            return {row.command_id: row.state != WAITING for row in connection.execute(query)}

    def tidy(self, now: datetime) -> int:
        """Deletes what was answered more than a day ago; gives how many rows."""
        old = (COMMANDS.c.state != WAITING) & (COMMANDS.c.answered_at < format_time(now - KEPT_FOR))
        with self._database.writing() as connection:
            return connection.execute(delete(COMMANDS).where(old)).rowcount


def _answer(connection: Connection, command_id: str) -> Answer | None:
    query = select(COMMANDS.c.answer).where(COMMANDS.c.command_id == command_id, COMMANDS.c.state != WAITING)
    text = connection.execute(query.limit(1)).scalar_one_or_none()
    return None if text is None else msgspec.json.decode(text, type=Answer)
