"""Seals on the log, the inbox of commands, the slots of kills by one person, and what a worker says of itself."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("incident_events", sa.Column("seal", sa.String(80)))
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
    op.create_table(
        "kill_slots",
        sa.Column("environment", sa.String(255), nullable=False),
        sa.Column("slot", sa.Integer, nullable=False),
        sa.Column("taken_at", sa.String(27), nullable=False),
        sa.Column("incident", sa.String(64), nullable=False),
        sa.Column("secret", sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint("environment", "slot", name="one_kill_per_slot"),
    )
    op.create_table(
        "installation",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("seal", sa.String(80), nullable=False),
    )
