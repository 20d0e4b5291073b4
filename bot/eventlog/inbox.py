"""The inbox: what people ask for waits here until a worker decides about it.

Fronts and terminals insert rows and read answers, and write nothing else anywhere. A row is answered in the transaction
in which the worker appends what follows, so that there is one answer however often the worker dies.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, select, update

from bot.decoding import decode
from bot.errors import Misuse
from bot.eventlog import upsert
from bot.eventlog.contract import Answered, CommandAnswer, InboxRow
from bot.eventlog.database import Database
from bot.eventlog.erasing import Erasing
from bot.eventlog.forms import format_time
from bot.eventlog.tables import COMMANDS
from bot.eventlog.wakeups import Wakeups

WAITING, ACCEPTED, REFUSED = "waiting", "accepted", "refused"
PASSED_OVER = "passed-over"
"""An attempt that came to nothing, of a command that another attempt answers."""
LARGEST = 64 * 1024
"""Characters of a command's arguments, and of its proof."""
LONGEST_NAME = 2048
"""Characters of what else a command says: an ARN has 2048 at most."""
KEPT_FOR = timedelta(days=1)
"""How long an answered, blanked row answers a repeat. An accepted command is in the log."""

BEFORE_ALL = -(2**31)
"""A number before all others: they begin at 1, but an attacker with the database can write others."""
_NAMES = [field.name for field in fields(InboxRow)]
_COLUMNS = [COMMANDS.c[name] for name in _NAMES]
_NUMBERS = frozenset({"attempt", "number"})
_SAYS = ("incident", "claims", "command", "arguments", "proof_kind")
"""The columns in which all attempts at a command are alike."""
_WAITING = (
    select(COMMANDS.c.number, COMMANDS.c.command_id, COMMANDS.c.proof_kind)
    .where(COMMANDS.c.state == WAITING, COMMANDS.c.number > bindparam("after"))
    .order_by(COMMANDS.c.number)
    .limit(bindparam("most"))
)
_ANSWER = (
    select(COMMANDS.c.answer)
    .where(COMMANDS.c.command_id == bindparam("of"), COMMANDS.c.state.in_((ACCEPTED, REFUSED)))
    .limit(1)
)
_BLANK = {"arguments": "", "claims": "", "proof": ""}


@dataclass(frozen=True)
class Head:
    """An attempt at a command that waits, without its contents."""

    number: int
    command_id: str
    proof_kind: str


@dataclass(frozen=True)
class Refusal:
    """Why one attempt comes to nothing; the command's answer if no other attempt waits."""

    number: int
    command_id: str
    proof_kind: str
    answer: CommandAnswer
    erase: bool = False
    """Whether its contents must be erased from the database's files."""
    said: str = ""
    """The digest of its contents, if they could be read. It is kept if nothing must be erased."""


