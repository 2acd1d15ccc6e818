"""Who is signed in to the reading room where this station stands."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        "CREATE TABLE present (patron_id TEXT NOT NULL PRIMARY KEY, entry TEXT NOT NULL, "
        "since_ms INTEGER NOT NULL, closes_ms INTEGER) WITHOUT ROWID"
    )
