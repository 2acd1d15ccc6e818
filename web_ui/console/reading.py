"""The console's pages of reading lists: made, filled, put in order, printed. Each view is parse, call, render."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, DateField, SelectField, StringField
from wtforms.validators import Optional

from sync.central import reading_lists
from sync.central.catalogue_search import search
from sync.central.db import CentralError, Connection, Database
from sync.central.desk import Desk
from sync.central.read import time_zone
from sync.central.reading_lists import Added, Entry, Head, ListOf
from sync.central.roles import Right, may
from sync.central.staff import shown_names
from web_ui.console.collected import barcodes_in
from web_ui.console.forms import Said, at_most, needed
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.paging import FORMS, as_file, link, packed, unpacked
from web_ui.console.rights import View, needs
from web_ui.console.shelving import Shelving, shelving
from web_ui.console.telling import Teller

MOST_SENT_BYTES = 256 * 1024
_SHOWN = 20
GRADES = range(1, 13)


class Day(DateField):
    """A date that says in our words when it is none."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(Said("console.reading.no_date")) from error


def grade_field(key: str) -> SelectField:
    def choices() -> list[tuple[str, str]]:
        return [("", str(Said("console.filter.all"))), *((str(n), str(n)) for n in GRADES)]

    return SelectField(Said(key), choices=choices, validate_choice=False)


class HeadForm(FlaskForm):
    """What a list says of itself."""

    name = StringField(Said("console.reading.name"), [needed(), at_most(80)])
    recommender = StringField(Said("console.reading.recommender"), [at_most(60)])
    grade_from = grade_field("console.reading.grade_from")
    grade_to = grade_field("console.reading.grade_to")
    class_name = StringField(Said("console.reading.class"), [at_most(60)])
    subject = StringField(Said("console.reading.subject"), [at_most(60)])
    note = StringField(Said("console.reading.note"), [at_most(300)])
    from_on = Day(Said("console.reading.from"), [Optional()])
    to_on = Day(Said("console.reading.to"), [Optional()])
    shown = BooleanField(Said("console.reading.shown"))

    def head(self) -> Head:
        asked = (self.grade_from.data, self.grade_to.data)
        grades = [n for n in GRADES if str(n) in asked]
        return Head(
            name=_words(self.name),
            recommender=_words(self.recommender),
            grade_from=grades[0] if grades else None,
            grade_to=grades[-1] if grades else None,
            class_name=_words(self.class_name),
            subject=_words(self.subject),
            note=_words(self.note),
            from_on=self.from_on.data,
            to_on=self.to_on.data,
            shown=bool(self.shown.data),
        )


def _words(field: StringField) -> str:
    return (field.data or "").strip()


def reading_pages(db: Database, now_ms: Callable[[], int]) -> Blueprint:
    """The pages under /console/reading-lists."""
    pages = Blueprint(
        "reading_lists", __name__, url_prefix="/reading-lists", template_folder="templates"
    )
    desk = _Reading(db, now_ms)
    pages.add_url_rule("/", "list", needs(Right.SEE, desk.list))
    pages.add_url_rule("/<name>", "page", needs(Right.SEE, desk.page))
    pages.add_url_rule("/<name>/list.<form>", "file", needs(Right.SEE, desk.file))
    acts: tuple[tuple[str, str, View], ...] = (
        ("/", "make", desk.make),
        ("/<name>", "change", desk.change),
        ("/<name>/titles", "add", desk.add),
        ("/<name>/scanned", "add_scanned", desk.add_scanned),
        ("/<name>/from", "add_list", desk.add_list),
        ("/<name>/arrange", "arrange", desk.arrange),
        ("/<name>/away", "away", desk.away),
        ("/<name>/back", "back", desk.back),
    )
    for rule, name, view in acts:
        most = MOST_SENT_BYTES if name in ("add_scanned", "arrange") else 16 * 1024
        act = needs(Right.DESK, view, most_bytes=most)
        pages.add_url_rule(rule, name, act, methods=["POST"])
    return pages


