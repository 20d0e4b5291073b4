"""The database's tables, as the newest migration leaves them (a test compares the two).

`incident_events` is the log and is only ever appended to. All others can be made from it again, except `cursors`: they
hold what Slack and PagerDuty answered, such as a message's timestamp.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
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

EVENTS = Table(
    "incident_events",
    METADATA,
    Column("incident", String(64), nullable=False),
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
    UniqueConstraint("incident", "seq", name="one_event_per_number"),
    UniqueConstraint("incident", "command_id", name="one_answer_per_command"),
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
    Index("incidents_by_state", "state", "declared_at"),
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
