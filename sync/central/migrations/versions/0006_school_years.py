"""When a school year was begun, so that nobody moves up twice."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        "CREATE TABLE school_years (school TEXT NOT NULL, begun_ms BIGINT NOT NULL, staff TEXT NOT NULL,"
        " up BIGINT NOT NULL, gone BIGINT NOT NULL, PRIMARY KEY (school, begun_ms))"
    )
