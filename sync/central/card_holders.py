"""Patrons with their cards, as those see them who print cards: a class, or some by name."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, select

from kiosk.domain import Card, CardState, Patron
from sync.central.classes import MOST
from sync.central.db import one_of
from sync.central.facts import patron_in
from sync.central.read import time_zone
from sync.central.schema import cards, patrons


def holders_in(
    conn: Connection, school: str, class_name: str
) -> list[tuple[Patron, tuple[Card, ...]]]:
    """Everybody of a class, its teachers too, by name."""
    return _holders(conn, school, patrons.c.class_name == class_name)


def holders_named(
    conn: Connection, school: str, people: Collection[str]
) -> list[tuple[Patron, tuple[Card, ...]]]:
    """These people, by name; whoever has left is left out."""
    return _holders(conn, school, one_of(conn, patrons.c.id, people))


def _holders(conn: Connection, school: str, which: Any) -> list[tuple[Patron, tuple[Card, ...]]]:
    query = (
        select(patrons)
        .where(patrons.c.school == school, patrons.c.gone_ms.is_(None), which)
        .order_by(patrons.c.class_name, patrons.c.name, patrons.c.id)
        .limit(MOST)
    )
    zone = time_zone(conn, school)
    people = [patron_in(row, zone) for row in conn.execute(query)]
    theirs: dict[str, list[Card]] = {}
    given = (
        select(cards)
        .where(
            cards.c.school == school, one_of(conn, cards.c.patron_id, [one.id for one in people])
        )
        .order_by(cards.c.number)
    )
    for row in conn.execute(given):
        state = CardState.LOST if row.state == "stolen" else CardState(row.state)
        theirs.setdefault(row.patron_id, []).append(Card(row.number, row.patron_id, state))
    return [(one, tuple(theirs.get(one.id, ()))) for one in people]
