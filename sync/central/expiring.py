"""Copies that nobody fetched from the hold shelf in time: their holds end, and the copies go to whoever is next."""

from __future__ import annotations

from sqlalchemy import Connection, select

from sync.central.desk import Desk
from sync.central.facts import now_at
from sync.central.queue import EXPIRED
from sync.central.rules import rules_in_force
from sync.central.schema import holds

# At once, so that no transaction holds the school's lock for long; the rest comes an hour later.
AT_ONCE = 100


def expire(conn: Connection, school: str, now_ms: int, *, staff: str | None = None) -> int:
    """End what lies on the hold shelf for longer than was told; how many. Under the school's lock.

    staff None: by rule.
    """
    rules = rules_in_force(conn, school)
    if rules is None:
        return 0
    today = now_at(rules, now_ms).local.date()
    late = (
        select(holds.c.id)
        .where(
            holds.c.school == school,
            holds.c.ended_ms.is_(None),
            holds.c.barcode.isnot(None),
            holds.c.keep_until < today,
        )
        .order_by(holds.c.keep_until, holds.c.id)
        .limit(AT_ONCE)
    )
    names = conn.execute(late).scalars().all()
    desk = Desk(conn, school, staff, now_ms)
    for name in names:
        desk.end_hold(name, EXPIRED)
    return len(names)
