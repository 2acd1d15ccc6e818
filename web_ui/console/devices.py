"""The console's pages of stations: which need a person, what each said, codes to enrol, and what may be done."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from kiosk.health_told import IN_ORDER
from kiosk.signs import Condition, Sign
from sync.central import devices
from sync.central.db import CentralError, Connection, Database
from sync.central.desk import Desk
from sync.central.devices import Standing
from sync.central.heartbeats import SILENT_MS, Beat, beats
from sync.central.publishing import versions
from sync.central.read import time_zone
from sync.central.roles import Right, may
from sync.central.rules import rules_in_force
from web_ui.console.frame import framed, in_language
from web_ui.console.gate import member
from web_ui.console.rights import View, needs
from web_ui.console.telling import Teller
from web_ui.qr import qr_svg
from web_ui.telling import tell_room

DONE = ("renamed", "revoked", "chosen")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def device_pages(pages: Blueprint, db: Database, now_ms: Callable[[], int]) -> None:
    """Add them to the console's pages."""
    desk = _Devices(db, now_ms)
    pages.add_url_rule("/stations", "stations", needs(Right.DEVICES, desk.list))
    pages.add_url_rule("/stations/<station>", "station", needs(Right.DEVICES, desk.page))
    acts: tuple[tuple[str, str, Right, View], ...] = (
        ("/stations", "station_add", Right.DEVICES, desk.add),
        ("/stations/<station>/code", "station_code", Right.DEVICES, desk.code),
        ("/stations/<station>/name", "station_rename", Right.DEVICES, desk.rename),
        ("/stations/<station>/revoke", "station_revoke", Right.DECIDE, desk.revoke),
        ("/stations/<station>/choose", "station_choose", Right.DECIDE, desk.choose),
    )
    for rule, name, right, view in acts:
        pages.add_url_rule(rule, name, needs(right, view), methods=["POST"])


class _Devices:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def list(self, *, why: str = "") -> str:
        school = member().school
        with self._db.read() as conn:
            tell = self._teller(conn)
            found = devices.standings(conn, school, self._now_ms())
            in_force, rooms = _in_force(conn), _rooms(conn)
        shown = [told(tell, one, in_force, rooms) for one in found]
        return self._page("list", stations=shown, rooms=rooms, why=why)

    def page(self, station: str) -> str:
        return self._one(station, done=request.args.get("done", ""))

    def add(self) -> str | tuple[str, int]:
        station, name = (request.form.get(n, "").strip() for n in ("id", "name"))
        if not _ID.fullmatch(station) or not name:
            return self.list(why=g.say("console.devices.bad_id")), 409
        try:
            with self._db.begin(member().school) as conn:
                code = devices.add(self._desk(conn), station, name[: devices.LONGEST_NAME], _room())
        except CentralError:
            return self.list(why=g.say("console.devices.taken")), 409
        return self._one(station, code=code)

    def code(self, station: str) -> str | tuple[str, int]:
        try:
            with self._db.begin(member().school) as conn:
                code = devices.new_code(self._desk(conn), station)
        except CentralError:
            abort(404, g.say("console.devices.nobody"))
        return self._one(station, code=code)

    def rename(self, station: str) -> Response:
        name = request.form.get("name", "").strip()
        if not name:
            abort(400, g.say("console.form.needed"))
        return self._act(
            "renamed", station, lambda desk: devices.rename(desk, station, name, _room())
        )

    def revoke(self, station: str) -> Response:
        return self._act("revoked", station, lambda desk: devices.revoke(desk, station))

    def choose(self, station: str) -> Response:
        epoch = request.form.get("epoch", "")
        if not (epoch.isascii() and epoch.isdigit()):
            abort(400, g.say("console.stale"))
        return self._act("chosen", station, lambda desk: devices.choose(desk, station, int(epoch)))

    def _act(self, done: str, station: str, act: Callable[[Desk], None]) -> Response:
        try:
            with self._db.begin(member().school) as conn:
                act(self._desk(conn))
        except CentralError:
            abort(404, g.say("console.devices.nobody"))
        return redirect(url_for("console.station", station=station, done=done), 303)

    def _one(self, station: str, *, done: str = "", code: str = "") -> str:
        school = member().school
        with self._db.read() as conn:
            tell = self._teller(conn)
            try:
                one = devices.standing(conn, school, station, self._now_ms())
            except CentralError:
                abort(404, g.say("console.devices.nobody"))
            parked = devices.parked_epochs(conn, school, station)
            in_force, rooms = _in_force(conn), _rooms(conn)
            history = beats(conn, school, station)
        return self._page(
            "page",
            history=told_beats(tell, history, one.free_mb),
            one=told(tell, one, in_force, rooms),
            room=one.machine.room,
            parked=parked,
            rooms=rooms,
            code=code,
            # A scanner reads it at the station; nothing else is in it.
            qr=Markup(qr_svg(code)) if code else "",
            may_decide=may(member().role, Right.DECIDE),
            done=done if done in DONE else "",
        )

    def _teller(self, conn: Connection) -> Teller:
        return Teller(g.say, time_zone(conn, member().school), self._now_ms())

    def _desk(self, conn: Connection) -> Desk:
        return Desk(conn, member().school, member().login, self._now_ms())

    def _page(self, name: str, **shown: object) -> str:
        return render_template(f"devices/{name}.html", **framed(self._db, "stations"), **shown)


