"""Part of the stock: everything, a room, a shelf, or a range of call numbers; and the walk along it in its order.

A walk goes on from a key, a bounded number of copies at a time, over an index that has its order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Select, and_, func, literal, select, tuple_

from sync.central.schema import copies, holdings, titles

ROOMS, SHELVES = 100, 500
_LAST = "\U0010ffff"
Place = tuple[str, str, str, str]


class Part(StrEnum):
    """What bounds it."""

    ALL = "all"
    ROOM = "room"
    SHELF = "shelf"
    CALL = "call"


@dataclass(frozen=True, slots=True)
class Scope:
    """call_from to call_to: both within, with all that begins so; "" is no bound."""

    kind: Part = Part.ALL
    room: str = ""
    shelf: str = ""
    call_from: str = ""
    call_to: str = ""

    def covers(self, room: str, shelf: str, call_number: str) -> bool:
        """Whether a copy that belongs there is within."""
        match self.kind:
            case Part.ALL:
                return True
            case Part.ROOM:
                return room == self.room
            case Part.SHELF:
                return (room, shelf) == (self.room, self.shelf)
            case Part.CALL:
                until = self.call_to + _LAST if self.call_to else ""
                return self.call_from <= call_number and (not until or call_number < until)


def within(school: str, scope: Scope, after: Place | None, limit: int) -> Select[Any]:
    """The next copies of the scope, with their title and what is known of where they are. after: a copy's place."""
    # Chosen first, joined then: whatever the database thinks of the joins, it looks at so many copies and no more.
    some = walk(school, scope, after, limit).subquery("copies")
    held = and_(holdings.c.school == school, holdings.c.barcode == some.c.barcode)
    title = and_(titles.c.school == school, titles.c.id == some.c.title_id)
    return (
        select(
            *(column for column in some.c if column.name != "state"),
            titles.c.title, titles.c.author, titles.c.year, titles.c.class_number,
            func.coalesce(holdings.c.state, some.c.state).label("state"),
            holdings.c.opened_by, holdings.c.kept_for, holdings.c.seen_ms,
        )
        .select_from(some.outerjoin(holdings, held).outerjoin(titles, title))
        .order_by(*(some.c[key.name] for key in _order(scope.kind)))
    )  # fmt: skip


def walk(school: str, scope: Scope, after: Place | None, limit: int) -> Select[Any]:
    """The same copies as the catalogue has them, over an index in their order."""
    keys = _order(scope.kind)
    query = select(
        copies.c.barcode, copies.c.room, copies.c.shelf, copies.c.call_number, copies.c.title_id,
        copies.c.copy_type, copies.c.state, copies.c.arrived_on,
    ).where(copies.c.school == school, *_bounds(scope))  # fmt: skip
    if after is not None:
        begin = dict(zip(("room", "shelf", "call_number", "barcode"), after, strict=True))
        query = query.where(tuple_(*keys) > tuple_(*(begin[key.name] for key in keys)))
    return query.order_by(*keys).limit(limit)


def place(row: Any) -> Place:
    """Where the walk goes on after this copy."""
    return (row.room, row.shelf, row.call_number, row.barcode)


def _order(kind: Part) -> Sequence[Any]:
    c = copies.c
    match kind:
        case Part.ALL:
            return (c.room, c.shelf, c.call_number, c.barcode)
        case Part.ROOM:
            return (c.shelf, c.call_number, c.barcode)
        case Part.SHELF | Part.CALL:
            return (c.call_number, c.barcode)


def _bounds(scope: Scope) -> list[Any]:
    c = copies.c
    match scope.kind:
        case Part.ALL:
            return []
        case Part.ROOM:
            return [c.room == scope.room]
        case Part.SHELF:
            return [c.room == scope.room, c.shelf == scope.shelf]
        case Part.CALL:
            until = [c.call_number < scope.call_to + _LAST] if scope.call_to else []
            return [c.call_number >= scope.call_from, *until]


def shelves(conn: Connection, school: str) -> list[tuple[str, str]]:
    """The rooms and shelves that copies belong to, in their order; one step through the index for each."""
    rooms = conn.execute(_steps(copies.c.room, copies.c.school == school, ROOMS)).scalars().all()
    found: list[tuple[str, str]] = []
    for room in rooms:
        here = and_(copies.c.school == school, copies.c.room == room)
        names = conn.execute(_steps(copies.c.shelf, here, SHELVES - len(found))).scalars()
        found += [(room, name) for name in names]
    return found


def _steps(column: Any, here: Any, most: int) -> Select[Any]:
    """The values of an indexed column, each found from the one before."""
    names = select(func.min(column).label("name"), literal(1).label("n")).where(here)
    steps = names.cte("steps", recursive=True)
    later = select(func.min(column)).where(here, column > steps.c.name).scalar_subquery()
    steps = steps.union_all(
        select(later, steps.c.n + 1).where(steps.c.name.isnot(None), steps.c.n < literal(most))
    )
    return select(steps.c.name).where(steps.c.name.isnot(None))
