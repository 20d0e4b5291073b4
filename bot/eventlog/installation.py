"""What the last serving worker published about itself, for clients of its inbox and for its possible successors."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from sqlalchemy import select

from bot.decoding import decode
from bot.eventlog import upsert
from bot.eventlog.database import Database
from bot.eventlog.seal import Seal
from bot.eventlog.tables import INSTALLATION

WORKER = "worker"
_FACTS = select(INSTALLATION.c.facts, INSTALLATION.c.seal).where(INSTALLATION.c.name == WORKER)


@dataclass(frozen=True)
class Facts:
    """`id` names the installation in every proof; `people` and `catalog` are digests of the worker's files; `word` says
    that it believes people without proof, as in development.
    """

    id: str
    people: str = ""
    catalog: str = ""
    word: bool = False


class Installation:
    """The row with the facts. Both methods raise LogUnavailable where the database does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, seal: Seal | None = None) -> Facts | None:
        """The last published facts; None if there are none, or, with the seal, if no worker wrote them."""
        with self._database.reading() as connection:
            row = connection.execute(_FACTS).one_or_none()
        if row is None or (seal is not None and not seal.fits_text(INSTALLATION.name, str(row.facts), str(row.seal))):
            return None
        try:
            return decode(str(row.facts), Facts)
        except msgspec.DecodeError:
            return None

    def publish(self, facts: Facts, seal: Seal) -> None:
        """Replaces the published facts."""
        text = msgspec.json.encode(facts).decode()
        values = {"name": WORKER, "facts": text, "seal": seal.of_text(INSTALLATION.name, text)}
        with self._database.writing() as connection:
            upsert.put(connection, INSTALLATION, values)
