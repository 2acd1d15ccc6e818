"""Run migrations on the connection that is handed over, within its transaction: all of them, or none."""

from __future__ import annotations

from alembic import context

from sync.central.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
