"""The console's first page: what is open now, how the stations are, what waits, and one thing to do next."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, g, render_template, url_for

from sync.central.db import Database
from sync.central.publishing import versions
from sync.central.read import time_zone
from sync.central.roles import Right
from sync.central.today import MOST, RoomNow, Today, today
from web_ui.console.devices import told
from web_ui.console.frame import framed, in_language
from web_ui.console.gate import member
from web_ui.console.rights import needs, opens
from web_ui.console.telling import Teller
from web_ui.telling import clock_time, tell_when

# Where each thing that waits is seen to.
_PLACES = {
    "no_rules": "console.rules",
    "stations": "console.stations",
    "cases": "console.inbox",
    "complaints": "console.voices.list",
    "claims": "console.claims.list",
    "expired": "console.holds.list",
    "overdue": "console.overdue.list",
    "to_fetch": "console.holds.list",
    "calendar": "console.rules",
}


def today_pages(pages: Blueprint, db: Database, now_ms: Callable[[], int]) -> None:
    """Add it to the console's pages."""

    def page() -> str:
        school = member().school
        with db.read() as conn:
            tell = Teller(g.say, time_zone(conn, school), now_ms())
            found = today(conn, school, now_ms())
            kept = versions(conn, school)
        in_force = kept[0].digest if kept else ""
        waiting = _waiting(tell, found)
        return render_template(
            "today/page.html",
            **framed(db, "today"),
            day=tell.heading(now_ms()),
            closed=in_language(*found.closed),
            rooms=[_room(tell, room) for room in found.rooms],
            stations=[told(tell, one, in_force, {}) for one in found.stations],
            first=waiting[0] if waiting else None,
            waiting=waiting[1:],
        )

    pages.add_url_rule("/today", "today", needs(Right.SEE, page))


def _waiting(tell: Teller, found: Today) -> list[dict[str, str]]:
    """In order of urgency: what it is in one sentence, and where to go."""
    lines = [
        (what, {"n": n, "many": f"{n}+" if n >= MOST else str(n)})
        for what, n in found.waiting.items()
    ]
    if found.calendar_ends:
        lines.append(("calendar", {"n": 1, "many": tell.day(found.calendar_ends)}))
    shown = []
    for what, values in lines:
        place = _PLACES[what]
        link = url_for(place) if opens(place) else ""
        shown.append(
            {"what": what, "words": g.say(f"console.today.{what}", **values), "link": link}
        )
    return shown


def _room(tell: Teller, room: RoomNow) -> dict[str, object]:
    if room.until:
        when = g.say("console.today.until", time=clock_time(room.until))
    elif room.next:
        when = g.say(
            "console.today.next", when=tell_when(g.say, room.next, tell.local(tell.now_ms))
        )
    else:
        when = g.say("console.today.no_next")
    return {"name": in_language(room.name, room.name_en), "open": bool(room.until), "when": when}
