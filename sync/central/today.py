"""What a librarian wants to know on opening the console: what is open, what waits, and what to do first.

Every count is of what is open now, over an index of just those rows, and stops at MOST.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select

from kiosk.calendar import Rules, calendar_warning, closed_by, closes_at, opens_next, zone
from kiosk.domain import Act
from kiosk.signs import Light
from sync.central.case_lists import count_open
from sync.central.devices import Standing, standings
from sync.central.read import time_zone
from sync.central.rules import rules_in_force
from sync.central.schema import holds, loans
from sync.central.voices import count_waiting

MOST = 1_000


@dataclass(frozen=True, slots=True)
class RoomNow:
    """A room of the library: open until (None: closed now), and else when next (None: not in sight)."""

    name: str
    name_en: str
    until: datetime | None
    next: datetime | None


@dataclass(frozen=True, slots=True)
class Today:
    """waiting: how many of each kind of thing there are, in the order in which they should be seen to; 0 is left out.

    closed: the name of the holiday or closure that today is ("", in both languages, for none).
    """

    rooms: tuple[RoomNow, ...]
    closed: tuple[str, str]
    stations: tuple[Standing, ...]
    waiting: dict[str, int]
    calendar_ends: date | None


def today(conn: Connection, school: str, now_ms: int) -> Today:
    """The day as it stands."""
    rules, found = rules_in_force(conn, school), tuple(standings(conn, school, now_ms))
    local = datetime.fromtimestamp(now_ms / 1000, time_zone(conn, school))
    closed = closed_by(rules, local.date()) if rules else None
    counts = {
        "no_rules": int(rules is None),
        "stations": sum(one.light is Light.RED for one in found),
        "cases": count_open(conn, school),
        "complaints": count_waiting(conn, school, MOST),
        "claims": _count(
            conn, loans, school, loans.c.closed_ms.is_(None), loans.c.claimed_ms.isnot(None)
        ),
        "expired": _count(conn, holds, school, *_SHELVED, holds.c.keep_until < local.date()),
        "overdue": _count(
            conn, loans, school, loans.c.closed_ms.is_(None), loans.c.due_on < local.date()
        ),
        "to_fetch": _count(conn, holds, school, *_SHELVED, holds.c.keep_until >= local.date()),
    }
    return Today(
        rooms=_rooms(rules, local) if rules else (),
        closed=(closed.name, closed.name_en) if closed else ("", ""),
        stations=found,
        waiting={what: n for what, n in counts.items() if n},
        calendar_ends=calendar_warning(rules, local.date()) if rules else None,
    )


_SHELVED = (holds.c.ended_ms.is_(None), holds.c.barcode.isnot(None))


def _rooms(rules: Rules, local: datetime) -> tuple[RoomNow, ...]:
    moment = local.astimezone(zone(rules))
    return tuple(
        RoomNow(
            room.name,
            room.name_en,
            closes_at(rules, Act.CHECKOUT, None, room.key, moment),
            opens_next(rules, Act.CHECKOUT, None, room.key, moment),
        )
        for room in rules.library.rooms
    )


def _count(conn: Connection, table: Any, school: str, *where: Any) -> int:
    some = select(table.c.school).where(table.c.school == school, *where).limit(MOST).subquery()
    return int(conn.execute(select(func.count()).select_from(some)).scalar_one())
