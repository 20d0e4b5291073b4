"""The list counts what a closed incident was closed over; null where that was before, until the list is rebuilt."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("incidents", sa.Column("closed_over", sa.Integer, nullable=True))
