"""SNS's signing certificates, for fronts to look up."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "sns_certificates",
        sa.Column("name", sa.String(160), primary_key=True),
        sa.Column("pem", sa.Text, nullable=False),
        sa.Column("until", sa.String(27), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
    )
