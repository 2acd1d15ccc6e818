"""The console's pages of textbooks: what a term needs, order lists, one textbook with its classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sync.central import textbook_lists as lists
from sync.central import textbooks as books
from sync.central.classes import ClassOf, classes
from sync.central.db import CentralError, Connection, Database
from sync.central.desk import Desk
from sync.central.roles import Right, may
from sync.central.terms import TermOf
from sync.central.textbook_lists import Order, Textbook
from web_ui.console.downloads import Cell, table_file
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.rights import needs
from web_ui.console.terms import chosen_term, terms_shown

DONE = ("saved", "planned", "dropped")
_LONGEST = 120
# A page of orders is one form: four numbers a textbook.
_MOST_BYTES = 64 * 1024
_HEAD = ("subject", "title", "publisher", "isbn", "pupils", "teachers", "spare", "carried")
_SUMS = ("needed", "to_order", "ordered", "delivered", "short")
BY = ("subject", "class")


def textbook_pages(db: Database, now_ms: Callable[[], int]) -> Blueprint:
    """The pages under /console/textbooks; handing out is added to them."""
    pages = Blueprint("textbooks", __name__, url_prefix="/textbooks")
    desk = _Textbooks(db, now_ms)
    pages.add_url_rule("/", "list", needs(Right.SEE, desk.list))
    pages.add_url_rule("/print", "print", needs(Right.SEE, desk.print))
    pages.add_url_rule("/file", "file", needs(Right.SEE, desk.file))
    pages.add_url_rule("/new", "new", needs(Right.DECIDE, desk.new))
    pages.add_url_rule("/book/<book>", "book", needs(Right.SEE, desk.book))
    for rule, name, view in (
        ("/", "counts", desk.counts),
        ("/new", "enter", desk.enter),
        ("/book/<book>", "change", desk.change),
        ("/book/<book>/plan", "plan", desk.plan),
        ("/book/<book>/drop", "drop", desk.drop),
    ):
        marked = needs(Right.DECIDE, view, most_bytes=_MOST_BYTES)
        pages.add_url_rule(rule, name, marked, methods=["POST"])
    return pages


class _Textbooks:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def list(self) -> str:
        return self._list(done=request.args.get("done", ""))

    def counts(self) -> Response | tuple[str, int]:
        """Numbers of a page of orders: those that were changed are written."""
        term = request.form.get("term", "")
        try:
            with self._db.begin(member().school) as conn:
                for name, counts in _counts().items():
                    order = lists.order_of(conn, member().school, term, name)
                    new = {k: v for k, v in counts.items() if getattr(order, k) != v}
                    if new:
                        books.note_order(self._desk(conn), term, name, new)
        except (CentralError, ValueError):
            return self._list(why=g.say("console.textbooks.cannot.number")), 409
        return _back("list", "saved", term=term, subject=request.form.get("subject", ""))

    def print(self) -> str:
        """The order list on paper: by subject, or by class."""
        with self._db.read() as conn:
            term = chosen_term(conn, self._now_ms())
            by = _by()
            groups = list(_by_subject(conn, term) if by == "subject" else _by_class(conn, term))
        return self._page("print", "textbooks", term=term, by=by, groups=groups)

    def file(self) -> Response:
        """The order list as a table: by subject, or by class."""
        with self._db.read() as conn:
            term, by = chosen_term(conn, self._now_ms()), _by()
            rows = list(_rows(conn, term) if by == "subject" else _class_rows(conn, term))
        named = (*_HEAD, *_SUMS) if by == "subject" else ("class", *_HEAD[:6], "handed", "out")
        head = [g.say(f"console.textbooks.column.{name}") for name in named]
        name = g.say(f"console.textbooks.file_{by}", term=term.name if term else "")
        return table_file(name, request.args.get("kind", "csv"), head, rows)

    def new(self) -> str:
        with self._db.read() as conn:
            term = chosen_term(conn, self._now_ms())
        return self._page("new", "textbooks", term=term, book=Textbook("", "", ""), why="")

    def enter(self) -> Response | tuple[str, int]:
        term, book = request.form.get("term", ""), _sent_book("")
        if not book.title or not book.subject:
            why = g.say("console.textbooks.cannot.empty")
            with self._db.read() as conn:
                shown = chosen_term(conn, self._now_ms())
            return self._page("new", "textbooks", term=shown, book=book, why=why), 409
        with self._db.begin(member().school) as conn:
            name = books.add_book(self._desk(conn), book)
        return _back("book", "saved", term=term, book=name)

    def book(self, book: str) -> str:
        return self._book(book, done=request.args.get("done", ""))

    def change(self, book: str) -> Response | tuple[str, int]:
        sent = _sent_book(book)
        if not sent.title or not sent.subject:
            return self._book(book, why=g.say("console.textbooks.cannot.empty")), 409
        with self._db.begin(member().school) as conn:
            _there(conn, book)
            books.change_book(self._desk(conn), sent)
        return _back("book", "saved", term=request.form.get("term", ""), book=book)

    def plan(self, book: str) -> Response | tuple[str, int]:
        """Which classes use it this term."""
        term, named = request.form.get("term", ""), request.form.getlist("class")
        teachers = request.form.get("teachers", "0")
        with self._db.begin(member().school) as conn:
            _there(conn, book)
            known = {one.name for one in classes(conn, member().school)}
            if not term or not teachers.isascii() or not teachers.isdigit() or len(teachers) > 3:
                abort(400, g.say("console.stale"))
            wanted = [name for name in dict.fromkeys(named) if name in known]
            books.plan(self._desk(conn), term, book, wanted, teachers=int(teachers))
        return _back("book", "planned", term=term, book=book)

    def drop(self, book: str) -> Response | tuple[str, int]:
        term = request.form.get("term", "")
        try:
            with self._db.begin(member().school) as conn:
                books.drop(self._desk(conn), term, book)
        except CentralError:
            return self._book(book, why=g.say("console.textbooks.cannot.handed")), 409
        return _back("list", "dropped", term=term)

    def _desk(self, conn: Connection) -> Desk:
        return Desk(conn, member().school, member().login, self._now_ms())

    def _list(self, *, done: str = "", why: str = "") -> str:
        subject = request.values.get("subject", "").strip()
        after = tuple(request.args.get(n, "") for n in ("after", "title", "id"))
        with self._db.read() as conn:
            term = chosen_term(conn, self._now_ms())
            found, then = _orders(conn, term, subject, after if all(after) else None)
            terms = terms_shown(conn)
        more = ""
        if then and term:
            told = {"term": term.key, "subject": subject}
            told |= dict(zip(("after", "title", "id"), then, strict=True))
            more = f"{url_for('.list')}?{urlencode({k: v for k, v in told.items() if v})}"
        return self._page(
            "list",
            "textbooks",
            term=term,
            terms=terms,
            orders=found,
            subject=subject,
            more=more,
            done=done if done in DONE else "",
            why=why,
            may_plan=may(member().role, Right.DECIDE),
        )

    def _book(self, name: str, *, done: str = "", why: str = "") -> str:
        school = member().school
        with self._db.read() as conn:
            book = _there(conn, name)
            term = chosen_term(conn, self._now_ms())
            needs_it = lists.needs_of_book(conn, school, term.key, name) if term else []
            every = classes(conn, school)
        uses = {need.class_name for need in needs_it}
        return self._page(
            "book",
            "textbooks",
            book=book,
            term=term,
            needs=needs_it,
            grades=_by_grade(every),
            ticked=uses or {one.name for one in every if one.grade == book.grade},
            teachers=max((need.teachers for need in needs_it), default=0),
            planned=bool(needs_it),
            done=done if done in DONE else "",
            why=why,
            may_plan=may(member().role, Right.DECIDE),
        )

    def _page(self, name: str, here: str, **shown: Any) -> str:
        return render_template(f"textbooks/{name}.html", **framed(self._db, here), **shown)


def _there(conn: Connection, name: str) -> Textbook:
    try:
        return lists.book_of(conn, member().school, name)
    except CentralError:
        abort(404, g.say("console.textbooks.no_book"))


def _orders(
    conn: Connection, term: TermOf | None, subject: str, after: Any, most: int = lists.PAGE
) -> tuple[list[Order], tuple[str, str, str] | None]:
    if term is None:
        return [], None
    return lists.orders(conn, member().school, term.key, subject=subject, after=after, most=most)


def _every_order(conn: Connection, term: TermOf | None) -> Iterator[Order]:
    """All of a term, page by page: there are as many as there are textbooks, not as pupils."""
    after = None
    while True:
        found, after = _orders(conn, term, request.args.get("subject", "").strip(), after, 200)
        yield from found
        if after is None:
            return


def _by_subject(conn: Connection, term: TermOf | None) -> Iterator[tuple[str, list[Order]]]:
    groups: dict[str, list[Order]] = {}
    for order in _every_order(conn, term):
        groups.setdefault(order.book.subject, []).append(order)
    yield from groups.items()


def _by_class(conn: Connection, term: TermOf | None) -> Iterator[tuple[str, list[lists.Need]]]:
    if term is None:
        return
    after = ""
    while True:
        sums, after = lists.class_sums(conn, member().school, term.key, after=after, most=200)
        for one in sums:
            yield (
                one.class_name,
                lists.needs_of_class(conn, member().school, term.key, one.class_name),
            )
        if not after:
            return


def _rows(conn: Connection, term: TermOf | None) -> Iterator[list[Cell]]:
    for order in _every_order(conn, term):
        book = order.book
        told: list[Cell] = [book.subject, book.title, book.publisher, book.isbn]
        yield [*told, *(getattr(order, name) for name in (*_HEAD[4:], *_SUMS))]


def _class_rows(conn: Connection, term: TermOf | None) -> Iterator[list[Cell]]:
    for class_name, found in _by_class(conn, term):
        for need in found:
            book = need.book
            told: list[Cell] = [class_name, book.subject, book.title, book.publisher, book.isbn]
            yield [*told, need.pupils, need.teachers, need.handed + need.teachers_handed, need.out]


def _by() -> str:
    by = request.args.get("by", BY[0])
    return by if by in BY else BY[0]


def _by_grade(every: list[ClassOf]) -> list[tuple[int, list[str]]]:
    grades: dict[int, list[str]] = {}
    for one in every:
        grades.setdefault(one.grade, []).append(one.name)
    return list(grades.items())


def _counts() -> dict[str, dict[str, int]]:
    """The numbers of the form: fields are named like ordered-ID. ValueError for what is no number."""
    found: dict[str, dict[str, int]] = {}
    for field, value in request.form.items():
        what, _, name = field.partition("-")
        if what in lists.COUNTED and name:
            found.setdefault(name, {})[what] = int(value.strip() or "0")
    return found


def _sent_book(name: str) -> Textbook:
    def text(field: str) -> str:
        return request.form.get(field, "").strip()[:_LONGEST]

    grade = text("grade")
    return Textbook(
        name,
        text("title"),
        text("subject"),
        int(grade) if grade.isascii() and grade.isdigit() and 1 <= int(grade) <= 13 else None,
        text("publisher"),
        text("isbn"),
        bool(request.form.get("reused")),
    )


def _back(page: str, done: str, **told: str) -> Response:
    named: dict[str, Any] = {key: value for key, value in told.items() if value}
    return redirect(url_for(f".{page}", done=done, **named), 303)
