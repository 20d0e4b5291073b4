"""Runs the steps on the connection, and in the transaction, that `bot.eventlog.schema` holds."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
