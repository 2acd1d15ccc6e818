"""Cases by kind and by whoever settled them; entries by the moment at which they came in."""

from __future__ import annotations

import json

from alembic import op
from sqlalchemy import Connection, text

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "ALTER TABLE cases ADD COLUMN settled_staff TEXT",
    "DROP INDEX cases_open",
    "CREATE INDEX cases_open ON cases (school, is_open, opened_ms, id)",
    "CREATE INDEX cases_kind ON cases (school, is_open, code, opened_ms, id)",
    "CREATE INDEX cases_closed ON cases (school, is_open, closed_ms, id)",
    "CREATE INDEX cases_staff ON cases (school, settled_staff, closed_ms, id)",
    "CREATE INDEX entries_received ON entries (school, received_ms)",
)


def upgrade() -> None:
    conn = op.get_bind()
    for statement in _STATEMENTS:
        conn.exec_driver_sql(statement)
    _say_who_settled(conn)


def _say_who_settled(conn: Connection) -> None:
    settled = text("SELECT school, id, settled_by FROM cases WHERE settled_by IS NOT NULL")
    body = text(
        "SELECT body FROM entries"
        " WHERE school = :school AND station = :station AND epoch = :epoch AND seq = :seq"
    )
    change = text("UPDATE cases SET settled_staff = :staff WHERE school = :school AND id = :id")
    for row in conn.execute(settled).all():
        station, epoch, seq = row.settled_by.split(":")
        place = {"school": row.school, "station": station, "epoch": int(epoch), "seq": int(seq)}
        found = conn.execute(body, place).scalar()
        staff = json.loads(found).get("staff") if found else None
        conn.execute(change, {"school": row.school, "id": row.id, "staff": staff})
