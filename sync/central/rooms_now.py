"""Who is in a reading room now, and who was there on a day; with how far the stations there have told.

A number that a station has not told of yet is missing here: so every room comes with its stations.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, or_, select

from config.library import Library
from sync.central.db import one_of
from sync.central.digest import span_of
from sync.central.overview import Machine, machines
from sync.central.read import time_zone
from sync.central.reports.periods import day_of
from sync.central.room_tables import room_stays
from sync.central.schema import patrons
from sync.central.stays import visits_of
from sync.stays import Visit

# So many are told of by name; more are in no room, and no page shows more.
MOST_NOW = 500
MOST_A_DAY = 3_000


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody of a visit. known: there is a page about them."""

    visit: Visit
    name: str
    class_name: str
    known: bool


@dataclass(frozen=True, slots=True)
class RoomNow:
    """A room and who is in it, the earliest first. more: there are more than could be looked at."""

    key: str
    name: str
    name_en: str
    readers: tuple[Reader, ...]
    stations: tuple[Machine, ...]
    more: bool


def rooms_now(
    conn: Connection, school: str, library: Library, now_ms: int, *, most: int = MOST_NOW
) -> list[RoomNow]:
    """Every room where readers sign in, and any other in which somebody is."""
    zone = time_zone(conn, school)
    begins_ms, _ = span_of(day_of(now_ms, zone), zone)
    at = room_stays.c
    today = (at.school == school, at.from_ms >= begins_ms, at.from_ms <= now_ms)
    open_still = (
        at.void == 0,
        at.out_ms.is_(None),
        or_(at.closes_ms.is_(None), at.closes_ms > now_ms),
    )
    query = select(at.patron).where(*today, *open_still).order_by(at.from_ms).limit(most + 1)
    who = list(conn.execute(query).scalars())
    # Whoever has gone on to another room has left the one before, whatever its own stay says.
    mine = select(room_stays).where(*today, one_of(conn, at.patron, sorted(set(who[:most]))))
    found = visits_of(conn, school, conn.execute(mine).all()) if who else []
    there = [v for v in found if v.forgotten and (v.until_ms is None or v.until_ms > now_ms)]
    readers = _named(conn, school, there)
    every = machines(conn, school)
    keys = {room.key for room in library.rooms if room.sign_in} | {v.room for v in there}
    return [
        RoomNow(
            room.key,
            room.name,
            room.name_en,
            tuple(one for one in readers if one.visit.room == room.key),
            stations_of(every, room.key, library),
            len(who) > most,
        )
        for room in library.rooms
        if room.key in keys
    ]


def stations_of(every: Iterable[Machine], room: str, library: Library) -> tuple[Machine, ...]:
    """The stations in use that stand in a room; one that names none stands in the library's own."""
    own = library.library.room
    return tuple(m for m in every if m.enrolled and not m.revoked and (m.room or own) == room)


def visits_on(
    conn: Connection, school: str, day: date, *, most: int = MOST_A_DAY
) -> tuple[list[Reader], bool]:
    """The visits of a day to all rooms, the earliest first; and whether there are more than are told."""
    begins_ms, ends_ms = span_of(day, time_zone(conn, school))
    at = room_stays.c
    query = select(room_stays).where(
        at.school == school, at.from_ms >= begins_ms, at.from_ms < ends_ms
    )
    rows = conn.execute(query.order_by(at.from_ms, at.entry).limit(most + 1)).all()
    found = visits_of(conn, school, rows[:most])
    return _named(conn, school, found), len(rows) > most


def _named(conn: Connection, school: str, found: Sequence[Visit]) -> list[Reader]:
    query = select(patrons.c.id, patrons.c.name, patrons.c.class_name).where(
        patrons.c.school == school, one_of(conn, patrons.c.id, sorted({v.patron for v in found}))
    )
    named: dict[str, Any] = {row.id: row for row in conn.execute(query)} if found else {}
    return [
        Reader(v, named[v.patron].name, named[v.patron].class_name, known=True)
        if v.patron in named
        else Reader(v, "", "", known=False)
        for v in found
    ]
