"""Kills that rest on one person's word are counted from the log: the table of their slots is a lock."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.drop_table("kill_slots")
    op.create_table("kill_slots", sa.Column("environment", sa.String(255), primary_key=True))
    op.create_index("events_by_kind", "incident_events", ["kind", "at"])
