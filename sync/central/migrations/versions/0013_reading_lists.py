"""Reading lists: what is recommended to whom, and why."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """CREATE TABLE reading_lists (school TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL,
        recommender TEXT DEFAULT '' NOT NULL, grade_from INTEGER, grade_to INTEGER,
        class_name TEXT DEFAULT '' NOT NULL, subject TEXT DEFAULT '' NOT NULL, note TEXT DEFAULT '' NOT NULL,
        from_on DATE, to_on DATE, shown BOOLEAN DEFAULT {true} NOT NULL, made_by TEXT NOT NULL,
        changed_ms BIGINT NOT NULL, gone_ms BIGINT, PRIMARY KEY (school, id))""",
    "CREATE INDEX reading_lists_newest ON reading_lists (school, changed_ms, id)",
    """CREATE TABLE reading_titles (school TEXT NOT NULL, list TEXT NOT NULL, title_id TEXT NOT NULL,
        n INTEGER NOT NULL, why TEXT DEFAULT '' NOT NULL, PRIMARY KEY (school, list, title_id))""",
    "CREATE INDEX reading_titles_order ON reading_titles (school, list, n)",
    "CREATE INDEX reading_titles_title ON reading_titles (school, title_id)",
)


def upgrade() -> None:
    conn = op.get_bind()
    true = "true" if conn.dialect.name == "postgresql" else "1"
    for statement in _STATEMENTS:
        conn.exec_driver_sql(statement.format(true=true))
