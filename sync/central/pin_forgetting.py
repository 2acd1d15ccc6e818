"""A reader's PIN is deleted, with the tries that were counted: when it is withdrawn, and when the reader is erased."""

from __future__ import annotations

from sqlalchemy import Connection, delete

from sync.central.pin_tables import pins
from sync.central.tries import forget_tries, named


def reader(school: str, patron: str) -> str:
    """Under which name the tries of a reader are counted."""
    return named("reader", school, patron)


def forget_pin(conn: Connection, school: str, patron: str) -> bool:
    """Whether there was one."""
    forget_tries(conn, reader(school, patron))
    mine = (pins.c.school == school, pins.c.patron == patron)
    return conn.execute(delete(pins).where(*mine)).rowcount > 0
