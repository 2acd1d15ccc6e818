"""The console's page for a new school year: what would change, who leaves with books, and then the doing of it."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sync.central.db import CentralError, Database
from sync.central.desk import Desk
from sync.central.read import time_zone
from sync.central.roles import Right
from sync.central.school_year import YearBegun, begin_year, plan, year_begun
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.rights import needs
from web_ui.console.telling import Teller


def year_pages(pages: Blueprint, db: Database, now_ms: Callable[[], int]) -> None:
    """Add the page to those of people."""
    desk = _Year(db, now_ms)
    pages.add_url_rule("/year", "year", needs(Right.DECIDE, desk.show))
    pages.add_url_rule("/year", "begin_year", needs(Right.DECIDE, desk.begin), methods=["POST"])


class _Year:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def show(self) -> str:
        return self._page(_grades(request.args.getlist("leave")))

    def begin(self) -> Response | tuple[str, int]:
        school, leaving = member().school, _grades(request.form.getlist("leave"))
        try:
            with self._db.begin(school) as conn:
                desk = Desk(conn, school, member().login, self._now_ms())
                begin_year(desk, leaving, request.form.get("plan", ""))
        except YearBegun:
            return self._page(leaving), 409
        except CentralError:
            return self._page(leaving, why=g.say("console.year.changed")), 409
        return redirect(url_for(".year", done="1"), 303)

    def _page(self, leaving: list[int], *, why: str = "") -> str:
        school, now_ms = member().school, self._now_ms()
        with self._db.read() as conn:
            told = plan(conn, school, leaving)
            begun = year_begun(conn, school, now_ms)
            tell = Teller(g.say, time_zone(conn, school), now_ms)
        return render_template(
            "people/year.html",
            **framed(self._db, "year"),
            plan=told,
            grades=sorted({move.grade for move in told.moves}),
            begun=tell.moment(begun) if begun is not None else "",
            done=bool(request.args.get("done")),
            why=why,
        )


def _grades(sent: list[str]) -> list[int]:
    return [int(one) for one in sent if one.isascii() and one.isdigit() and len(one) <= 2]
