"""How far the feed has been trimmed, and its deletions by their time."""

from __future__ import annotations

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "ALTER TABLE schools ADD COLUMN feed_trimmed BIGINT DEFAULT 0 NOT NULL",
    "CREATE INDEX feed_gone ON feed (school, gone_ms, position) WHERE gone_ms IS NOT NULL",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
