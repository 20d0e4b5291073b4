"""SNS's signing certificates: public, fetched by a worker, and looked up by fronts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from bot.eventlog import upsert
from bot.eventlog.database import Database
from bot.eventlog.forms import format_time
from bot.eventlog.tables import SNS_CERTIFICATES


class Certificates:
    """The table. Every method raises LogUnavailable where the database does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> str | None:
        """In PEM, by region and file; None where it is not there."""
        query = select(SNS_CERTIFICATES.c.pem).where(SNS_CERTIFICATES.c.name == name)
        with self._database.reading() as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else str(found)

    def keep(self, name: str, pem: str, until: datetime, at: datetime) -> None:
        """Stores one in the place of that with the same name; it is out of date at `until`."""
        row = {"name": name, "pem": pem, "until": format_time(until), "at": format_time(at)}
        with self._database.writing() as connection:
            upsert.put(connection, SNS_CERTIFICATES, row)

    def tidy(self, now: datetime) -> int:
        """Forgets those that are out of date; gives how many."""
        with self._database.writing() as connection:
            old = delete(SNS_CERTIFICATES).where(SNS_CERTIFICATES.c.until < format_time(now))
            return connection.execute(old).rowcount
