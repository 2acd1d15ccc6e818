"""The console's pages of reading rooms: who is there now, and who was there on a day. Parse, call, render."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, g, render_template, request

from config.library import Library
from sync.central.db import Connection, Database
from sync.central.devices import THERE_MS
from sync.central.overview import Machine, machines
from sync.central.read import time_zone
from sync.central.reports.counting import count_acts
from sync.central.reports.up_to_date import after
from sync.central.roles import Right
from sync.central.rooms_now import Reader, RoomNow, rooms_now, stations_of, visits_on
from sync.central.rules import rules_in_force
from web_ui.console.downloads import table_file
from web_ui.console.frame import framed, in_language
from web_ui.console.gate import member
from web_ui.console.rights import needs
from web_ui.console.telling import Teller
from web_ui.telling import clock_time

# What has come in is counted before it is shown, for so long at most.
COUNTING_S = 0.8
FORMS = ("csv", "xlsx")
_COLUMNS = ("name", "class", "from", "until", "minutes", "note")


def room_pages(db: Database, now_ms: Callable[[], int]) -> Blueprint:
    """The pages under /console/rooms."""
    pages = Blueprint("rooms", __name__, url_prefix="/rooms", template_folder="templates")
    views = _Rooms(db, now_ms)
    # Where a child is, and was, is for those who act at the desk.
    pages.add_url_rule("/", "list", needs(Right.DESK, views.now))
    pages.add_url_rule("/day", "day", needs(Right.DESK, views.day))
    pages.add_url_rule("/day.<form>", "file", needs(Right.DESK, views.file))
    return pages


class _Rooms:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def now(self) -> str:
        whole = self._count()
        with self._db.read() as conn:
            tell, library = self._teller(conn), _library(conn)
            found = rooms_now(conn, member().school, library, tell.now_ms) if library else []
        rooms = [_room(tell, room) for room in found]
        at = clock_time(tell.local(tell.now_ms))
        return self._page("now", rooms=rooms, whole=whole, at=at, has_rules=library is not None)

    def day(self) -> str:
        whole = self._count()
        with self._db.read() as conn:
            tell, library, day, room = self._asked(conn)
            found, more = visits_on(conn, member().school, day)
            every = machines(conn, member().school) if library else []
        rooms = _names(library)
        places = [room] if room else [r.key for r in library.rooms if r.sign_in] if library else []
        stations = (
            [m for key in places for m in stations_of(every, key, library)] if library else []
        )
        return self._page(
            "day",
            rooms=rooms,
            room=room,
            day=day.isoformat(),
            today=tell.local(tell.now_ms).date().isoformat(),
            heading=tell.day(day),
            rows=[
                (rooms.get(r.visit.room, r.visit.room), *row) for r, row in _rows(tell, found, room)
            ],
            stations=[_station(tell, one) for one in stations],
            more=more,
            whole=whole,
        )

    def file(self, form: str) -> Response:
        if form not in FORMS:
            abort(404, g.say("console.no_page"))
        self._count()
        with self._db.read() as conn:
            tell, library, day, room = self._asked(conn)
            found, _ = visits_on(conn, member().school, day)
        rooms = _names(library)
        heads = [g.say(f"console.rooms.column.{name}") for name in ("room", *_COLUMNS)]
        rows = [
            (rooms.get(r.visit.room, r.visit.room), r.name or g.say("console.somebody"), *row[2:])
            for r, row in _rows(tell, found, room)
        ]
        name = " ".join(filter(None, (g.say("console.rooms.file"), rooms.get(room, ""), str(day))))
        return table_file(name, form, heads, rows)

    def _asked(self, conn: Connection) -> tuple[Teller, Library | None, date, str]:
        """What the address asks for: a day (today), and a room ("": all)."""
        tell, library = self._teller(conn), _library(conn)
        try:
            day = date.fromisoformat(request.args.get("day", ""))
        except ValueError:
            day = tell.local(tell.now_ms).date()
        room = request.args.get("room", "")
        return tell, library, day, room if room in _names(library) else ""

    def _count(self) -> bool:
        return count_acts(self._db, member().school, after(COUNTING_S))

    def _teller(self, conn: Connection) -> Teller:
        return Teller(g.say, time_zone(conn, member().school), self._now_ms())

    def _page(self, name: str, **shown: object) -> str:
        return render_template(f"rooms/{name}.html", **framed(self._db, f"rooms_{name}"), **shown)


def _library(conn: Connection) -> Library | None:
    rules = rules_in_force(conn, member().school)
    return rules.library if rules else None


def _names(library: Library | None) -> dict[str, str]:
    rooms = library.rooms if library else ()
    return {room.key: in_language(room.name, room.name_en) for room in rooms}


def _room(tell: Teller, room: RoomNow) -> dict[str, Any]:
    count = len(room.readers)
    first = clock_time(tell.local(room.readers[0].visit.from_ms)) if room.readers else ""
    return {
        "key": room.key,
        "name": in_language(room.name, room.name_en),
        "count": count,
        "more": room.more,
        "first": first,
        "readers": [
            (
                one,
                clock_time(tell.local(one.visit.from_ms)),
                clock_time(tell.local(one.visit.until_ms)) if one.visit.until_ms else "",
            )
            for one in room.readers
        ],
        "stations": [_station(tell, one) for one in room.stations],
    }


def _station(tell: Teller, one: Machine) -> dict[str, Any]:
    """How far this station has told. behind: what was done there since then is not known here."""
    if one.seen_ms is None:
        return {"name": one.name, "told": g.say("console.rooms.never"), "behind": True}
    local, today = tell.local(one.seen_ms), tell.local(tell.now_ms).date()
    seen = clock_time(local) if local.date() == today else tell.moment(one.seen_ms)
    silent = one.seen_ms < tell.now_ms - THERE_MS
    if one.unsent:
        told = g.say("console.rooms.unsent", seen=seen, n=one.unsent)
    else:
        told = g.say(f"console.rooms.{'silent' if silent else 'sent'}", seen=seen)
    return {"name": one.name, "told": told, "behind": bool(one.unsent) or silent}


def _rows(tell: Teller, found: list[Reader], room: str) -> list[tuple[Reader, tuple[Any, ...]]]:
    """Each visit with what its line says: whether there is a page, name, class, from, until, minutes, note."""
    rows = []
    for one in found:
        visit = one.visit
        if room and visit.room != room:
            continue
        there = visit.forgotten and (visit.until_ms is None or visit.until_ms > tell.now_ms)
        until = "" if there or visit.until_ms is None else clock_time(tell.local(visit.until_ms))
        minutes = "" if there or visit.until_ms is None else visit.ms // 60_000
        note = "there" if there else "forgotten" if visit.forgotten else ""
        said = g.say(f"console.rooms.{note}") if note else ""
        begun = clock_time(tell.local(visit.from_ms))
        row = (
            one,
            one.name or g.say("console.somebody"),
            one.class_name,
            begun,
            until,
            minutes,
            said,
        )
        rows.append((one, row))
    return rows
