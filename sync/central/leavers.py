"""Whoever has left is told of at stations while something is out still; with the last return they are gone there."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from sync.central.db import one_of
from sync.central.positions import publish
from sync.central.schema import cards, patrons


def tell_of_leavers(conn: Connection, school: str, changed: Collection[str]) -> None:
    """Give those of these patrons who have left, and their cards, new positions: their loans have changed."""
    if not changed:
        return
    left = select(patrons.c.id).where(
        patrons.c.school == school,
        one_of(conn, patrons.c.id, sorted(changed)),
        patrons.c.gone_ms.is_not(None),
    )
    ids = list(conn.execute(left).scalars())
    if not ids:
        return
    numbers = select(cards.c.number).where(
        cards.c.school == school, one_of(conn, cards.c.patron_id, ids)
    )
    theirs = [("card", str(number)) for number in conn.execute(numbers).scalars()]
    publish(conn, school, [*(("patron", one) for one in ids), *theirs])