class Inbox:
    """The table of commands. Every method raises LogUnavailable where the database does."""

    def __init__(self, database: Database, wakeups: Wakeups, erasing: Erasing | None = None) -> None:
        self._database = database
        self._wakeups = wakeups
        self._erasing = erasing or Erasing(database)

    # --- for fronts and terminals -----------------------------------------------------------------------------------

    def put(self, row: InboxRow) -> None:
        """Leaves the command. One of this id and attempt that is there already stays as it is. Misuse: too large."""
        if len(row.arguments) > LARGEST or len(row.proof) > LARGEST:
            raise Misuse(f"The command is larger than {LARGEST // 1024} KiB: use fewer words.")
        if len(row.claims) > LONGEST_NAME:
            raise Misuse("The name of the person giving the command is too long.")
        values = {name: value for name, value in asdict(row).items() if name != "number"}
        with self._database.writing() as connection:
            upsert.put_new(connection, COMMANDS, values)
            self._wakeups.announce(connection, row.incident)
        self._wakeups.committed()

    def answer(self, command_id: str) -> CommandAnswer | None:
        """A worker's answer to the command; None while it waits, or if no such id exists."""
        with self._database.reading() as connection:
            return _answer(connection, command_id)

    def has(self, command_id: str) -> bool:
        """Whether any attempt at this command is kept here, answered or not."""
        query = select(COMMANDS.c.number).where(COMMANDS.c.command_id == command_id).limit(1)
        with self._database.reading() as connection:
            return connection.execute(query).first() is not None

    def waits(self) -> int:
        """How many commands wait."""
        query = select(func.count(func.distinct(COMMANDS.c.command_id))).where(COMMANDS.c.state == WAITING)
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def mentions(self, command: str, text: str) -> bool:
        """Whether a command of this kind waits whose arguments contain the text."""
        mine = (COMMANDS.c.state == WAITING) & (COMMANDS.c.command == command)
        query = select(COMMANDS.c.number).where(mine & COMMANDS.c.arguments.contains(text, autoescape=True)).limit(1)
        with self._database.reading() as connection:
            return connection.execute(query).first() is not None

    # --- for workers ------------------------------------------------------------------------------------------------

    def waiting(self, after: int = BEFORE_ALL, limit: int = 10_000) -> list[Head]:
        """Unanswered attempts numbered above `after`, in the order of their arrival."""
        with self._database.reading() as connection:
            found = connection.execute(_WAITING, {"after": after, "most": limit})
            return [Head(row.number, str(row.command_id), str(row.proof_kind)) for row in found]

    def read(self, number: int) -> InboxRow | None:
        """A waiting attempt; None if it does not wait, or `put` could not have written it."""
        mine = (COMMANDS.c.number == number) & (COMMANDS.c.state == WAITING)
        small = [
            func.length(COMMANDS.c[name]) <= (LARGEST if name in {"arguments", "proof"} else LONGEST_NAME)
            for name in _NAMES
            if name not in _NUMBERS
        ]
        with self._database.reading() as connection:
            row = connection.execute(select(*_COLUMNS).where(mine, *small)).one_or_none()
        if row is None or not all(
            isinstance(value, int if name in _NUMBERS else str) for name, value in zip(_NAMES, row, strict=True)
        ):
            return None
        return InboxRow(*row)

    def is_of_its_command(self, row: InboxRow) -> bool:
        """Whether the attempt has the contents of the first one at its command. An attacker who reads ids can add
        another command under one.
        """
        mine = (COMMANDS.c.command_id == row.command_id) & (COMMANDS.c.number < row.number)
        tells = (COMMANDS.c.state != PASSED_OVER) | (COMMANDS.c.claims != "")
        columns = (COMMANDS.c.state, *(COMMANDS.c[name] for name in _SAYS))
        with self._database.reading() as connection:
            first = connection.execute(
                select(*columns).where(mine, tells).order_by(COMMANDS.c.number).limit(1)
            ).one_or_none()
        if first is None or first.state in (ACCEPTED, REFUSED):
            return True
        said = first.claims if first.state == PASSED_OVER else _digest(first[1:])
        return bool(said == said_in(row))

    def settle(
        self, connection: Connection, command_id: str, answer: CommandAnswer, at: datetime, *,
        said: str = "", erase: bool = False,
    ) -> None:  # fmt: skip
        """Answers every attempt of the command inside the transaction of `connection`, and blanks them; `said` is the
        digest of the decided contents. With `erase` they are also erased from the database's files.

        Raises Answered if there is an answer already, or no such command waits: the transaction must not be committed.
        """
        if _answer(connection, command_id) is not None:
            raise Answered(f"command {command_id} has been answered already")
        values = {
            "state": ACCEPTED if answer.accepted else REFUSED,
            "answer": _encoded(answer, said if answer.accepted else ""),
            "answered_at": format_time(at),
            **_BLANK,
        }
        mine = (COMMANDS.c.command_id == command_id) & (COMMANDS.c.state == WAITING)
        if connection.execute(update(COMMANDS).where(mine).values(values)).rowcount == 0:
            raise Answered(f"command {command_id} no longer waits")
        if erase:
            self._erasing.want(connection, COMMANDS)
        self._wakeups.announce(connection, answer.incident)

    def forget(self, connection: Connection, command_ids: Collection[str]) -> None:
        """Deletes the answers to these commands; the log answers a repeat."""
        mine = COMMANDS.c.command_id.in_(command_ids) & (COMMANDS.c.state != WAITING)
        connection.execute(delete(COMMANDS).where(mine))
        self._erasing.want(connection, COMMANDS)

    def close(
        self, command_id: str, answer: CommandAnswer, at: datetime, *, said: str = "", erase: bool = False
    ) -> None:
        """Answers a command that leads to no event. Answered as `settle`."""
        with self._database.writing() as connection:
            self.settle(connection, command_id, answer, at, said=said, erase=erase)
        self._wakeups.committed()

    def refuse(self, refusals: Sequence[Refusal], at: datetime) -> list[Refusal]:
        """Answers refused attempts, each alone: a worthless attempt under someone's id does no harm. Returns the
        attempts that answered a command.
        """
        answered = []
        with self._database.writing() as connection:
            for refusal in refusals:
                mine = (COMMANDS.c.number == refusal.number) & (COMMANDS.c.state == WAITING)
                said = "" if refusal.erase else refusal.said
                # In a column that no front can read: a digest allows guessing the text.
                over = {"state": PASSED_OVER, "answered_at": format_time(at), **_BLANK, "claims": said}
                if connection.execute(update(COMMANDS).where(mine).values(over)).rowcount == 0:
                    continue
                if refusal.erase:
                    self._erasing.want(connection, COMMANDS)
                others = (COMMANDS.c.command_id == refusal.command_id) & (COMMANDS.c.state != PASSED_OVER)
                if connection.execute(select(COMMANDS.c.number).where(others).limit(1)).first() is not None:
                    continue
                answer = {"state": REFUSED, "answer": _encoded(refusal.answer), "claims": ""}
                connection.execute(update(COMMANDS).where(COMMANDS.c.number == refusal.number).values(answer))
                answered.append(refusal)
                self._wakeups.announce(connection, "")
        self._wakeups.committed()
        return answered

    def known(self, proof_kind: str) -> dict[str, bool]:
        """The commands that came with such proofs, as far as they are kept: by id, whether no attempt waits."""
        query = select(COMMANDS.c.command_id, COMMANDS.c.state).where(COMMANDS.c.proof_kind == proof_kind)
        known: dict[str, bool] = {}
        with self._database.reading() as connection:
            for row in connection.execute(query):
                known[str(row.command_id)] = known.get(str(row.command_id), True) and row.state != WAITING
        return known

    def tidy(self, now: datetime) -> int:
        """Deletes what was answered more than a day ago; returns the number of rows."""
        old = (COMMANDS.c.state != WAITING) & (COMMANDS.c.answered_at < format_time(now - KEPT_FOR))
        with self._database.writing() as connection:
            return connection.execute(delete(COMMANDS).where(old)).rowcount


def said_in(row: InboxRow) -> str:
    """A digest of what an attempt says, in hex: the same of all attempts at one command."""
    return _digest([getattr(row, name) for name in _SAYS])


def _digest(values: Sequence[object]) -> str:
    # SQLite takes any value in any column: what is no text is written as Python shows it.
    texts = [value if isinstance(value, str) else repr(value) for value in values]
    return hashlib.sha256(json.dumps(texts, separators=(",", ":"), ensure_ascii=True).encode()).hexdigest()


def _encoded(answer: CommandAnswer, said: str = "") -> str:
    return msgspec.json.encode(replace(answer, said=said)).decode()


def _answer(connection: Connection, command_id: str) -> CommandAnswer | None:
    text = connection.execute(_ANSWER, {"of": command_id}).scalar_one_or_none()
    if text is None:
        return None
    try:
        return decode(text, CommandAnswer)
    except msgspec.DecodeError:
        return CommandAnswer(accepted=False, incident="", reason="The answer in the inbox was not written by a worker.")
