"""Whoever has left is told of at stations while something is out still; with the last return they are gone there."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from sync.central.db import is_postgres, listed, one_in, one_of
from sync.central.positions import publish
from sync.central.schema import cards, patrons


def tell_of_leavers(conn: Connection, school: str, changed: Collection[str]) -> None:
    """Give those of these patrons who have left, and their cards, new positions: their loans have changed."""
    if not changed:
        return
    asked = {"school": school, "changed": listed(changed)}
    ids = list(conn.execute(_left(is_postgres(conn)), asked).scalars())
    if not ids:
        return
    numbers = select(cards.c.number).where(
        cards.c.school == school, one_of(conn, cards.c.patron_id, ids)
    )
    theirs = [("card", str(number)) for number in conn.execute(numbers).scalars()]
    publish(conn, school, [*(("patron", one) for one in ids), *theirs])


@cache
def _left(postgres: bool) -> Select[Any]:
    among = one_in(postgres, patrons.c.id, "changed")
    mine = patrons.c.school == bindparam("school")
    return select(patrons.c.id).where(mine, among, patrons.c.gone_ms.is_not(None))
