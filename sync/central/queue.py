"""The queues for titles after new entries: who has got what they waited for, and which copy is kept for whom.

A step of its own after the fold, as the limit is: holds concern titles and people, the fold one copy. Where the fold of
one copy cannot know for whom it is kept, the centre says so by entries of its own (`grants`).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from kiosk.domain import Act, CopyState
from kiosk.hold_shelf import keep_until
from sync.central.db import one_of, update_many
from sync.central.deeds import Deed
from sync.central.positions import publish
from sync.central.rules import rules_in_force
from sync.central.schema import copies, entries, holdings, holds
from sync.events import DESK, Event
from sync.fold import ENDED, FREED, KEPT

FILLED, CANCELLED, EXPIRED = "filled cancelled expired".split()
Touched = Mapping[str, list[Event]]


@dataclass(slots=True)
class Stepped:
    """again: copies that must be folded anew, because somebody who waits for their title has got it earlier than what
    they were told. grants: what the centre has to say of copies on the hold shelf.
    """

    again: set[str] = field(default_factory=set)
    grants: list[Deed] = field(default_factory=list)


@dataclass(slots=True)
class _Place:
    """A place in the queue while the step changes it. `was`: its row."""

    was: Any
    at: str | None
    filled: Event | None = None


def step(conn: Connection, school: str, events: Touched, now_ms: int) -> Stepped:
    """End holds that a checkout has filled, and note copies kept on the hold shelf; stations are told.

    events: the new ones, by the copies' barcodes.
    """
    rows = _waiting(conn, school, events) if events else []
    if not rows:
        return Stepped()
    copies_of: dict[str, set[str]] = {}
    for row in rows:
        copies_of.setdefault(row.title_id, set()).add(row.copy)
    now = _holdings(conn, school, {row.copy for row in rows})
    kept = {b: now[b].kept_for if b in now else None for b in events}
    places = []
    for row in {row.id: row for row in rows}.values():
        place = _placed(row, copies_of[row.title_id], events, kept)
        if row.ended_ms is None or place.filled:
            places.append(place)
    moved = {
        title
        for title, mine in copies_of.items()
        if any(_moves_queue(e) for b in mine for e in events.get(b, ()))
    }
    _write(conn, school, places, events, now_ms, moved=moved)
    since: dict[str, int] = {}
    for place in places:
        if place.filled:
            title, est = place.was.title_id, place.filled.est
            since[title] = min(est, since.get(title, est))
    return Stepped(_told_later(conn, school, since), _grants(places, copies_of, events, now))


def _placed(row: Any, mine: set[str], events: Touched, kept: Mapping[str, str | None]) -> _Place:
    filled = _filled(row, [e for b in mine for e in events.get(b, ())])
    if filled:
        return _Place(row, None, filled)
    shelved = next((b for b in sorted(mine) if kept.get(b) == row.patron_id), None)
    # A copy that these entries do not touch stays where it is.
    stays = row.barcode and (row.barcode not in kept or kept[row.barcode] == row.patron_id)
    return _Place(row, row.barcode if stays else shelved)


def _write(
    conn: Connection,
    school: str,
    places: Iterable[_Place],
    events: Touched,
    now_ms: int,
    *,
    moved: Collection[str],
) -> None:
    """moved: the titles in whose queues a station has moved somebody."""
    changed = [p for p in places if p.filled or p.at != p.was.barcode]
    shelved = {p.at: _since(events[p.at], now_ms) for p in changed if p.at}
    until = _until(conn, school, shelved) if shelved else {}
    update_many(conn, holds, [_row(school, p, shelved, until) for p in changed])
    # Stations hear of the others again, too, which they have left as they knew them, or moved by themselves.
    told = [p for p in changed if not p.filled]
    told += [p for p in places if not p.filled and (p.at in events or p.was.title_id in moved)]
    publish(conn, school, [("hold", p.was.id) for p in told])
    publish(conn, school, [("hold", p.was.id) for p in changed if p.filled], now_ms)


def _row(
    school: str, place: _Place, shelved: Mapping[str, int], until: Mapping[str, date]
) -> dict[str, Any]:
    at, filled = place.at, place.filled
    return {
        "school": school,
        "id": place.was.id,
        "barcode": at,
        "shelved_ms": shelved[at] if at else None,
        "keep_until": until.get(at) if at else None,
        "ended_ms": filled.est if filled else None,
        "how": FILLED if filled else "",
        "ended_by": str(filled.key) if filled else None,
        "last_barcode": place.was.barcode if filled else None,
    }


def _moves_queue(event: Event) -> bool:
    """Whether a station has set the copy aside for somebody, or counted somebody as served: it may err in whom."""
    return event.key.station != DESK and (event.hold_waiting or event.hold_filled)


def _since(events: Iterable[Event], now_ms: int) -> int:
    """When the copy came to the hold shelf."""
    laid = [e.est for e in events if e.act in (Act.CHECKIN, Act.HOLD)]
    return max(laid, default=now_ms)


def _until(conn: Connection, school: str, shelved: Mapping[str, int]) -> dict[str, date]:
    rules = rules_in_force(conn, school)
    if rules is None:
        return {}
    room = rules.library.library.room
    return {barcode: keep_until(rules, at_ms, room=room) for barcode, at_ms in shelved.items()}


# Who is next.


def _grants(
    places: Iterable[_Place],
    copies_of: Mapping[str, set[str]],
    events: Touched,
    now: Mapping[str, Any],
) -> list[Deed]:
    """Copies on the hold shelf for nobody, or for somebody who has one already: they are the next one's, or free."""
    by_title: dict[str, list[_Place]] = {}
    for place in places:
        by_title.setdefault(place.was.title_id, []).append(place)
    deeds = []
    for title, queue in by_title.items():
        taken = {p.at for p in queue if p.at}
        left = {p.was.barcode for p in queue if p.filled and p.was.barcode}
        for barcode in sorted(copies_of[title] - taken):
            row = now.get(barcode)
            on_shelf = row and row.opened_by is None and row.state == CopyState.ON_SHELF.value
            kept = row and row.kept_for is not None
            if not on_shelf or not (kept or _given_up(events.get(barcode, ()))):
                continue
            if barcode not in events and barcode not in left:
                continue
            following = next((p for p in queue if not p.filled and p.at is None), None)
            if following:
                following.at = barcode
                kept_for = {"value": f"{KEPT} {following.was.id}"}
                deeds.append(Deed(Act.HOLD, barcode, following.was.patron_id, more=kept_for))
            elif kept:
                deeds.append(Deed(Act.HOLD, barcode, more={"value": FREED}))
    return deeds


def _given_up(events: Iterable[Event]) -> bool:
    """Whether whoever the copy was kept for waits no longer."""
    return any(e.act is Act.HOLD and (e.value or "").startswith(f"{ENDED} ") for e in events)


def _waiting(conn: Connection, school: str, touched: Touched) -> list[Any]:
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


def _holdings(conn: Connection, school: str, barcodes: Collection[str]) -> dict[str, Any]:
    """Where each of these copies is now, and for whom it is on the hold shelf."""
    query = select(
        holdings.c.barcode, holdings.c.kept_for, holdings.c.opened_by, holdings.c.state
    ).where(holdings.c.school == school, one_of(conn, holdings.c.barcode, barcodes))
    return {row.barcode: row for row in conn.execute(query)}


def _filled(hold: Any, events: Collection[Event]) -> Event | None:
    """How whoever waits got a copy of the title; None: not yet, or not before the hold ended."""
    until = hold.ended_ms if hold.ended_ms is not None else math.inf
    got = [e for e in events if _lends(e) and e.patron == hold.patron_id]
    within = [e for e in got if hold.placed_ms < e.est < until]
    return min(within, key=lambda e: (e.est, e.key), default=None)


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
