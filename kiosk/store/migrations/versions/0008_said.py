"""What readers say to the library lies beside the journal."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_SAID = """CREATE TABLE journal_said (epoch INTEGER NOT NULL, seq INTEGER NOT NULL, salt TEXT NOT NULL,
    said TEXT NOT NULL, PRIMARY KEY (epoch, seq)) WITHOUT ROWID"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(_SAID)