def told(tell: Teller, one: Standing, in_force: str, rooms: dict[str, str]) -> dict[str, object]:
    """A station in words. in_force: the digest of the rules that it should live by ("": none were published)."""
    machine = one.machine
    taken = "unknown" if not one.rules or not in_force else str(one.rules == in_force)
    return {
        **tell.machine(machine),
        "room": rooms.get(machine.room, machine.room),
        "light": str(one.light),
        "light_word": g.say(f"console.devices.light.{one.light}"),
        "why": [g.say(f"console.devices.why.{why}", n=machine.unsent or 0) for why in one.why],
        "here": one.here,
        "revoked": machine.revoked,
        "parts": [(part, *_part(one.free_mb, how)) for part, how in one.parts.items()],
        "paper": next((how for part, how in _printers(one)), ""),
        "rules": g.say(f"console.devices.rules.{taken.lower()}"),
        "software": one.software,
    }


def told_beats(
    tell: Teller, history: Sequence[Beat], free_mb: str
) -> list[tuple[str, str, str, list[str]]]:
    """Each span: from, until, how long nothing was heard before it (""), and what was not in order."""
    shown = []
    for n, beat in enumerate(history):
        before = history[n + 1].to_ms if n + 1 < len(history) else None
        silent = before is not None and beat.from_ms - before > SILENT_MS
        gap = tell.between(before, beat.from_ms) if before is not None and silent else ""
        amiss = [
            f"{g.say('staff.part.' + part.split(' ')[0])}: {_part(free_mb, how)[2]}"
            for part, how in devices.conditions(beat.parts).items()
            if how not in IN_ORDER
        ]
        shown.append((tell.moment(beat.from_ms), tell.moment(beat.to_ms), gap, amiss))
    return shown


def _printers(one: Standing) -> list[tuple[str, str]]:
    return [
        (p, _part(one.free_mb, how)[2]) for p, how in one.parts.items() if p.startswith("printer")
    ]


def _part(free_mb: str, how: Condition) -> tuple[str, str, str, str]:
    """Its light, the light in words, what it is, and what to do."""
    light, key = Sign(how, "").light, f"staff.sign.{how}"
    what = g.say(f"{key}.what", None, free=tell_room(free_mb))
    return str(light), g.say(f"staff.light.{light}"), what, g.say(f"{key}.todo")


def _in_force(conn: Connection) -> str:
    kept = versions(conn, member().school)
    return kept[0].digest if kept else ""


def _rooms(conn: Connection) -> dict[str, str]:
    rules = rules_in_force(conn, member().school)
    named = rules.library.rooms if rules else ()
    return {room.key: in_language(room.name, room.name_en) for room in named}


def _room() -> str:
    return request.form.get("room", "").strip()[:40]
