"""Who was erased, under a name that nobody can read."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        "CREATE TABLE erased (school TEXT NOT NULL, who TEXT NOT NULL, at_ms BIGINT NOT NULL,"
        " PRIMARY KEY (school, who))"
    )
