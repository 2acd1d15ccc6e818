"""What staff made of the wishes for a book."""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """CREATE TABLE wishes (school TEXT NOT NULL, isbn TEXT NOT NULL, state TEXT NOT NULL,
        title TEXT DEFAULT '' NOT NULL, answer TEXT DEFAULT '' NOT NULL, post TEXT DEFAULT '' NOT NULL,
        staff TEXT DEFAULT '' NOT NULL, state_ms BIGINT NOT NULL, PRIMARY KEY (school, isbn))""",
    "CREATE INDEX wishes_state ON wishes (school, state, isbn)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
