"""Counts for the reports, how the machines were, and loans by the day they began."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "CREATE INDEX loans_opened ON loans (school, opened_ms)",
    """CREATE TABLE heartbeats (school TEXT NOT NULL, station TEXT NOT NULL, from_ms BIGINT NOT NULL,
        to_ms BIGINT NOT NULL, boot TEXT NOT NULL, up_ms BIGINT NOT NULL, parts TEXT NOT NULL,
        PRIMARY KEY (school, station, from_ms))""",
    """CREATE TABLE counted (school TEXT NOT NULL, station TEXT NOT NULL, epoch INTEGER NOT NULL,
        seq BIGINT NOT NULL, PRIMARY KEY (school, station, epoch))""",
    """CREATE TABLE act_days (school TEXT NOT NULL, day DATE NOT NULL, station TEXT NOT NULL,
        epoch INTEGER NOT NULL, during TEXT NOT NULL, act TEXT NOT NULL, staff TEXT NOT NULL,
        n BIGINT DEFAULT 0 NOT NULL, PRIMARY KEY (school, day, station, epoch, during, act, staff))""",
    """CREATE TABLE reader_weeks (school TEXT NOT NULL, week DATE NOT NULL, station TEXT NOT NULL,
        epoch INTEGER NOT NULL, patron TEXT NOT NULL, act TEXT NOT NULL, n BIGINT DEFAULT 0 NOT NULL,
        PRIMARY KEY (school, week, station, epoch, patron, act))""",
    "CREATE INDEX reader_weeks_of ON reader_weeks (school, patron)",
    """CREATE TABLE counted_copies (school TEXT NOT NULL, position BIGINT NOT NULL, upto TEXT,
        PRIMARY KEY (school))""",
    """CREATE TABLE copy_loans (school TEXT NOT NULL, barcode TEXT NOT NULL, copy_type TEXT NOT NULL,
        main_class TEXT NOT NULL, state TEXT NOT NULL, loans BIGINT DEFAULT 0 NOT NULL, last_ms BIGINT,
        PRIMARY KEY (school, barcode))""",
    """CREATE TABLE term_readers (school TEXT NOT NULL, term TEXT NOT NULL, patron TEXT NOT NULL,
        grade INTEGER NOT NULL, class_name TEXT NOT NULL, major TEXT DEFAULT '' NOT NULL,
        kept BIGINT DEFAULT 0 NOT NULL,
        PRIMARY KEY (school, term, patron))""",
    """CREATE TABLE term_rolls (school TEXT NOT NULL, term TEXT NOT NULL, kept_ms BIGINT NOT NULL,
        PRIMARY KEY (school, term))""",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
