"""Who came to reading activities, and essays handed in."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """CREATE TABLE activity_marks (school TEXT NOT NULL, activity TEXT NOT NULL, kind TEXT NOT NULL,
        who TEXT NOT NULL, station TEXT NOT NULL, at_ms BIGINT NOT NULL,
        PRIMARY KEY (school, activity, kind, who, station))""",
    "CREATE INDEX activity_marks_who ON activity_marks (school, who)",
    """CREATE TABLE essays (school TEXT NOT NULL, activity TEXT NOT NULL, id TEXT NOT NULL, title TEXT NOT NULL,
        patron TEXT DEFAULT '' NOT NULL, author TEXT DEFAULT '' NOT NULL, class_name TEXT DEFAULT '' NOT NULL,
        received_on DATE NOT NULL, PRIMARY KEY (school, activity, id))""",
    "CREATE INDEX essays_patron ON essays (school, patron)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
