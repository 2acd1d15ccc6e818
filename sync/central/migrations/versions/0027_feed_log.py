"""The feed is a log: its key is the position, and a kind and key may stand in it several times."""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

# What is there becomes the log as it is: each key once, and each position.
_POSTGRES = (
    "ALTER TABLE feed DROP CONSTRAINT feed_pkey",
    "ALTER TABLE feed ADD CONSTRAINT feed_pkey PRIMARY KEY USING INDEX feed_position",
)
_SQLITE = (
    """CREATE TABLE feed_log (school TEXT NOT NULL, position BIGINT NOT NULL, kind TEXT NOT NULL, "key" TEXT NOT NULL,
        gone_ms BIGINT, PRIMARY KEY (school, position)) WITHOUT ROWID""",
    """INSERT INTO feed_log (school, position, kind, "key", gone_ms)
        SELECT school, position, kind, "key", gone_ms FROM feed ORDER BY school, position""",
    "DROP TABLE feed",
    "ALTER TABLE feed_log RENAME TO feed",
)


def upgrade() -> None:
    conn = op.get_bind()
    for statement in _POSTGRES if conn.dialect.name == "postgresql" else _SQLITE:
        conn.exec_driver_sql(statement)
