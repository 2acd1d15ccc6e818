"""The console's pages of holds: what lies on the hold shelf, who waits, who did not come; one copy, and one title."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sync.central import hold_lists
from sync.central.db import CentralError, Connection, Database
from sync.central.desk import Desk
from sync.central.expiring import expire
from sync.central.facts import now_at
from sync.central.finding import find
from sync.central.hold_lists import Line
from sync.central.one_copy import Place, history, place_of, title_of
from sync.central.placing import titles_meant, why_not
from sync.central.queue import CANCELLED, EXPIRED
from sync.central.read import time_zone
from sync.central.roles import Right, may
from sync.central.staff import shown_names
from web_ui.console.counter import rules_or_abort
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.rights import View, needs
from web_ui.console.telling import Teller

LISTS = (hold_lists.SHELF, hold_lists.WAITING, hold_lists.LATE)
DONE = ("placed", "cancelled", "released")
CANNOT = ("waits", "has_it", "gone", "no_title", "no_person", "several", "ended", "no_copies")


def hold_pages(db: Database, now_ms: Callable[[], int]) -> Blueprint:
    """The pages of holds under /console/circulation."""
    pages = Blueprint("holds", __name__, url_prefix="/circulation", template_folder="templates")
    desk = _Holds(db, now_ms)
    for rule, name, view in (
        ("/holds", "list", desk.every),
        ("/copy/<barcode>", "copy", desk.copy),
        ("/title/<title>", "title", desk.title),
    ):
        pages.add_url_rule(rule, name, needs(Right.SEE, view))
    acts: tuple[tuple[str, str, View], ...] = (
        ("/holds", "place", desk.place),
        ("/holds/<name>/end", "end", desk.end),
        ("/holds/expire", "expire", desk.expire),
    )
    for rule, name, view in acts:
        pages.add_url_rule(rule, name, needs(Right.DESK, view), methods=["POST"])
    return pages


class _Holds:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def every(self) -> str:
        which = request.args.get("list", hold_lists.SHELF)
        if which not in LISTS:
            abort(404, g.say("console.no_page"))
        school = member().school
        with self._db.read() as conn:
            tell, today = self._teller(conn), self._today(conn)
            lines, following = _LISTS[which](conn, school, _after(which))
            late = hold_lists.count_late(conn, school, today)
        more = ""
        if following:
            key, last = following
            more = url_for(".list", list=which, key=str(key), id=last)
        return self._page(
            "holds",
            which=which,
            lists=LISTS,
            lines=[_told(tell, line, today) for line in lines],
            late=late,
            more=more,
            **_outcome(),
        )

    def copy(self, barcode: str) -> str:
        """Where a copy is, and what is recorded of it: the evidence, when somebody says that it is back."""
        with self._db.read() as conn:
            try:
                place = place_of(conn, member().school, barcode)
            except CentralError:
                abort(404, g.say("console.holds.cannot.no_title"))
            tell = self._teller(conn)
            seen = history(conn, member().school, place.copy.barcode)
            waiting = hold_lists.queue_of(conn, member().school, place.copy.title.id)
        return self._page(
            "copy",
            place=_placed(tell, place),
            waiting=len(waiting),
            evidence=[tell.witness(each) for each in seen],
            fault=request.args.get("e", ""),
            claim=request.args.get("claim", ""),
        )

    def title(self, title: str) -> str:
        with self._db.read() as conn:
            try:
                one = title_of(conn, member().school, title)
            except CentralError:
                abort(404, g.say("console.holds.cannot.no_title"))
            tell, today = self._teller(conn), self._today(conn)
        return self._page(
            "title",
            one=one,
            places=[_placed(tell, place) for place in one.places],
            queue=[_told(tell, line, today) for line in one.queue],
            **_outcome(),
        )

    def place(self) -> str | Response | tuple[str, int]:
        """Put somebody into the queue: from a patron's page, a title's page, or with both still to be found."""
        form = {
            name: request.form.get(name, "").strip() for name in ("patron", "who", "title", "text")
        }
        with self._db.begin(member().school) as conn:
            patron, people = self._patron(conn, form["patron"], form["who"])
            meant = [(form["title"], "", "")] if form["title"] else self._meant(conn, form["text"])
            if people or len(meant) > 1:
                shown = {"patron": patron, "title": meant[0][0] if len(meant) == 1 else ""}
                kept = {**form, **shown}
                return self._page(
                    "choose", people=people, titles=meant if len(meant) > 1 else [], kept=kept
                )
            title = meant[0][0] if meant else ""
            fault = "" if patron and title else ("no_title" if patron else "no_person")
            fault = fault or why_not(conn, member().school, title, patron)
            if not fault:
                self._desk(conn).place_hold(title, patron)
        return _back(patron, title, done="" if fault else "placed", fault=fault)

    def end(self, name: str) -> Response:
        """Cancel, or let the next one have what was not fetched."""
        how = EXPIRED if request.form.get("how") == EXPIRED else CANCELLED
        fault = ""
        try:
            with self._db.begin(member().school) as conn:
                self._desk(conn).end_hold(name, how)
        except CentralError:
            fault = "ended"
        done = "" if fault else ("released" if how == EXPIRED else "cancelled")
        return _back(
            request.form.get("patron", ""), request.form.get("title", ""), done=done, fault=fault
        )

    def expire(self) -> Response:
        """Everything that was not fetched in time goes on, as it would by itself within the hour."""
        with self._db.begin(member().school) as conn:
            expire(conn, member().school, self._now_ms(), staff=member().login)
        return _back("", "", done="released")

    def _patron(self, conn: Connection, patron: str, who: str) -> tuple[str, Any]:
        if patron or not who:
            return patron, ()
        rules = rules_or_abort(conn)
        found = find(conn, member().school, who, rules.library.barcodes)
        return found.patron, found.people

    def _meant(self, conn: Connection, text: str) -> list[tuple[str, str, str]]:
        return titles_meant(conn, member().school, text) if text else []

    def _desk(self, conn: Connection) -> Desk:
        return Desk(conn, member().school, member().login, self._now_ms())

    def _teller(self, conn: Connection) -> Teller:
        school = member().school
        zone, members = time_zone(conn, school), shown_names(conn, school)
        return Teller(g.say, zone, self._now_ms(), members=members)

    def _today(self, conn: Connection) -> date:
        return now_at(rules_or_abort(conn), self._now_ms()).local.date()

    def _page(self, name: str, **shown: object) -> str:
        told = {"may_act": may(member().role, Right.DESK), **framed(self._db, "holds"), **shown}
        return render_template(f"circulation/{name}.html", **told)


_LISTS: dict[str, Any] = {
    hold_lists.SHELF: hold_lists.on_shelf,
    hold_lists.WAITING: hold_lists.waiting,
    hold_lists.LATE: hold_lists.expired,
}


def _after(which: str) -> tuple[Any, str] | None:
    """Where the page begins; what cannot be read begins at the beginning."""
    key, last = request.args.get("key", ""), request.args.get("id", "")
    if not key or not last:
        return None
    try:
        return (date.fromisoformat(key) if which == hold_lists.SHELF else int(key), last)
    except ValueError:
        return None


def _outcome() -> dict[str, str]:
    done, fault = request.args.get("done", ""), request.args.get("e", "")
    return {
        "done": g.say(f"console.holds.done.{done}") if done in DONE else "",
        "why": g.say(f"console.holds.cannot.{fault}") if fault in CANNOT else "",
    }


def _back(patron: str, title: str, *, done: str = "", fault: str = "") -> Response:
    """To where it was asked for: the patron's page, the title's, or the lists."""
    told: dict[str, Any] = {k: v for k, v in (("done", done), ("e", fault)) if v}
    back = request.form.get("back", "")
    if back == "patron" and patron:
        return redirect(url_for("console.counter.patron", **told, patron=patron), 303)
    if back == "title" and title:
        return redirect(url_for(".title", **told, title=title), 303)
    which = request.form.get("list", hold_lists.SHELF if done == "released" else hold_lists.WAITING)
    return redirect(url_for(".list", **told, list=which), 303)


def _told(tell: Teller, line: Line, today: date) -> dict[str, Any]:
    return {
        "line": line,
        "since": tell.moment(line.shelved_ms) if line.shelved_ms is not None else "-",
        "until": tell.day(line.keep_until) if line.keep_until else "-",
        "late": line.keep_until is not None and line.keep_until < today,
        "placed": tell.moment(line.placed_ms),
        "ended": tell.moment(line.ended_ms) if line.ended_ms is not None else "",
    }


def _placed(tell: Teller, place: Place) -> dict[str, Any]:
    copy, say = place.copy, tell.say
    name = place.holder[1] or say("console.somebody")
    if place.on_loan and place.due_on:
        where = say("console.copy.with", name=name, day=tell.day(place.due_on))
    elif place.on_loan:
        where = say("console.copy.with_open", name=name)
    elif place.kept and place.keep_until:
        where = say("console.copy.kept_until", name=place.kept, day=tell.day(place.keep_until))
    elif place.kept:
        where = say("console.copy.kept", name=place.kept)
    else:
        where = say(f"console.copy.state.{copy.state}")
    return {
        "one": copy,
        "book": tell.book(copy.title.title, copy.barcode),
        "where": where,
        "on_loan": place.on_loan,
        "patron": place.holder[0],
        "late": place.on_loan and tell.is_past(place.due_on),
        "claimed": tell.moment(place.claimed_ms) if place.claimed_ms is not None else "",
    }
