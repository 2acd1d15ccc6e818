"""Claims on loans, the hold shelf, people by the first letters of their names, and lists over what is open."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Connection, text

from kiosk.pinyin import name_initials

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "ALTER TABLE loans ADD COLUMN claimed_by TEXT",
    "ALTER TABLE loans ADD COLUMN claimed_ms BIGINT",
    "CREATE INDEX loans_due ON loans (school, due_on, opened_by) WHERE closed_ms IS NULL",
    """CREATE INDEX loans_claimed ON loans (school, claimed_ms, opened_by)
        WHERE closed_ms IS NULL AND claimed_ms IS NOT NULL""",
    "ALTER TABLE holds ADD COLUMN shelved_ms BIGINT",
    "ALTER TABLE holds ADD COLUMN keep_until DATE",
    "ALTER TABLE holds ADD COLUMN how TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE holds ADD COLUMN last_barcode TEXT",
    "ALTER TABLE holds ADD COLUMN ended_by TEXT",
    """CREATE INDEX holds_waiting ON holds (school, placed_ms, id)
        WHERE ended_ms IS NULL AND barcode IS NULL""",
    """CREATE INDEX holds_shelf ON holds (school, keep_until, id)
        WHERE ended_ms IS NULL AND barcode IS NOT NULL""",
    """CREATE INDEX holds_copy ON holds (school, barcode)
        WHERE ended_ms IS NULL AND barcode IS NOT NULL""",
    "CREATE INDEX holds_expired ON holds (school, ended_ms, id) WHERE how = 'expired'",
    "ALTER TABLE patrons ADD COLUMN initials TEXT DEFAULT '' NOT NULL",
    "CREATE INDEX patrons_initials ON patrons (school, initials, name, id)",
    "CREATE INDEX messages_patron ON messages (school, patron_id)",
)
_PORTION = 5_000


def upgrade() -> None:
    conn = op.get_bind()
    for statement in _STATEMENTS:
        conn.exec_driver_sql(statement)
    _name_everybody(conn)


def _name_everybody(conn: Connection) -> None:
    found = conn.execute(text("SELECT school, id, name FROM patrons")).all()
    change = text("UPDATE patrons SET initials = :initials WHERE school = :school AND id = :id")
    rows = [{"school": r.school, "id": r.id, "initials": name_initials(r.name)} for r in found]
    for at in range(0, len(rows), _PORTION):
        conn.execute(change, rows[at : at + _PORTION])
