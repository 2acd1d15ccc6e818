"""The console's pages of machines: what each station said of itself last."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, g, render_template

from sync.central.db import Database
from sync.central.overview import machines
from sync.central.read import time_zone
from sync.central.roles import Right
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.rights import needs
from web_ui.console.telling import Teller


def device_pages(pages: Blueprint, db: Database, now_ms: Callable[[], int]) -> None:
    """Add them to the console's pages."""
    desk = _Devices(db, now_ms)
    pages.add_url_rule("/stations", "stations", needs(Right.DEVICES, desk.stations))


class _Devices:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def stations(self) -> str:
        school = member().school
        with self._db.read() as conn:
            tell = Teller(g.say, time_zone(conn, school), self._now_ms())
            found = machines(conn, school)
        shown = [tell.machine(one) for one in found]
        return render_template(
            "console/stations.html", **framed(self._db, "stations"), machines=shown
        )
