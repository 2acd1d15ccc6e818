"""Textbooks: what a term needs, what came, who has got what; and the classes of a grade by name."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """CREATE TABLE textbooks (school TEXT NOT NULL, id TEXT NOT NULL, title TEXT NOT NULL, subject TEXT NOT NULL,
        grade INTEGER, publisher TEXT NOT NULL, isbn TEXT NOT NULL,
        reused BOOLEAN NOT NULL, PRIMARY KEY (school, id))""",
    """CREATE TABLE textbook_orders (school TEXT NOT NULL, term TEXT NOT NULL, textbook TEXT NOT NULL,
        subject TEXT NOT NULL, title TEXT NOT NULL, spare INTEGER DEFAULT 0 NOT NULL,
        carried INTEGER DEFAULT 0 NOT NULL, ordered INTEGER DEFAULT 0 NOT NULL, delivered INTEGER DEFAULT 0 NOT NULL,
        PRIMARY KEY (school, term, textbook))""",
    "CREATE INDEX textbook_orders_subject ON textbook_orders (school, term, subject, title, textbook)",
    """CREATE TABLE textbook_classes (school TEXT NOT NULL, term TEXT NOT NULL, class_name TEXT NOT NULL,
        textbook TEXT NOT NULL, pupils INTEGER NOT NULL, teachers INTEGER DEFAULT 0 NOT NULL,
        handed INTEGER DEFAULT 0 NOT NULL, returned INTEGER DEFAULT 0 NOT NULL,
        teachers_handed INTEGER DEFAULT 0 NOT NULL, PRIMARY KEY (school, term, class_name, textbook))""",
    "CREATE INDEX textbook_classes_of ON textbook_classes (school, term, textbook, class_name)",
    """CREATE TABLE textbook_hands (school TEXT NOT NULL, term TEXT NOT NULL, textbook TEXT NOT NULL,
        patron TEXT NOT NULL, class_name TEXT NOT NULL, handed_ms BIGINT NOT NULL, returned_ms BIGINT,
        PRIMARY KEY (school, term, textbook, patron))""",
    "CREATE INDEX textbook_hands_class ON textbook_hands (school, term, class_name, textbook, patron)",
    "CREATE INDEX textbook_hands_of ON textbook_hands (school, patron)",
    "CREATE INDEX patrons_here ON patrons (school, grade, class_name) WHERE gone_ms IS NULL",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
