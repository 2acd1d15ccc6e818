"""The queues for titles after new entries: who has got what they waited for, and which copy is kept for whom.

A step of its own after the fold, as the limit is: holds concern titles and people, the fold one copy.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from kiosk.domain import Act
from sync.central.db import one_of, update_many
from sync.central.positions import publish
from sync.central.schema import copies, entries, holdings, holds
from sync.events import Event


def step(conn: Connection, school: str, events: Mapping[str, list[Event]], now_ms: int) -> set[str]:
    """End holds that a checkout has filled, and note copies kept on the hold shelf; stations are told.

    events: the new ones, by the copies' barcodes. The answer: copies that must be folded anew, because somebody who
    waits for their title has got it earlier than what they were told.
    """
    waiting = _waiting(conn, school, events) if events else []
    if not waiting:
        return set()
    kept = _kept(conn, school, events)
    rows: list[dict[str, Any]] = []
    gone: list[tuple[str, str]] = []
    told: list[tuple[str, str]] = []
    since: dict[str, int] = {}
    by_title: dict[str, set[str]] = {}
    for row in waiting:
        by_title.setdefault(row.title_id, set()).add(row.copy)
    for hold in {row.id: row for row in waiting}.values():
        mine = by_title[hold.title_id]
        filled = _filled(hold, [e for b in mine for e in events.get(b, ())])
        if hold.ended_ms is not None and filled is None:
            continue
        shelved = next((b for b in sorted(mine) if kept.get(b) == hold.patron_id), None)
        # A copy that these entries do not touch stays where it is.
        at = hold.barcode if hold.barcode and hold.barcode not in kept else shelved
        at = None if filled is not None else at
        if filled is not None or at != hold.barcode:
            rows.append({"school": school, "id": hold.id, "ended_ms": filled, "barcode": at})
            (told if filled is None else gone).append(("hold", hold.id))
        if filled is not None:
            since[hold.title_id] = min(filled, since.get(hold.title_id, filled))
    update_many(conn, holds, rows)
    publish(conn, school, told)
    publish(conn, school, gone, now_ms)
    return _told_later(conn, school, since)


def _waiting(conn: Connection, school: str, touched: Mapping[str, list[Event]]) -> list[Any]:
    """The holds for the titles of these copies, each once for every such copy (`copy`).

    One that has ended is looked at again if it may have ended earlier: entries arrive in any order.
    """
    lent = [e.est for some in touched.values() for e in some if _lends(e)]
    still = holds.c.ended_ms.is_(None)
    titles = select(copies.c.title_id).where(
        copies.c.school == school, one_of(conn, copies.c.barcode, touched)
    )
    query = (
        select(holds, copies.c.barcode.label("copy"))
        .join(copies, and_(copies.c.school == holds.c.school, copies.c.title_id == holds.c.title_id))
        .where(
            holds.c.school == school,
            holds.c.title_id.in_(titles),
            or_(still, holds.c.ended_ms > min(lent)) if lent else still,
            or_(one_of(conn, copies.c.barcode, touched), holds.c.barcode == copies.c.barcode),
        )
        .order_by(holds.c.placed_ms, holds.c.id)
    )  # fmt: skip
    return list(conn.execute(query))


def _kept(conn: Connection, school: str, touched: Collection[str]) -> dict[str, str | None]:
    """For whom each of these copies is on the hold shelf now."""
    query = select(holdings.c.barcode, holdings.c.kept_for).where(
        holdings.c.school == school, one_of(conn, holdings.c.barcode, touched)
    )
    return {row.barcode: row.kept_for for row in conn.execute(query)}


def _filled(hold: Any, events: Collection[Event]) -> int | None:
    """When whoever waits got a copy of the title; None: not yet, or not before the hold ended."""
    until = hold.ended_ms if hold.ended_ms is not None else math.inf
    got = (e.est for e in events if _lends(e) and e.patron == hold.patron_id)
    return min((est for est in got if hold.placed_ms < est < until), default=None)


def _lends(event: Event) -> bool:
    return event.act is Act.CHECKOUT and event.allowed


def _told_later(conn: Connection, school: str, since: Mapping[str, int]) -> set[str]:
    """Copies of these titles with entries after the moment at which somebody left the queue."""
    if not since:
        return set()
    query = (
        select(entries.c.barcode)
        .join(copies, and_(copies.c.school == entries.c.school, copies.c.barcode == entries.c.barcode))
        .where(
            entries.c.school == school,
            or_(*(and_(copies.c.title_id == t, entries.c.est > ms) for t, ms in since.items())),
        )
        .distinct()
    )  # fmt: skip
    return set(conn.execute(query).scalars())
