"""What the library puts up for readers."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """CREATE TABLE posts (
        id TEXT NOT NULL PRIMARY KEY, kind TEXT NOT NULL, patron_id TEXT NOT NULL, body TEXT NOT NULL,
        from_on DATE NOT NULL, until_on DATE NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX posts_standing ON posts (kind, patron_id, until_on)",
    "CREATE INDEX posts_patron ON posts (patron_id)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
