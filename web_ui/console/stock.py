"""The console's pages of stock-taking: begin, scan, see what is amiss, close. Each view is parse, call, render.

A scan is a form of one field; its answer is the page again, with the scan's line on top. scan.js sends the same form
without leaving the page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sync.central import stock_result, stocktaking
from sync.central.db import CentralError, Connection, Database
from sync.central.desk import Desk
from sync.central.read import time_zone
from sync.central.roles import Right, may
from sync.central.staff import shown_names
from sync.central.stocktaking import Taking, Verdict, taking_of
from web_ui.console.collected import Unfit, barcodes_in, chosen_file
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.paging import FORMS, as_file, link, packed, unpacked
from web_ui.console.rights import View, needs
from web_ui.console.shelving import Shelving, scope_of, shelf_of, shelving
from web_ui.console.stock_words import StockWords
from web_ui.console.telling import Teller

MOST_SENT_BYTES = 512 * 1024
LINES = 20
PRINTED = 2_000
MISSING = "missing"
LISTS = (*(verdict.value for verdict in Verdict), MISSING)
DONE = ("scanned", "summed", "closed", "marked", "reopened", "back", "put_back", "not_out")


def stock_pages(db: Database, now_ms: Callable[[], int]) -> Blueprint:
    """The pages under /console/stock."""
    pages = Blueprint("stock", __name__, url_prefix="/stock", template_folder="templates")
    desk = _Stock(db, now_ms)
    pages.add_url_rule("/", "list", needs(Right.SEE, desk.list))
    pages.add_url_rule("/<name>", "page", needs(Right.SEE, desk.page))
    pages.add_url_rule("/<name>/list/<which>", "rows", needs(Right.SEE, desk.rows))
    pages.add_url_rule("/<name>/list/<which>.<form>", "file", needs(Right.SEE, desk.file))
    acts: tuple[tuple[str, str, Right, View], ...] = (
        ("/", "begin", Right.DECIDE, desk.begin),
        ("/<name>/scan", "scan", Right.DESK, desk.scan),
        ("/<name>/sum", "sum", Right.DESK, desk.sum),
        ("/<name>/close", "close", Right.DECIDE, desk.close),
        ("/<name>/reopen", "reopen", Right.DECIDE, desk.reopen),
        ("/<name>/take-back", "take_back", Right.DESK, desk.take_back),
        ("/<name>/put-back", "put_back", Right.DESK, desk.put_back),
    )
    for rule, name, right, view in acts:
        pages.add_url_rule(rule, name, needs(right, view), methods=["POST"])
    collected = needs(Right.DESK, desk.collected, most_bytes=MOST_SENT_BYTES)
    pages.add_url_rule("/<name>/collected", "collected", collected, methods=["POST"])
    return pages


class _Stock:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def list(self, why: str = "") -> str:
        after = unpacked(request.args.get("after", ""), int, str)
        with self._db.read() as conn:
            found, more = stocktaking.newest(conn, member().school, after)
            told = self._words(conn)
        return self._page(
            "list",
            takings=[told.taking(one) for one in found],
            parts=told.shelving.part_choices(),
            more=link(".list", {"after": packed(more)}) if more else "",
            may_begin=may(member().role, Right.DECIDE),
            why=why,
        )

    def begin(self) -> Response | tuple[str, int]:
        form = request.form
        name = form.get("name", "").strip()[:80]
        if not name:
            return self.list(g.say("console.form.needed")), 409
        scope = scope_of(
            form.get("part", "")[:200], form.get("call_from", "")[:60], form.get("call_to", "")[:60]
        )
        with self._db.begin(member().school) as conn:
            made = stocktaking.begin(self._desk(conn), name, scope)
        return redirect(url_for(".page", name=made), 303)

    def page(self, name: str) -> str:
        return self._one(name, at=request.args.get("at", ""), done=request.args.get("done", ""))

    def scan(self, name: str) -> Response | tuple[str, int]:
        return self._scanned(name, [request.form.get("barcode", "")[:200]])

    def collected(self, name: str) -> Response | tuple[str, int]:
        """What a collecting scanner holds: pasted, or as a file."""
        try:
            texts = [*barcodes_in(request.form.get("barcodes", "")), *chosen_file()]
            if len(texts) > stocktaking.MOST:
                raise Unfit("many")
        except Unfit as unfit:
            words = g.say(f"console.stock.cannot.{unfit}", n=stocktaking.MOST)
            return self._one(name, why=words), 409
        return self._scanned(name, texts)

    def _scanned(self, name: str, texts: Sequence[str]) -> Response | tuple[str, int]:
        at = request.form.get("at", "")[:200]
        try:
            with self._db.begin(member().school) as conn:
                _taking(conn, name)
                lines, now_at = stocktaking.scan(self._desk(conn), name, texts, shelf_of(at))
        except stocktaking.Closed:
            return self._one(name, why=g.say("console.stock.cannot.closed")), 409
        self._db.note_written("stock", len(lines))
        at = "/".join(now_at) if now_at else ""
        told = {"at": at, "done": "scanned" if len(lines) > 1 else ""}
        return redirect(link(".page", told, name=name), 303)

    def sum(self, name: str) -> Response:
        with self._db.read() as conn:
            _taking(conn, name)
        stock_result.sum_up(self._db, member().school, name, self._now_ms())
        return redirect(url_for(".page", name=name, done="summed", _anchor="result"), 303)

    def close(self, name: str) -> Response | tuple[str, int]:
        mark = request.form.get("mark") == "yes"
        why = request.form.get("why", "").strip()[:200] or g.say("console.stock.not_found_in")
        with self._db.read() as conn:
            _taking(conn, name)
        told: Any = {"staff": member().login, "now_ms": self._now_ms()}
        try:
            stock_result.close(self._db, member().school, name, why, mark=mark, **told)
        except stock_result.TooMany as many:
            return self._one(name, why=g.say("console.stock.cannot.too_many", n=many.count)), 409
        return redirect(url_for(".page", name=name, done="marked" if mark else "closed"), 303)

    def reopen(self, name: str) -> Response:
        with self._db.read() as conn:
            _taking(conn, name)
        told: Any = {"staff": member().login, "now_ms": self._now_ms()}
        stock_result.reopen(self._db, member().school, name, **told)
        return redirect(url_for(".page", name=name, done="reopened"), 303)

    def take_back(self, name: str) -> Response:
        barcode = request.form.get("barcode", "")[:200]
        with self._db.begin(member().school) as conn:
            _taking(conn, name)
            done = stocktaking.take_back(self._desk(conn), name, barcode)
        return self._back(name, "back" if done else "not_out")

    def put_back(self, name: str) -> Response:
        barcode = request.form.get("barcode", "")[:200]
        with self._db.begin(member().school) as conn:
            _taking(conn, name)
            stocktaking.put_back(self._desk(conn), name, barcode)
        return self._back(name, "put_back")

    def _back(self, name: str, done: str) -> Response:
        which = request.form.get("which", "")
        if which in LISTS:
            return redirect(url_for(".rows", name=name, which=which, done=done), 303)
        told = {"at": request.form.get("at", "")[:200], "done": done}
        return redirect(link(".page", told, name=name), 303)

    def rows(self, name: str, which: str) -> str:
        """A list, page by page; ?print: all of it, as far as paper goes."""
        verdict = _which(which)
        printed = "print" in request.args
        after = unpacked(request.args.get("after", ""), str, str, str, str)
        with self._db.read() as conn:
            taking, told = _taking(conn, name), self._words(conn)
            if printed:
                found, after = stock_result.some(
                    conn, member().school, name, verdict, limit=PRINTED
                )
            else:
                found, after = stock_result.some(conn, member().school, name, verdict, after)
        done = request.args.get("done", "")
        return self._page(
            "rows",
            taking=told.taking(taking),
            which=which,
            rows=[told.row(row) for row in found],
            more=link(".rows", {"after": packed(after)}, name=name, which=which) if after else "",
            printed=printed,
            may_act=may(member().role, Right.DESK) and taking.closed_ms is None,
            done=done if done in DONE else "",
        )

    def file(self, name: str, which: str, form: str) -> Any:
        verdict = _which(which)
        if form not in FORMS:
            abort(404, g.say("console.no_page"))
        with self._db.read() as conn:
            taking, told = _taking(conn, name), self._words(conn)
            found = stock_result.all_rows(conn, member().school, name, verdict)
            columns = ("barcode", "title", "author", "call_number", "belongs", "scanned_at")
            heads = [g.say(f"console.stock.column.{column}") for column in columns]
            called = f"{taking.name} {g.say(f'console.stock.verdict.{which}')}"
            return as_file(form, called, heads, (told.cells(row) for row in found))

    def _one(self, name: str, *, at: str = "", done: str = "", why: str = "") -> str:
        with self._db.read() as conn:
            taking, told = _taking(conn, name), self._words(conn)
            newest = stock_result.newest_query(member().school, name, member().login, LINES)
            lines = [told.row(row) for row in conn.execute(newest)]
            unmarked = stock_result.unmarked(conn, member().school, taking)
        role = member().role
        return self._page(
            "page",
            taking=told.taking(taking),
            counts=[(which.value, taking.counts[which]) for which in Verdict],
            lines=lines,
            places=told.shelving.shelf_choices(taking.scope),
            at=at or told.first_place(taking),
            unmarked=unmarked,
            may_act=may(role, Right.DESK),
            may_close=may(role, Right.DECIDE),
            done=done if done in DONE else "",
            why=why,
        )

    def _words(self, conn: Connection) -> StockWords:
        school = member().school
        shelves: Shelving = shelving(conn, school)
        zone, members = time_zone(conn, school), shown_names(conn, school)
        return StockWords(Teller(g.say, zone, self._now_ms(), members=members), shelves)

    def _desk(self, conn: Connection) -> Desk:
        return Desk(conn, member().school, member().login, self._now_ms())

    def _page(self, name: str, **shown: object) -> str:
        return render_template(f"stock/{name}.html", **framed(self._db, "stock"), **shown)


def _taking(conn: Connection, name: str) -> Taking:
    try:
        return taking_of(conn, member().school, name)
    except CentralError:
        abort(404, g.say("console.stock.none"))


def _which(which: str) -> Verdict | None:
    if which not in LISTS:
        abort(404, g.say("console.no_page"))
    return None if which == MISSING else Verdict(which)
