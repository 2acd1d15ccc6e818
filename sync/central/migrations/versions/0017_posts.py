"""What the library puts up for readers."""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """CREATE TABLE posts (school TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL,
        patron_id TEXT DEFAULT '' NOT NULL, body TEXT NOT NULL, from_on DATE NOT NULL, until_on DATE NOT NULL,
        at_stations BOOLEAN NOT NULL, on_page BOOLEAN NOT NULL,
        over BOOLEAN NOT NULL, made_by TEXT DEFAULT '' NOT NULL, changed_ms BIGINT NOT NULL,
        PRIMARY KEY (school, id))""",
    "CREATE INDEX posts_standing ON posts (school, kind, patron_id, until_on, id)",
    "CREATE INDEX posts_over ON posts (school, over, until_on)",
    "CREATE INDEX posts_patron ON posts (school, patron_id)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
