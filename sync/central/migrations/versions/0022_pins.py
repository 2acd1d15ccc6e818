"""PINs of readers; and wrong tries counted apart from whoever is tried."""

from __future__ import annotations

from hashlib import sha256

from alembic import op
from sqlalchemy import text

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """CREATE TABLE pins (school TEXT NOT NULL, patron TEXT NOT NULL, pin TEXT NOT NULL, made_ms BIGINT NOT NULL,
        PRIMARY KEY (school, patron))""",
    """CREATE TABLE tries (who TEXT NOT NULL, failed INTEGER NOT NULL, locks INTEGER NOT NULL, locked_until_ms BIGINT,
        at_ms BIGINT NOT NULL, PRIMARY KEY (who))""",
    "CREATE INDEX tries_at ON tries (at_ms)",
)
_LOCKED = text(
    "SELECT school, login, locks, locked_until_ms FROM staff WHERE locked_until_ms IS NOT NULL"
)
_MOVED = text(
    "INSERT INTO tries (who, failed, locks, locked_until_ms, at_ms) VALUES (:who, 0, :locks, :until, :until)"
)


def upgrade() -> None:
    conn = op.get_bind()
    for statement in _STATEMENTS:
        conn.exec_driver_sql(statement)
    # Who is locked stays so.
    for row in conn.execute(_LOCKED).all():
        who = sha256(f"staff\n{row.school}\n{row.login}".encode()).hexdigest()
        conn.execute(_MOVED, {"who": who, "locks": row.locks, "until": row.locked_until_ms})
    for column in ("failed", "locked_until_ms", "locks"):
        conn.exec_driver_sql(f"ALTER TABLE staff DROP COLUMN {column}")
