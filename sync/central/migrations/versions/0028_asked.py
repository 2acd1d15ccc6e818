"""How often something was asked for of late, counted by all processes of a record together."""

from __future__ import annotations

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "CREATE TABLE asked (what TEXT NOT NULL, n INTEGER NOT NULL, until_ms BIGINT NOT NULL, PRIMARY KEY (what))",
    "CREATE INDEX asked_until ON asked (until_ms)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
