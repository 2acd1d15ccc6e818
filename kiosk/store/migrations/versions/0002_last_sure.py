"""When the clock was last sure stands in meta, and is no longer looked for in the journal."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_NEWEST_SURE = """
    SELECT seq, at_ms FROM journal WHERE instr(body, '"clock":"sure"') > 0 ORDER BY epoch DESC, seq DESC LIMIT 1"""
_CONFIRMED = """
    SELECT CAST(said.value AS INTEGER), CAST(coalesce(after.value, '0') AS INTEGER) FROM meta said
    LEFT JOIN meta after ON after.key = 'clock_confirmed_after' WHERE said.key = 'clock_confirmed_ms'"""


def upgrade() -> None:
    conn = op.get_bind()
    newest = conn.exec_driver_sql(_NEWEST_SURE).first()
    confirmed = conn.exec_driver_sql(_CONFIRMED).first()
    known = newest[1] if newest else None
    # What staff said counts until a sure entry after it. No station had more than one epoch when this was the way.
    if confirmed and (newest is None or newest[0] <= confirmed[1]):
        known = confirmed[0]
    if known is not None:
        conn.exec_driver_sql("INSERT INTO meta VALUES ('last_sure_ms', ?)", (str(known),))
    conn.exec_driver_sql(
        "DELETE FROM meta WHERE key IN ('clock_confirmed_ms', 'clock_confirmed_after')"
    )
