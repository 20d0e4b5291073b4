"""That news of leaks arrived, and the log of what came of it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "arrivals",
        sa.Column("number", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("delivery", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(160), nullable=False),
        sa.Column("item", sa.Integer, nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("done_at", sa.String(27), nullable=False, server_default=""),
        sa.UniqueConstraint("source", "delivery", name="one_arrival_per_delivery"),
        sa.UniqueConstraint("source", "digest", name="one_arrival_per_content"),
        sqlite_autoincrement=True,
    )
    op.create_index("arrivals_by_state", "arrivals", ["done_at", "number"])
    op.create_table(
        "alert_events",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("command_id", sa.Text, nullable=False),
        sa.Column("seal", sa.String(80), nullable=False),
        sa.UniqueConstraint("command_id", name="one_alert_event_per_command"),
    )
