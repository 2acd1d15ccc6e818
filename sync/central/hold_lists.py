"""The holds of a school as lists: on the hold shelf, waiting, expired. Lists go on from a key, never from a count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select, tuple_

from sync.central.db import one_of
from sync.central.facts import free_copies
from sync.central.queue import EXPIRED
from sync.central.schema import holdings, holds, patrons, titles

PAGE = 50
SHELF, WAITING, LATE = "shelf", "waiting", "expired"
After = tuple[Any, str]


@dataclass(frozen=True, slots=True)
class Line:
    """A hold with what it is about. place: in the queue, 1 is first; free: copies on the shelf that nobody has fetched.

    last_barcode: of an expired hold, the copy that lay there; put_back: it still lies there, for nobody.
    """

    id: str
    title_id: str
    title: str
    patron: str
    name: str
    class_name: str
    placed_ms: int
    barcode: str | None
    shelved_ms: int | None
    keep_until: date | None
    ended_ms: int | None
    last_barcode: str | None
    ended_by: str | None
    place: int = 0
    free: int = 0
    put_back: bool = False


def on_shelf(
    conn: Connection, school: str, after: After | None = None
) -> tuple[list[Line], After | None]:
    """What lies on the hold shelf, what is to be fetched soonest in front."""
    query = shelf_query(school, after)
    return _page(conn, query, lambda row: (row.keep_until, row.id))


def waiting(
    conn: Connection, school: str, after: After | None = None
) -> tuple[list[Line], After | None]:
    """Who waits for what, the oldest first, with the place in the queue and what could be fetched."""
    lines, following = _page(
        conn, waiting_query(school, after), lambda row: (row.placed_ms, row.id)
    )
    names = sorted({line.title_id for line in lines})
    free, ahead = free_copies(conn, school, names), _places(conn, school, names)
    told = [
        replace(line, place=ahead.get(line.id, 0), free=free.get(line.title_id, 0))
        for line in lines
    ]
    return told, following


def expired(
    conn: Connection, school: str, after: After | None = None
) -> tuple[list[Line], After | None]:
    """Holds that nobody came for, the newest first."""
    lines, following = _page(conn, expired_query(school, after), lambda row: (row.ended_ms, row.id))
    last = _last_entries(conn, school, [line.last_barcode for line in lines if line.last_barcode])
    told = [
        replace(line, put_back=last.get(line.last_barcode or "") == line.ended_by) for line in lines
    ]
    return told, following


def count_late(conn: Connection, school: str, today: date) -> int:
    """How many lie on the hold shelf for longer than was told."""
    late = select(holds.c.id).where(*_shelf(school), holds.c.keep_until < today).limit(1_000)
    return int(conn.execute(select(func.count()).select_from(late.subquery())).scalar_one())


def shelf_query(school: str, after: After | None) -> Any:
    query = _select().where(*_shelf(school)).order_by(holds.c.keep_until, holds.c.id)
    if after:
        query = query.where(tuple_(holds.c.keep_until, holds.c.id) > tuple_(*after))
    return query.limit(PAGE + 1)


def waiting_query(school: str, after: After | None) -> Any:
    query = _select().where(
        holds.c.school == school, holds.c.ended_ms.is_(None), holds.c.barcode.is_(None)
    )
    if after:
        query = query.where(tuple_(holds.c.placed_ms, holds.c.id) > tuple_(*after))
    return query.order_by(holds.c.placed_ms, holds.c.id).limit(PAGE + 1)


def expired_query(school: str, after: After | None) -> Any:
    query = _select().where(holds.c.school == school, holds.c.how == EXPIRED)
    if after:
        query = query.where(tuple_(holds.c.ended_ms, holds.c.id) < tuple_(*after))
    return query.order_by(holds.c.ended_ms.desc(), holds.c.id.desc()).limit(PAGE + 1)


def queue_of(conn: Connection, school: str, title: str) -> list[Line]:
    """Everybody who waits for a title, the first in front."""
    query = _select().where(
        holds.c.school == school, holds.c.title_id == title, holds.c.ended_ms.is_(None)
    )
    rows = conn.execute(query.order_by(holds.c.placed_ms, holds.c.id).limit(PAGE)).all()
    return [_line(row, place) for place, row in enumerate(rows, 1)]


def _shelf(school: str) -> tuple[Any, ...]:
    return (holds.c.school == school, holds.c.ended_ms.is_(None), holds.c.barcode.isnot(None))


def _select() -> Select[Any]:
    title = and_(titles.c.school == holds.c.school, titles.c.id == holds.c.title_id)
    who = and_(patrons.c.school == holds.c.school, patrons.c.id == holds.c.patron_id)
    return select(holds, titles.c.title, patrons.c.name, patrons.c.class_name).select_from(
        holds.outerjoin(titles, title).outerjoin(patrons, who)
    )


def _page(conn: Connection, query: Any, key: Any) -> tuple[list[Line], After | None]:
    rows = conn.execute(query).all()
    following = key(rows[PAGE - 1]) if len(rows) > PAGE else None
    # Where no day is known until when copies are kept, nothing can be gone on from.
    known = following if following and following[0] is not None else None
    return [_line(row) for row in rows[:PAGE]], known


def _line(row: Any, place: int = 0) -> Line:
    return Line(
        id=row.id,
        title_id=row.title_id,
        title=row.title or "",
        patron=row.patron_id,
        name=row.name or row.patron_id,
        class_name=row.class_name or "",
        placed_ms=row.placed_ms,
        barcode=row.barcode,
        shelved_ms=row.shelved_ms,
        keep_until=row.keep_until,
        ended_ms=row.ended_ms,
        last_barcode=row.last_barcode,
        ended_by=row.ended_by,
        place=place,
    )


def _places(conn: Connection, school: str, names: Sequence[str]) -> dict[str, int]:
    """The place of every hold that waits for these titles."""
    place = func.row_number().over(
        partition_by=holds.c.title_id, order_by=(holds.c.placed_ms, holds.c.id)
    )
    query = select(holds.c.id, place.label("place")).where(
        holds.c.school == school, one_of(conn, holds.c.title_id, names), holds.c.ended_ms.is_(None)
    )
    return {row.id: int(row.place) for row in conn.execute(query)} if names else {}


def _last_entries(conn: Connection, school: str, barcodes: Sequence[str]) -> dict[str, str]:
    query = select(holdings.c.barcode, holdings.c.last_entry).where(
        holdings.c.school == school, one_of(conn, holdings.c.barcode, barcodes)
    )
    return {row.barcode: row.last_entry for row in conn.execute(query)} if barcodes else {}
