"""Reading lists that stand and those that are gone have an index each."""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "DROP INDEX IF EXISTS reading_lists_newest",
    "CREATE INDEX reading_lists_stand ON reading_lists (school, changed_ms, id) WHERE gone_ms IS NULL",
    "CREATE INDEX reading_lists_gone ON reading_lists (school, changed_ms, id) WHERE gone_ms IS NOT NULL",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
