"""The console's pages of a class box that is lent: who has which copy, the list on paper, and the counting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sync.central import box_tally
from sync.central.box_lending import BoxLoan, loan_of
from sync.central.box_tally import Back
from sync.central.boxes import box_name
from sync.central.classes import pupils
from sync.central.db import CentralError, Connection, Database
from sync.central.desk import Desk
from sync.central.facts import rules_of
from sync.central.read import time_zone
from sync.central.roles import Right, may
from web_ui.console.boxes import MOST_BYTES, refused, scanned
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.rights import needs
from web_ui.console.telling import Teller

DONE = ("lent", "noted", "prolonged", "finished")
# A sheet of paper has room for so many titles beside the names.
COLUMNS = 12


def box_loan_pages(pages: Blueprint, db: Database, now_ms: Callable[[], int]) -> None:
    """Add the pages to those of boxes."""
    desk = _Loans(db, now_ms)
    pages.add_url_rule("/loans/<loan>", "loan", needs(Right.SEE, desk.page))
    pages.add_url_rule("/loans/<loan>/sheet", "sheet", needs(Right.SEE, desk.sheet))
    for rule, name, view in (
        ("/loans/<loan>/notes", "note", desk.note),
        ("/loans/<loan>/back", "back", desk.back),
        ("/loans/<loan>/prolong", "prolong", desk.prolong),
        ("/loans/<loan>/finish", "finish", desk.finish),
    ):
        marked = needs(Right.DESK, view, most_bytes=MOST_BYTES)
        pages.add_url_rule(rule, name, marked, methods=["POST"])


class _Loans:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def page(self, loan: str) -> str:
        done, count = request.args.get("done", ""), request.args.get("n", "0")
        told = ""
        if done in DONE and count.isascii() and count.isdigit() and len(count) < 5:
            told = g.say(f"console.boxes.done.{done}", n=int(count))
        return self._one(loan, done=told)

    def sheet(self, loan: str) -> str:
        """Class list beside titles, to be printed: the teacher ticks by hand."""
        with self._db.read() as conn:
            one = _there(conn, loan)
            lines = box_tally.tally(conn, member().school, loan)
            here = pupils(conn, member().school, one.class_name)
            name = _box_name(conn, one)
            due = self._teller(conn).day(one.due_on)
        parts = [lines[at : at + COLUMNS] for at in range(0, len(lines), COLUMNS)]
        return self._page("sheet", loan=one, name=name, due=due, parts=parts, pupils=here)

    def note(self, loan: str) -> Response | tuple[str, int]:
        """Who has which copy: a field a copy, named has-BARCODE."""
        has = {
            field.removeprefix("has-"): who
            for field, who in request.form.items()
            if field.startswith("has-")
        }
        try:
            with self._db.begin(member().school) as conn:
                _there(conn, loan)
                count = box_tally.note_pupils(self._desk(conn), loan, has)
        except CentralError:
            return self._one(loan, why=g.say("console.boxes.cannot.pupil")), 409
        return redirect(url_for(".loan", loan=loan, done="noted", n=count), 303)

    def back(self, loan: str) -> str:
        """Copies were scanned while the box is counted; what became of each is told once."""
        with self._db.begin(member().school) as conn:
            _there(conn, loan)
            told = box_tally.take_back(self._desk(conn), loan, scanned())
        return self._one(loan, became=told)

    def prolong(self, loan: str) -> Response | tuple[str, int]:
        try:
            until = date.fromisoformat(request.form.get("due_on", ""))
        except ValueError:
            return self._one(loan, why=g.say("console.boxes.cannot.day")), 409
        with self._db.begin(member().school) as conn:
            _there(conn, loan)
            rules = rules_of(conn, member().school)
            told = box_tally.prolong(self._desk(conn), rules, loan, until)
        if not told.allowed:
            return self._one(loan, why=refused(told)), 409
        return redirect(url_for(".loan", loan=loan, done="prolonged"), 303)

    def finish(self, loan: str) -> Response | tuple[str, int]:
        try:
            with self._db.begin(member().school) as conn:
                _there(conn, loan)
                count = box_tally.finish(self._desk(conn), loan)
        except CentralError:
            return self._one(loan, why=g.say("console.boxes.cannot.closed")), 409
        return redirect(url_for(".loan", loan=loan, done="finished", n=count), 303)

    def _desk(self, conn: Connection) -> Desk:
        return Desk(conn, member().school, member().login, self._now_ms())

    def _teller(self, conn: Connection) -> Teller:
        return Teller(g.say, time_zone(conn, member().school), self._now_ms())

    def _one(
        self, loan: str, *, done: str = "", why: str = "", became: dict[str, Back] | None = None
    ) -> str:
        with self._db.read() as conn:
            one = _there(conn, loan)
            lines = box_tally.tally(conn, member().school, loan)
            here = pupils(conn, member().school, one.class_name)
            tell, name = self._teller(conn), _box_name(conn, one)
        out = [line for line in lines if not line.back]
        titles = {line.barcode: line.title for line in lines}
        return self._page(
            "loan",
            loan=one,
            name=name,
            lines=[(x, tell.moment(x.closed_ms) if x.closed_ms is not None else "") for x in lines],
            out=out,
            pupils=here,
            lent=tell.moment(one.lent_ms),
            due=tell.day(one.due_on),
            late=bool(out) and tell.is_past(one.due_on),
            became=[(b, how, titles.get(b, "")) for b, how in (became or {}).items()],
            done=done,
            why=why,
            may_act=may(member().role, Right.DESK) and one.ended_ms is None,
        )

    def _page(self, page: str, /, **shown: Any) -> str:
        return render_template(f"boxes/{page}.html", **framed(self._db, "boxes"), **shown)


def _there(conn: Connection, loan: str) -> BoxLoan:
    try:
        return loan_of(conn, member().school, loan)
    except CentralError:
        abort(404, g.say("console.boxes.no_box"))


def _box_name(conn: Connection, loan: BoxLoan) -> str:
    try:
        return box_name(conn, member().school, loan.box)
    except CentralError:
        return str(g.say("console.boxes.gone"))
