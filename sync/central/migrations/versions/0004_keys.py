"""The keys that this record signs with."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        "CREATE TABLE keys (name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (name))"
    )
