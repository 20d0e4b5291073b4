"""The event log, its projections, the cursors, the inbox, and a worker's facts about itself."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("stream", sa.String(64), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("salt", sa.String(32), nullable=False),
        sa.Column("data_digest", sa.String(64), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("command_id", sa.Text),
        sa.Column("seal", sa.String(80)),
        sa.PrimaryKeyConstraint("stream", "seq"),
        sa.UniqueConstraint("stream", "command_id", name="one_answer_per_command"),
    )
    op.create_index("events_by_kind", "events", ["kind", "at"])
    op.create_table(
        "incidents",
        sa.Column("incident", sa.String(64), primary_key=True),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("declared_at", sa.String(27), nullable=False),
        sa.Column("declared_by", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("updated_at", sa.String(27), nullable=False),
        sa.Column("secrets", sa.Text, nullable=False),
        sa.Column("alive", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("owed", sa.Integer, nullable=False),
        sa.Column("closed_over", sa.Integer),
    )
    op.create_index("incidents_by_state", "incidents", ["state", "declared_at"])
    op.create_index("incidents_by_owed", "incidents", ["owed"])
    op.create_table(
        "open_secrets",
        sa.Column("environment", sa.String(255), nullable=False),
        sa.Column("secret", sa.String(255), nullable=False),
        sa.Column("incident", sa.String(64), sa.ForeignKey("incidents.incident", ondelete="CASCADE"), nullable=False),
        sa.PrimaryKeyConstraint("environment", "secret"),
    )
    op.create_index("open_secrets_by_incident", "open_secrets", ["incident"])
    op.create_table(
        "cursors",
        sa.Column("incident", sa.String(64), nullable=False),
        sa.Column("surface", sa.String(64), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("updated_at", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("incident", "surface", "key"),
    )
    op.create_table(
        "commands",
        # An identity, not a serial: who may insert rows needs no right on a sequence, which they could run out.
        sa.Column("number", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("command_id", sa.String(128), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("incident", sa.String(64), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("claims", sa.Text, nullable=False),
        sa.Column("command", sa.String(64), nullable=False),
        sa.Column("arguments", sa.Text, nullable=False),
        sa.Column("proof_kind", sa.String(16), nullable=False),
        sa.Column("proof", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False, server_default="waiting"),
        sa.Column("answer", sa.Text, nullable=False, server_default=""),
        sa.Column("answered_at", sa.String(27), nullable=False, server_default=""),
        sa.UniqueConstraint("command_id", "attempt", name="one_row_per_attempt"),
        sqlite_autoincrement=True,
    )
    op.create_index("commands_by_state", "commands", ["state", "number"])
    op.create_table("locks", sa.Column("name", sa.String(64), primary_key=True))
    op.create_table(
        "installation",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("seal", sa.String(80), nullable=False),
    )
