"""The event log, its projections, the cursors, the inbox, and a worker's facts about itself, as `tables.py` has them.

The first migration after this one writes today's tables down here, so that a new log still begins with them.
"""

from alembic import op

from bot.eventlog.tables import METADATA

revision = "0001"
down_revision = None


def upgrade() -> None:
    METADATA.create_all(op.get_bind())
