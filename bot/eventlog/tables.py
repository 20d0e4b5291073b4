"""The database's tables, as the newest migration leaves them (a test holds that a change brings a migration).

`events` is the log and is only ever appended to: `stream` is an incident's id, or one of `STREAMS`, for the whole
installation. `incidents` and `open_secrets` can be made from it again; `cursors` hold answers of Slack and PagerDuty,
such as a message's timestamp; `commands` is the inbox for people's commands. `locks` is empty, a lock for counting
revocations by one person and for appends to a stream of the installation; `installation` holds a worker's facts about
itself.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData()

TIME_WIDTH = 27
DIGEST_WIDTH = 64
STREAMS = ("trust", "stops", "alerts")
"""The streams of the whole installation: distrust, providers that people stopped, news of leaks."""

EVENTS = Table(
    "events",
    METADATA,
    Column("stream", String(64), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("at", String(TIME_WIDTH), nullable=False),
    Column("actor", Text, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("data", Text, nullable=False),  # text, not jsonb: PostgreSQL would reorder keys and break the digest
    Column("salt", String(32), nullable=False),
    Column("data_digest", String(DIGEST_WIDTH), nullable=False),
    Column("previous", String(DIGEST_WIDTH), nullable=False),
    Column("digest", String(DIGEST_WIDTH), nullable=False),
    Column("command_id", Text),
    Column("seal", String(80)),
    PrimaryKeyConstraint("stream", "seq"),
    UniqueConstraint("stream", "command_id", name="one_answer_per_command"),
    Index("events_by_kind", "kind", "at"),
)

INCIDENTS = Table(
    "incidents",
    METADATA,
    Column("incident", String(64), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("environment", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("declared_at", String(TIME_WIDTH), nullable=False),
    Column("declared_by", Text, nullable=False),
    Column("digest", String(DIGEST_WIDTH), nullable=False),
    Column("updated_at", String(TIME_WIDTH), nullable=False),
    Column("secrets", Text, nullable=False),  # a JSON array of names
    Column("alive", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("owed", Integer, nullable=False),  # by people, once it is closed
    Column("closed_over", Integer),  # what was open at the close; null while it is open
    Index("incidents_by_state", "state", "declared_at"),
    Index("incidents_by_owed", "owed"),
)

OPEN_SECRETS = Table(
    "open_secrets",
    METADATA,
    Column("environment", String(255), nullable=False),
    Column("secret", String(255), nullable=False),
    Column("incident", String(64), ForeignKey("incidents.incident", ondelete="CASCADE"), nullable=False),
    PrimaryKeyConstraint("environment", "secret"),
    Index("open_secrets_by_incident", "incident"),
)

CURSORS = Table(
    "cursors",
    METADATA,
    Column("incident", String(64), nullable=False),
    Column("surface", String(64), nullable=False),
    Column("key", String(255), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("data", Text, nullable=False),
    Column("updated_at", String(TIME_WIDTH), nullable=False),
    PrimaryKeyConstraint("incident", "surface", "key"),
)

COMMANDS = Table(
    "commands",
    METADATA,
    # The order in which they came. An identity, not a serial: who may insert rows needs no right on a sequence, which
    # they could run out.
    Column("number", Integer, Identity(), primary_key=True),
    Column("command_id", String(128), nullable=False),
    Column("attempt", Integer, nullable=False),  # one that could not be checked in time gets a new proof
    Column("incident", String(64), nullable=False),
    Column("at", String(TIME_WIDTH), nullable=False),
    Column("claims", Text, nullable=False),
    Column("command", String(64), nullable=False),
    Column("arguments", Text, nullable=False),
    Column("proof_kind", String(16), nullable=False),
    Column("proof", Text, nullable=False),
    Column("state", String(16), nullable=False, server_default="waiting"),
    Column("answer", Text, nullable=False, server_default=""),
    Column("answered_at", String(TIME_WIDTH), nullable=False, server_default=""),
    UniqueConstraint("command_id", "attempt", name="one_row_per_attempt"),
    Index("commands_by_state", "state", "number"),
    sqlite_autoincrement=True,
)

LOCKS = Table(
    "locks",
    METADATA,
    Column("name", String(64), primary_key=True),
)

INSTALLATION = Table(
    "installation",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("facts", Text, nullable=False),
    Column("seal", String(80), nullable=False),
)
