"""The console's pages of classes: the list, a class at a glance, and a whole class that borrows at the counter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from kiosk.domain import Receipt
from sync.central.class_overview import boxes_there, pupils_now, whose_card
from sync.central.classes import Pupil, classes, pupils
from sync.central.counter import Counter
from sync.central.db import Connection, Database
from sync.central.desk import Desk
from sync.central.facts import copy_of, patron_of
from sync.central.read import time_zone
from sync.central.roles import Right
from web_ui.console.boxes import MOST_BYTES, refused, scanned
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.rights import needs
from web_ui.console.telling import Teller

_LONGEST = 60


def class_pages(db: Database, now_ms: Callable[[], int]) -> Blueprint:
    """The pages under /console/classes."""
    pages = Blueprint("classes", __name__, url_prefix="/classes")
    desk = _Classes(db, now_ms)
    pages.add_url_rule("/", "list", needs(Right.SEE, desk.list))
    pages.add_url_rule("/one", "page", needs(Right.SEE, desk.page))
    pages.add_url_rule("/borrow", "borrow", needs(Right.DESK, desk.borrow))
    pages.add_url_rule("/borrow", "scan", needs(Right.DESK, desk.scan), methods=["POST"])
    pages.add_url_rule("/give", "give", needs(Right.DESK, desk.give))
    lend = needs(Right.DESK, desk.lend, most_bytes=MOST_BYTES)
    pages.add_url_rule("/give", "lend", lend, methods=["POST"])

    return pages


class _Classes:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def list(self) -> str:
        with self._db.read() as conn:
            every = classes(conn, member().school)
        grades: dict[int, list[str]] = {}
        for one in every:
            grades.setdefault(one.grade, []).append(one.name)
        return self._page("list", grades=grades)

    def page(self) -> str | Response:
        class_name = request.args.get("class", "")
        if not class_name:
            return redirect(url_for(".list"), 303)
        with self._db.read() as conn:
            tell = self._teller(conn)
            today = tell.local(tell.now_ms).date()
            here = pupils_now(conn, member().school, class_name, today)
            boxes = boxes_there(conn, member().school, class_name)
        if not here:
            abort(404, g.say("console.classes.no_class"))
        shown = [(box, tell.day(box.due_on)) for box in boxes]
        return self._page("page", class_name=class_name, pupils=here, boxes=shown)

    # Card, books, card, books.

    def borrow(self) -> str | Response:
        if not request.args.get("class"):
            return redirect(url_for(".list"), 303)
        return self._borrow(request.args.get("class", ""), request.args.get("pupil", ""))

    def scan(self) -> str | Response:
        """A card makes its pupil the one who borrows; a book is lent, or taken back, as at the counter."""
        class_name, pupil = request.form.get("class", ""), request.form.get("pupil", "")
        text = request.form.get("scan", "").strip()[:_LONGEST]
        with self._db.begin(member().school) as conn:
            card = whose_card(conn, member().school, text)
            if card and card[1] == "active":
                told = {"class": class_name, "pupil": card[0]}
                return redirect(f"{url_for('.borrow')}?{urlencode(told)}", 303)
            if card:
                why = g.say("console.classes.cannot.card")
            elif not pupil or patron_of(conn, member().school, pupil) is None:
                why = g.say("console.classes.cannot.nobody")
            elif text:
                receipts = Counter(self._desk(conn)).scan(pupil, text)
                return self._borrow(class_name, pupil, receipts=receipts, conn=conn)
            else:
                why = ""
        return self._borrow(class_name, pupil, why=why)

    # A copy for each.

    def give(self) -> str | Response:
        if not request.args.get("class"):
            return redirect(url_for(".list"), 303)
        return self._give(request.args.get("class", ""))

    def lend(self) -> str | tuple[str, int]:
        """First each book is laid beside a pupil, in the order of both lists; sent again, that is lent."""
        class_name, school = request.form.get("class", ""), member().school
        with self._db.begin(school) as conn:
            here = pupils(conn, school, class_name)
            names = {pupil.id: pupil.name for pupil in here}
            if request.form.get("go"):
                pairs = _pairs(names)
                counter = Counter(self._desk(conn))
                told = [
                    (names[who], _told(counter.checkout(who, barcode)[-1], barcode))
                    for who, barcode in pairs
                ]
                return self._give(class_name, told=told, conn=conn)
            absent = set(names) - set(request.form.getlist("pupil"))
            present = [pupil for pupil in here if pupil.id not in absent]
            books = list(dict.fromkeys(scanned()))
            laid = [
                (pupil, barcode, _title(conn, barcode))
                for pupil, barcode in zip(present, books, strict=False)
            ]
            rest = (len(books) - len(laid), len(present) - len(laid))
            return self._give(class_name, laid=laid, rest=rest, absent=absent, conn=conn)

    def _desk(self, conn: Connection) -> Desk:
        return Desk(conn, member().school, member().login, self._now_ms())

    def _teller(self, conn: Connection) -> Teller:
        return Teller(g.say, time_zone(conn, member().school), self._now_ms())

    def _borrow(
        self,
        class_name: str,
        pupil: str,
        *,
        receipts: Sequence[Receipt] = (),
        why: str = "",
        conn: Connection | None = None,
    ) -> str:
        if conn is None:
            with self._db.read() as fresh:
                return self._borrow(class_name, pupil, why=why, conn=fresh)
        tell = self._teller(conn)
        here = pupils_now(conn, member().school, class_name, tell.local(tell.now_ms).date())
        if not here:
            abort(404, g.say("console.classes.no_class"))
        patron = patron_of(conn, member().school, pupil) if pupil else None
        return self._page(
            "borrow",
            class_name=class_name,
            pupils=here,
            pupil=pupil if patron else "",
            pupil_name=patron.name if patron else "",
            lines=[_line(tell, receipt) for receipt in receipts],
            why=why,
        )

    def _give(
        self,
        class_name: str,
        *,
        laid: Sequence[tuple[Pupil, str, str]] = (),
        rest: tuple[int, int] = (0, 0),
        absent: set[str] | None = None,
        told: Sequence[tuple[str, str]] = (),
        conn: Connection | None = None,
    ) -> str:
        if conn is None:
            with self._db.read() as fresh:
                return self._give(class_name, conn=fresh)
        here = pupils(conn, member().school, class_name)
        if not here:
            abort(404, g.say("console.classes.no_class"))
        return self._page(
            "give",
            class_name=class_name,
            pupils=here,
            laid=laid,
            books_left=max(0, rest[0]),
            pupils_left=max(0, rest[1]),
            absent=absent or set(),
            told=told,
            sent=request.form.get("barcodes", ""),
        )

    def _page(self, page: str, /, **shown: Any) -> str:
        return render_template(f"classes/{page}.html", **framed(self._db, "classes"), **shown)


def _pairs(names: dict[str, str]) -> list[tuple[str, str]]:
    """Who gets which copy: fields named copy-PATRON, of pupils of the class."""
    return [
        (field.removeprefix("copy-"), barcode)
        for field, barcode in request.form.items()
        if field.startswith("copy-") and field.removeprefix("copy-") in names
    ]


def _title(conn: Connection, barcode: str) -> str:
    copy = copy_of(conn, member().school, barcode)
    return copy.title.title if copy else ""


def _told(receipt: Receipt, barcode: str) -> str:
    """What became of one copy of a set."""
    book = g.say(
        "console.book", title=receipt.copy.title.title if receipt.copy else "-", barcode=barcode
    )
    if receipt.verdict.allowed:
        return str(g.say("console.classes.lent", book=book))
    return str(g.say("console.classes.refused", book=book, reason=refused(receipt.verdict)))


def _line(tell: Teller, receipt: Receipt) -> tuple[str, bool]:
    """What was done with a scanned book, and whether it was done."""
    verdict, copy = receipt.verdict, receipt.copy
    book = tell.book(copy.title.title if copy else "", copy.barcode if copy else None)
    if not verdict.allowed:
        return tell.say("console.classes.refused", book=book, reason=refused(verdict)), False
    if verdict.due_on:
        return tell.say("console.classes.lent_until", book=book, day=tell.day(verdict.due_on)), True
    return tell.say("console.classes.taken_back", book=book), True
