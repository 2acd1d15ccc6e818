"""Files of the catalogue that go in through the browser."""

from __future__ import annotations

from alembic import op

from sync.central.catalogue_search import index_all

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "CREATE INDEX titles_cover ON titles (school, cover)",
    """CREATE TABLE imports (school TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, content {bytes},
        options TEXT NOT NULL, staff TEXT NOT NULL, begun_ms BIGINT NOT NULL, beat_ms BIGINT NOT NULL,
        step TEXT NOT NULL, done INTEGER DEFAULT 0 NOT NULL, total INTEGER, stop BOOLEAN DEFAULT {no} NOT NULL,
        report TEXT DEFAULT '' NOT NULL, problems TEXT DEFAULT '' NOT NULL, PRIMARY KEY (school, id))""",
    "CREATE INDEX imports_begun ON imports (school, begun_ms)",
)


def upgrade() -> None:
    conn = op.get_bind()
    postgres = conn.dialect.name == "postgresql"
    words = {"bytes": "BYTEA" if postgres else "BLOB", "no": "false" if postgres else "0"}
    for statement in _STATEMENTS:
        conn.exec_driver_sql(statement.format(**words))
    if postgres:
        # Tokens are spelt otherwise from now on.
        index_all(conn)
