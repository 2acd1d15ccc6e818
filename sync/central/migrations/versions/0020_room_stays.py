"""Stays in reading rooms."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """CREATE TABLE room_stays (school TEXT NOT NULL, station TEXT NOT NULL, entry TEXT NOT NULL,
        patron TEXT NOT NULL, room TEXT DEFAULT '' NOT NULL, from_ms BIGINT, closes_ms BIGINT, out_ms BIGINT,
        void INTEGER DEFAULT 0 NOT NULL, said_epoch INTEGER DEFAULT 0 NOT NULL, said_seq BIGINT DEFAULT 0 NOT NULL,
        PRIMARY KEY (school, station, entry))""",
    "CREATE INDEX room_stays_from ON room_stays (school, from_ms, entry)",
    "CREATE INDEX room_stays_patron ON room_stays (school, patron, from_ms)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
