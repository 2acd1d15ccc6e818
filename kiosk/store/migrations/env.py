"""Run migrations on the connection that the store hands over; each in a transaction of its own."""

from __future__ import annotations

from alembic import context

from kiosk.store.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    transactional_ddl=True,
    transaction_per_migration=True,
)
# The driver begins no transactions by itself here, and DDL must not be half done after a crash.
connection.exec_driver_sql("BEGIN IMMEDIATE")
with context.begin_transaction():
    context.run_migrations()
connection.commit()
