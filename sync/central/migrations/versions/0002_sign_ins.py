"""Who is at the console, so that a sign-in holds in every process and can be ended."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        "CREATE TABLE sign_ins (token TEXT NOT NULL, school TEXT NOT NULL, login TEXT NOT NULL,"
        " until_ms BIGINT NOT NULL, PRIMARY KEY (token))"
    )