class _Reading:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def list(self, form: HeadForm | None = None) -> str:
        after, gone = unpacked(request.args.get("after", ""), int, str), "gone" in request.args
        with self._db.read() as conn:
            found, more = reading_lists.newest(conn, member().school, gone=gone, after=after)
            tell = self._teller(conn)
        told = {"after": packed(more), "gone": "1" if gone else ""}
        return self._page(
            "list",
            lists=[_told(tell, one) for one in found],
            more=link(".list", told) if more else "",
            gone=gone,
            form=form or HeadForm(shown=True),
            may_act=may(member().role, Right.DESK),
        )

    def make(self) -> str | Response | tuple[str, int]:
        form = HeadForm()
        if not form.validate():
            return self.list(form), 409
        with self._db.begin(member().school) as conn:
            made = reading_lists.make(self._desk(conn), form.head())
        return redirect(url_for(".page", name=made), 303)

    def page(self, name: str) -> str:
        return self._one(name)

    def change(self, name: str) -> str | Response | tuple[str, int]:
        form = HeadForm()
        if not form.validate():
            return self._one(name, form=form), 409
        return self._act(
            name, "changed", lambda desk: reading_lists.change(desk, name, form.head())
        )

    def add(self, name: str) -> Response | str:
        chosen = request.form.getlist("title")[:_SHOWN]
        return self._add(name, lambda desk: reading_lists.add(desk, name, chosen))

    def add_scanned(self, name: str) -> Response | str:
        texts = barcodes_in(request.form.get("barcodes", ""))[: reading_lists.MOST]
        return self._add(name, lambda desk: reading_lists.add_scanned(desk, name, texts))

    def add_list(self, name: str) -> Response | str:
        other = request.form.get("other", "")
        return self._add(name, lambda desk: reading_lists.add_list(desk, name, other))

    def arrange(self, name: str) -> Response:
        """Places and words of all titles as the page has them; a title that is ticked goes."""
        ids, places = request.form.getlist("id"), request.form.getlist("n")
        why, gone = request.form.getlist("why"), set(request.form.getlist("gone"))
        numbers = [int(n) if n.isascii() and n.isdigit() else at for at, n in enumerate(places, 1)]
        said = {i: (n, w.strip()[:200]) for i, n, w in zip(ids, numbers, why, strict=False)}

        def act(desk: Desk) -> None:
            for title in gone:
                reading_lists.drop(desk, name, title)
            reading_lists.arrange(desk, name, said)

        return self._act(name, "arranged", act)

    def away(self, name: str) -> Response:
        return self._act(name, "away", lambda desk: reading_lists.take_away(desk, name))

    def back(self, name: str) -> Response:
        return self._act(name, "back", lambda desk: reading_lists.bring_back(desk, name))

    def file(self, name: str, form: str) -> Any:
        if form not in FORMS:
            abort(404, g.say("console.no_page"))
        columns = (
            "n", "title", "author", "isbn", "call_number", "belongs", "copies", "free", "why",
        )  # fmt: skip
        with self._db.read() as conn:
            one = _list(conn, name)
            shelves = shelving(conn, member().school)
            found = reading_lists.entries(conn, member().school, name)
        heads = [g.say(f"console.reading.column.{column}") for column in columns]
        rows = (_row(shelves, n, entry) for n, entry in enumerate(found, 1))
        return as_file(form, one.head.name, heads, ([row[c] for c in columns] for row in rows))

    def _add(self, name: str, act: Callable[[Desk], Added]) -> Response | str:
        with self._db.begin(member().school) as conn:
            _list(conn, name)
            added = act(self._desk(conn))
        return self._one(name, added=added)

    def _act(self, name: str, done: str, act: Callable[[Desk], None]) -> Response:
        with self._db.begin(member().school) as conn:
            _list(conn, name)
            act(self._desk(conn))
        return redirect(url_for(".page", name=name, done=done), 303)

    def _one(self, name: str, *, form: HeadForm | None = None, added: Added | None = None) -> str:
        typed, school = request.args.get("q", "").strip()[:80], member().school
        with self._db.read() as conn:
            one, tell = _list(conn, name), self._teller(conn)
            shelves = shelving(conn, school)
            found = reading_lists.entries(conn, school, name)
            hits = search(conn, school, typed, _SHOWN).hits if typed else ()
            others, _ = reading_lists.newest(conn, school)
        held = {entry.title_id for entry in found}
        done = request.args.get("done", "")
        return self._page(
            "page",
            one=_told(tell, one),
            rows=[_row(shelves, n, entry) for n, entry in enumerate(found, 1)],
            form=form or HeadForm(None, obj=one.head),
            q=typed,
            hits=[(hit, hit.id in held) for hit in hits],
            others=[other for other in others if other.id != name],
            added=added,
            may_act=may(member().role, Right.DESK) and not one.gone,
            may_bring_back=may(member().role, Right.DESK) and one.gone,
            done=done if done in ("changed", "arranged", "away", "back") else "",
        )

    def _desk(self, conn: Connection) -> Desk:
        return Desk(conn, member().school, member().login, self._now_ms())

    def _teller(self, conn: Connection) -> Teller:
        school = member().school
        zone, members = time_zone(conn, school), shown_names(conn, school)
        return Teller(g.say, zone, self._now_ms(), members=members)

    def _page(self, name: str, **shown: object) -> str:
        return render_template(f"reading/{name}.html", **framed(self._db, "reading_lists"), **shown)


def _list(conn: Connection, name: str) -> ListOf:
    try:
        return reading_lists.one(conn, member().school, name)
    except CentralError:
        abort(404, g.say("console.reading.none"))


def _told(tell: Teller, one: ListOf) -> dict[str, Any]:
    head = one.head
    days = [tell.day(day) if day else "" for day in (head.from_on, head.to_on)]
    span = g.say("console.reading.span", start=days[0], end=days[1]) if any(days) else ""
    return {
        "id": one.id,
        "head": head,
        "whom": _whom(head),
        "span": span,
        "made_by": tell.member(one.made_by),
        "changed": tell.moment(one.changed_ms),
        "count": one.count,
        "gone": one.gone,
    }


def _whom(head: Head) -> str:
    grades = sorted({n for n in (head.grade_from, head.grade_to) if n is not None})
    told = ""
    if grades:
        kind = "grade" if len(grades) == 1 else "grades"
        told = g.say(f"console.reading.{kind}", first=grades[0], last=grades[-1])
    return " · ".join(part for part in (told, head.class_name, head.subject) if part)


def _row(shelves: Shelving, n: int, entry: Entry) -> dict[str, Any]:
    return {
        "n": n,
        "id": entry.title_id,
        "title": entry.title,
        "author": entry.author,
        "isbn": entry.isbn,
        "call_number": entry.call_number,
        "belongs": shelves.place(entry.room, entry.shelf) if entry.copies else "-",
        "copies": entry.copies,
        "free": entry.free,
        "why": entry.why,
    }
