"""The loans of a patron are found by when they began, too."""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "DROP INDEX IF EXISTS loans_patron",
    "CREATE INDEX loans_patron ON loans (school, patron, closed_ms, opened_ms)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
