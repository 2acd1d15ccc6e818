"""The codes on slips."""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """CREATE TABLE proofs (school TEXT NOT NULL, code TEXT NOT NULL, station TEXT NOT NULL, epoch INTEGER NOT NULL,
        seq BIGINT NOT NULL, PRIMARY KEY (school, code, station, epoch, seq))""",
    """CREATE TABLE proven (school TEXT NOT NULL, station TEXT NOT NULL, epoch INTEGER NOT NULL, seq BIGINT NOT NULL,
        PRIMARY KEY (school, station, epoch))""",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
