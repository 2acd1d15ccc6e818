"""Class boxes: what lies in each, to whom it is lent, and which pupil has which copy."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """CREATE TABLE boxes (school TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, made_ms BIGINT NOT NULL,
        PRIMARY KEY (school, id))""",
    "CREATE INDEX boxes_name ON boxes (school, name, id)",
    """CREATE TABLE box_copies (school TEXT NOT NULL, barcode TEXT NOT NULL, box TEXT NOT NULL, added_ms BIGINT
        NOT NULL, PRIMARY KEY (school, barcode))""",
    "CREATE INDEX box_copies_of ON box_copies (school, box, barcode)",
    """CREATE TABLE box_loans (school TEXT NOT NULL, id TEXT NOT NULL, box TEXT NOT NULL, patron TEXT NOT NULL,
        class_name TEXT NOT NULL, lent_ms BIGINT NOT NULL, due_on DATE NOT NULL, ended_ms BIGINT, PRIMARY KEY
        (school, id))""",
    "CREATE INDEX box_loans_of ON box_loans (school, box, lent_ms)",
    "CREATE INDEX box_loans_out ON box_loans (school, box) WHERE ended_ms IS NULL",
    "CREATE INDEX box_loans_patron ON box_loans (school, patron, lent_ms)",
    """CREATE TABLE box_lent (school TEXT NOT NULL, entry TEXT NOT NULL, loan TEXT NOT NULL, barcode TEXT NOT
        NULL, pupil TEXT, noted_ms BIGINT, missing_ms BIGINT, PRIMARY KEY (school, entry))""",
    "CREATE INDEX box_lent_missing ON box_lent (school, missing_ms, entry) WHERE missing_ms IS NOT NULL",
    "CREATE INDEX box_lent_of ON box_lent (school, loan, barcode)",
    "CREATE INDEX box_lent_pupil ON box_lent (school, pupil) WHERE pupil IS NOT NULL",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
