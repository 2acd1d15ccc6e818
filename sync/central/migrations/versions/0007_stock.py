"""Stock-taking, acts on many copies at once, and copies by place and call number; loans of a copy by time."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """CREATE TABLE stock_takings (school TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, kind TEXT
        NOT NULL, room TEXT DEFAULT '' NOT NULL, shelf TEXT DEFAULT '' NOT NULL, call_from TEXT
        DEFAULT '' NOT NULL, call_to TEXT DEFAULT '' NOT NULL, begun_ms BIGINT NOT NULL, begun_by
        TEXT NOT NULL, found INTEGER DEFAULT 0 NOT NULL, misplaced INTEGER DEFAULT 0 NOT NULL, kept
        INTEGER DEFAULT 0 NOT NULL, lent INTEGER DEFAULT 0 NOT NULL, gone INTEGER DEFAULT 0 NOT
        NULL, unknown INTEGER DEFAULT 0 NOT NULL, summed_ms BIGINT, expected INTEGER DEFAULT 0 NOT
        NULL, on_loan INTEGER DEFAULT 0 NOT NULL, away INTEGER DEFAULT 0 NOT NULL, back INTEGER
        DEFAULT 0 NOT NULL, missing INTEGER DEFAULT 0 NOT NULL, closed_ms BIGINT, closed_by TEXT,
        act TEXT, PRIMARY KEY (school, id))""",
    "CREATE INDEX stock_takings_begun ON stock_takings (school, begun_ms, id)",
    """CREATE TABLE stock_scans (school TEXT NOT NULL, taking TEXT NOT NULL, barcode TEXT NOT NULL, verdict
        TEXT NOT NULL, at_room TEXT DEFAULT '' NOT NULL, at_shelf TEXT DEFAULT '' NOT NULL, room
        TEXT DEFAULT '' NOT NULL, shelf TEXT DEFAULT '' NOT NULL, call_number TEXT DEFAULT '' NOT
        NULL, at_ms BIGINT NOT NULL, n INTEGER NOT NULL, staff TEXT NOT NULL, times INTEGER DEFAULT
        1 NOT NULL, PRIMARY KEY (school, taking, barcode))""",
    "CREATE INDEX stock_scans_newest ON stock_scans (school, taking, staff, at_ms, n)",
    """CREATE INDEX stock_scans_listed ON stock_scans (school, taking, verdict, room, shelf, call_number,
        barcode)""",
    "CREATE INDEX stock_scans_copy ON stock_scans (school, barcode)",
    """CREATE TABLE stock_absent (school TEXT NOT NULL, taking TEXT NOT NULL, barcode TEXT NOT NULL, room
        TEXT DEFAULT '' NOT NULL, shelf TEXT DEFAULT '' NOT NULL, call_number TEXT DEFAULT '' NOT
        NULL, marked_ms BIGINT, PRIMARY KEY (school, taking, barcode))""",
    """CREATE INDEX stock_absent_listed ON stock_absent (school, taking, room, shelf, call_number, barcode)""",
    "CREATE INDEX stock_absent_copy ON stock_absent (school, barcode)",
    """CREATE TABLE copy_acts (school TEXT NOT NULL, id TEXT NOT NULL, state TEXT NOT NULL, why TEXT NOT
        NULL, source TEXT DEFAULT '' NOT NULL, at_ms BIGINT NOT NULL, staff TEXT NOT NULL, copies
        INTEGER DEFAULT 0 NOT NULL, undone_ms BIGINT, undone_by TEXT, stayed INTEGER DEFAULT 0 NOT
        NULL, PRIMARY KEY (school, id))""",
    "CREATE INDEX copy_acts_newest ON copy_acts (school, at_ms, id)",
    """CREATE TABLE copy_act_copies (school TEXT NOT NULL, act TEXT NOT NULL, barcode TEXT NOT NULL, entry
        TEXT NOT NULL, before TEXT NOT NULL, undone TEXT, PRIMARY KEY (school, act, barcode))""",
    "CREATE INDEX copy_act_copies_copy ON copy_act_copies (school, barcode)",
    "CREATE INDEX copies_place ON copies (school, room, shelf, call_number, barcode)",
    "CREATE INDEX copies_call ON copies (school, call_number, barcode)",
    "DROP INDEX loans_copy",
    "CREATE INDEX loans_copy ON loans (school, barcode, opened_ms)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
