"""The list tells planned rotations and departures from incidents."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("incidents", sa.Column("kind", sa.String(16), nullable=False, server_default="compromise"))
