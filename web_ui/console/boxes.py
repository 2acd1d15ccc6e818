"""The console's pages of class boxes: the list, a box with its copies, and what is missing from boxes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from kiosk.domain import Verdict
from sync.central import boxes, reading_lists
from sync.central.box_lending import Lent, lend_box, loans_of_box
from sync.central.box_tally import missing
from sync.central.boxes import Placed
from sync.central.classes import ClassOf, classes
from sync.central.db import CentralError, Connection, Database
from sync.central.desk import Desk
from sync.central.facts import rules_of
from sync.central.people import Row, Wanted, find_people
from sync.central.read import time_zone
from sync.central.roles import Right, may
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.rights import needs
from web_ui.console.telling import Teller

DONE = ("made", "renamed", "dissolved", "out", "filled")
# What a scanner may send at once: a box full of labels.
MOST_BYTES = 64 * 1024
_LONGEST_NAME = 60
_MOST_EACH = 50


def box_pages(db: Database, now_ms: Callable[[], int]) -> Blueprint:
    """The pages under /console/boxes; those of a box that is lent are added to them."""
    pages = Blueprint("boxes", __name__, url_prefix="/boxes")
    desk = _Boxes(db, now_ms)
    pages.add_url_rule("/", "list", needs(Right.SEE, desk.list))
    pages.add_url_rule("/missing", "missing", needs(Right.SEE, desk.missing))
    pages.add_url_rule("/<box>", "page", needs(Right.SEE, desk.page))
    for rule, name, view in (
        ("/", "make", desk.make),
        ("/<box>/rename", "rename", desk.rename),
        ("/<box>/dissolve", "dissolve", desk.dissolve),
        ("/<box>/in", "put_in", desk.put_in),
        ("/<box>/list", "put_in_list", desk.put_in_list),
        ("/<box>/out", "take_out", desk.take_out),
        ("/<box>/lend", "lend", desk.lend),
    ):
        marked = needs(Right.DESK, view, most_bytes=MOST_BYTES)
        pages.add_url_rule(rule, name, marked, methods=["POST"])
    return pages


class _Boxes:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def list(self) -> str:
        after = (request.args.get("name", ""), request.args.get("id", ""))
        with self._db.read() as conn:
            found, then = boxes.box_list(conn, member().school, after=after if all(after) else None)
            tell = self._teller(conn)
        more = f"{url_for('.list')}?{urlencode({'name': then[0], 'id': then[1]})}" if then else ""
        shown = [(box, tell.day(box.due_on) if box.due_on else "") for box in found]
        late = {box.id for box in found if tell.is_past(box.due_on)}
        return self._page("list", "boxes", boxes=shown, late=late, more=more, done=_done())

    def missing(self) -> str:
        since, entry = request.args.get("since", ""), request.args.get("entry", "")
        after = (int(since), entry) if since.isascii() and since.isdigit() and entry else None
        with self._db.read() as conn:
            found, then = missing(conn, member().school, after=after)
            tell = self._teller(conn)
        more = ""
        if then:
            more = f"{url_for('.missing')}?{urlencode({'since': then[0], 'entry': then[1]})}"
        shown = [(one, tell.moment(one.missing_ms)) for one in found]
        return self._page("missing", "missing", lines=shown, more=more)

    def make(self) -> Response | tuple[str, int]:
        name = request.form.get("name", "").strip()[:_LONGEST_NAME]
        if not name:
            return self.list(), 409
        with self._db.begin(member().school) as conn:
            box = boxes.make_box(self._desk(conn), name)
        return _to(box, done="made")

    def rename(self, box: str) -> Response | tuple[str, int]:
        name = request.form.get("name", "").strip()[:_LONGEST_NAME]
        with self._db.begin(member().school) as conn:
            _there(conn, box)
            if name:
                boxes.rename_box(self._desk(conn), box, name)
        return _to(box, done="renamed" if name else "")

    def dissolve(self, box: str) -> Response | tuple[str, int]:
        try:
            with self._db.begin(member().school) as conn:
                _there(conn, box)
                boxes.dissolve(self._desk(conn), box)
        except CentralError:
            return self._one(box, why=g.say("console.boxes.cannot.lent")), 409
        return redirect(url_for(".list", done="dissolved"), 303)

    def page(self, box: str) -> str:
        return self._one(box, done=_done())

    def put_in(self, box: str) -> str:
        """Copies were scanned into the box; what became of each is told once."""
        with self._db.begin(member().school) as conn:
            _there(conn, box)
            told = boxes.put_in(self._desk(conn), box, scanned())
        return self._one(box, placed=told)

    def put_in_list(self, box: str) -> Response:
        """A copy, or as many as are wanted, of each title of a reading list."""
        each = request.form.get("each", "1")
        with self._db.begin(member().school) as conn:
            _there(conn, box)
            try:
                wanted = reading_lists.entries(conn, member().school, request.form.get("list", ""))
            except CentralError:
                abort(404, g.say("console.boxes.no_list"))
            n = boxes.put_in_titles(
                self._desk(conn),
                box,
                [one.title_id for one in wanted],
                each=min(int(each), _MOST_EACH) if each.isascii() and each.isdigit() else 1,
            )
        return _to(box, done="filled", n=n)

    def take_out(self, box: str) -> Response:
        with self._db.begin(member().school) as conn:
            _there(conn, box)
            boxes.take_out(self._desk(conn), box, request.form.getlist("copy"))
        return _to(box, done="out")

    def lend(self, box: str) -> str | Response | tuple[str, int]:
        """Lend the box to a teacher; back with what stays here, or with why nothing went."""
        class_name, until = request.form.get("class", ""), _day(request.form.get("due_on", ""))
        school = member().school
        with self._db.read() as conn:
            _there(conn, box)
            people = _meant(conn, request.form.get("teacher", ""))
            known = {one.name for one in classes(conn, school)}
            today = self._teller(conn).local(self._now_ms()).date()
        until = until if until and until >= today else None
        if len(people) != 1 or class_name not in known or until is None:
            why = "teacher" if len(people) != 1 else "class" if class_name not in known else "day"
            return self._one(box, why=g.say(f"console.boxes.cannot.{why}"), people=people), 409
        try:
            with self._db.begin(school) as conn:
                rules = rules_of(conn, school)
                told = lend_box(
                    self._desk(conn), rules, box, people[0].id, class_name=class_name, due_on=until
                )
        except CentralError:
            return self._one(box, why=g.say("console.boxes.cannot.lent")), 409
        if told.loan is None:
            return self._one(box, why=_refusal(told), lent=told), 409
        if not told.refused:
            return redirect(url_for(".loan", loan=told.loan, done="lent", n=told.copies), 303)
        return self._one(box, lent=told)

    def _desk(self, conn: Connection) -> Desk:
        return Desk(conn, member().school, member().login, self._now_ms())

    def _teller(self, conn: Connection) -> Teller:
        return Teller(g.say, time_zone(conn, member().school), self._now_ms())

    def _one(
        self,
        box: str,
        *,
        done: str = "",
        why: str = "",
        placed: dict[str, Placed] | None = None,
        lent: Lent | None = None,
        people: Iterable[Row] = (),
    ) -> str:
        school = member().school
        with self._db.read() as conn:
            name = _there(conn, box)
            lying = boxes.lying_in(conn, school, box)
            loans = loans_of_box(conn, school, box)
            every: list[ClassOf] = classes(conn, school)
            lists, _ = reading_lists.newest(conn, school)
            tell = self._teller(conn)
        titles = {one.barcode: one.title for one in lying}
        stays = [
            (tell.book(titles.get(b, ""), b), refused(verdict)) for b, verdict in lent.refused
        ] if lent else []  # fmt: skip
        return self._page(
            "page",
            "boxes",
            box=box,
            name=name,
            copies=lying,
            open=next((loan for loan in loans if loan.ended_ms is None), None),
            loans=[(loan, tell.moment(loan.lent_ms), tell.day(loan.due_on)) for loan in loans],
            classes=[one.name for one in every],
            lists=[(one.id, one.head.name) for one in lists],
            n=request.args.get("n", 0, int),
            today=tell.local(tell.now_ms).date(),
            placed=[(b, became, titles.get(b, "")) for b, became in (placed or {}).items()],
            stays=stays,
            lent=lent,
            people=list(people),
            sent=request.form,
            done=done,
            why=why,
            may_act=may(member().role, Right.DESK),
        )

    def _page(self, page: str, here: str, /, **shown: Any) -> str:
        return render_template(f"boxes/{page}.html", **framed(self._db, here), **shown)


def scanned() -> list[str]:
    """The labels in the form's field: a scanner sends one a line, a person may part them by commas."""
    return [word for word in re.split(r"[\s,;，；、]+", request.form.get("barcodes", "")) if word]


def refused(verdict: Verdict) -> str:
    """Why a copy does not go out, for staff."""
    bare = f"reason.{verdict.reason}.head_bare"
    return str(g.say(bare if g.say.has(bare) else f"reason.{verdict.reason}.head"))


def _refusal(told: Lent) -> str:
    return refused(told.verdict) if not told.verdict.allowed else g.say("console.boxes.cannot.none")


def _there(conn: Connection, box: str) -> str:
    try:
        return boxes.box_name(conn, member().school, box)
    except CentralError:
        abort(404, g.say("console.boxes.no_box"))


def _meant(conn: Connection, text: str) -> list[Row]:
    """Whom a name or number may mean; whoever has left is nobody."""
    text = text.strip()
    found = find_people(conn, member().school, Wanted(text)).rows if text else ()
    here = [row for row in found if not row.left]
    exact = [row for row in here if row.name == text]
    return exact if len(exact) == 1 else here


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _done() -> str:
    done = request.args.get("done", "")
    return done if done in DONE else ""


def _to(box: str, *, done: str, n: int | None = None) -> Response:
    return redirect(url_for(".page", box=box, done=done or None, n=n), 303)
