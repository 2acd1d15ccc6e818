"""What else the central record feeds: whether a copy may leave the library, and who was erased."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "ALTER TABLE copies ADD COLUMN lendable BOOLEAN DEFAULT 1 NOT NULL",
    "CREATE INDEX messages_patron ON messages (patron_id)",
    "CREATE TABLE erased (who TEXT NOT NULL PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
