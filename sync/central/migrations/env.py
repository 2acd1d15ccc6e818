"""Run migrations on the connection that is handed over; each in a transaction of its own."""

from __future__ import annotations

from alembic import context

from sync.central.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    transactional_ddl=True,
    transaction_per_migration=True,
)
# Two programs that start at once must not both migrate. SQLite's driver begins no transactions by itself here, and DDL
# must not be half done after a crash.
if connection.dialect.name == "sqlite":
    connection.exec_driver_sql("BEGIN IMMEDIATE")
else:
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(719501)")
with context.begin_transaction():
    context.run_migrations()
connection.commit()
