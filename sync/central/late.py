"""Cards and copies that are registered after entries spoke of them, or handed on: where those entries lead to then."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, and_, select, update

from sync.central.db import insert_many, one_of, upsert_many
from sync.central.read import shelf, time_zone
from sync.central.refold import refold
from sync.central.schema import entries, old_labels, patron_aliases, people
from sync.standing import UNKNOWN


def registered(
    conn: Connection,
    school: str,
    *,
    cards: Mapping[str, str],
    copies: Collection[str],
    now_ms: int,
) -> None:
    """Fold anew what had been done with these new cards (number -> patron) and copies, under the school's lock.

    A copy whose label was on another one before shares it with that from now on.
    """
    _share(conn, school, copies, now_ms)
    again = _lent_to(conn, school, cards) | spoken_of(conn, school, copies)
    if again:
        around = shelf(conn, school, again, time_zone(conn, school))
        refold(conn, school, {b: [] for b in sorted(again)}, around, now_ms=now_ms)


def handed_on(conn: Connection, school: str, cards: Mapping[str, str]) -> None:
    """These cards (number -> patron) become somebody else's: what was done with them without a name stays their own."""
    was = {f"{UNKNOWN}{number}": patron for number, patron in cards.items()}
    if not was:
        return
    used = select(people.c.patron).where(
        people.c.school == school, one_of(conn, people.c.patron, was)
    )
    there = select(patron_aliases.c.id).where(
        patron_aliases.c.school == school, one_of(conn, patron_aliases.c.id, was)
    )
    new = set(conn.execute(used.distinct()).scalars()) - set(conn.execute(there).scalars())
    rows = [{"school": school, "id": old, "patron": was[old]} for old in sorted(new)]
    insert_many(conn, patron_aliases, rows)


def _share(conn: Connection, school: str, labels: Collection[str], now_ms: int) -> None:
    once = (old_labels.c.school == school, one_of(conn, old_labels.c.label, labels))
    if labels:
        conn.execute(update(old_labels).where(*once).values(shared_ms=now_ms))


def _lent_to(conn: Connection, school: str, cards: Mapping[str, str]) -> set[str]:
    """Copies of entries by these cards; the cards' numbers lead to their patrons from now on."""
    was = {f"{UNKNOWN}{number}": patron for number, patron in cards.items()}
    if not was:
        return set()
    place = and_(*(people.c[n] == entries.c[n] for n in ("school", "station", "epoch", "seq")))
    query = (
        select(people.c.patron, entries.c.barcode)
        .join(entries, place)
        .where(people.c.school == school, people.c.patron.in_(was))
    )
    found = conn.execute(query).all()
    known = sorted({row.patron for row in found})
    rows = [{"school": school, "id": old, "patron": was[old]} for old in known]
    upsert_many(conn, patron_aliases, rows)
    return {row.barcode for row in found if row.barcode}


def spoken_of(conn: Connection, school: str, copies: Collection[str]) -> set[str]:
    """Those of these copies that entries speak of."""
    query = select(entries.c.barcode).where(
        entries.c.school == school, entries.c.barcode.in_(copies)
    )
    return {b for b in conn.execute(query.distinct()).scalars() if b} if copies else set()
