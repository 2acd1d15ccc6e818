"""The index of revised outcomes holds only those."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    conn = op.get_bind()
    conn.exec_driver_sql("DROP INDEX outcomes_revised")
    conn.exec_driver_sql(
        "CREATE INDEX outcomes_revised ON outcomes (school, station, position) WHERE position IS NOT NULL"
    )
