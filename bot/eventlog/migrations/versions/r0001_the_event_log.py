"""The event log, its summary, the secrets of open incidents, and the cursors."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "incident_events",
        sa.Column("incident", sa.String(64), nullable=False),
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
        sa.UniqueConstraint("incident", "seq", name="one_event_per_number"),
        sa.UniqueConstraint("incident", "command_id", name="one_answer_per_command"),
    )
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
    )
    op.create_index("incidents_by_state", "incidents", ["state", "declared_at"])
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
