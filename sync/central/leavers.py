"""Whoever has left is told of at stations while something is out still; with the last return they are gone there."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from sync.central.db import one_of
from sync.central.schema import cards


def told_of(conn: Connection, school: str, ids: Collection[str]) -> list[tuple[str, str]]:
    """These patrons, who have left and whose loans have changed, and their cards: kinds and keys to be published."""
    if not ids:
        return []
    theirs = (cards.c.school == school, one_of(conn, cards.c.patron_id, ids))
    numbers = conn.execute(select(cards.c.number).where(*theirs)).scalars()
    return [*(("patron", one) for one in ids), *(("card", str(number)) for number in numbers)]
