"""What readers say to the library."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """CREATE TABLE said (school TEXT NOT NULL, station TEXT NOT NULL, epoch INTEGER NOT NULL,
        seq BIGINT NOT NULL, salt TEXT NOT NULL, said TEXT NOT NULL, commitment TEXT NOT NULL,
        PRIMARY KEY (school, station, epoch, seq))""",
    "CREATE INDEX said_commitment ON said (school, commitment)",
    """CREATE TABLE voices (school TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL,
        at_ms BIGINT NOT NULL, patron TEXT, said TEXT, commitment TEXT DEFAULT '' NOT NULL,
        isbn TEXT DEFAULT '' NOT NULL, form TEXT DEFAULT '' NOT NULL,
        state TEXT DEFAULT 'new' NOT NULL, state_ms BIGINT, staff TEXT DEFAULT '' NOT NULL,
        answer TEXT DEFAULT '' NOT NULL, post TEXT DEFAULT '' NOT NULL,
        public_post TEXT DEFAULT '' NOT NULL, read_ms BIGINT, PRIMARY KEY (school, id))""",
    "CREATE INDEX voices_kind ON voices (school, kind, at_ms, id)",
    "CREATE INDEX voices_state ON voices (school, kind, state, at_ms, id)",
    "CREATE INDEX voices_patron ON voices (school, patron)",
    "CREATE INDEX voices_isbn ON voices (school, kind, isbn, at_ms)",
    "CREATE INDEX voices_form ON voices (school, form, at_ms, id)",
    "CREATE INDEX voices_post ON voices (school, post)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
