"""The list counts what people still owe in incidents that are closed."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("incidents", sa.Column("owed", sa.Integer, nullable=False, server_default="0"))
    op.create_index("incidents_by_owed", "incidents", ["owed"])
