"""The console's pages of titles: search and list, a title with its copies, a new one, changes, its cover."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, g, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse
from wtforms import StringField, TextAreaField

from kiosk.imports.book_rows import LONGEST_SUMMARY, LONGEST_TEXT, Warnings, title_values
from kiosk.imports.faults import RowFault
from sync.central.catalogue import (
    SOURCES,
    TITLE_FIELDS,
    Browsed,
    CopyRow,
    TitlePage,
    browse,
    title_page,
)
from sync.central.catalogue_search import Found, search
from sync.central.cataloguing import Taken, add_title, change_title, remove_title, set_cover
from sync.central.covers import MAX_BYTES, BadPicture, made_cover, picture
from sync.central.db import CentralError, Connection, Database
from sync.central.desk import Desk
from sync.central.read import time_zone
from sync.central.roles import Right, may
from sync.central.rules import rules_in_force
from web_ui.console.forms import Said, at_most, needed
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.rights import needs
from web_ui.console.telling import Teller

DONE = ("added", "changed", "same", "copies", "copy", "cover", "uncovered")
_LONGEST_QUERY = 80
_FORM_BYTES = 64 * 1024


def title_pages(db: Database, now_ms: Callable[[], int]) -> Blueprint:
    """The pages under /console/catalogue; others are added to them."""
    pages = Blueprint("catalogue", __name__, url_prefix="/catalogue", template_folder="templates")
    desk = _Titles(db, now_ms)
    pages.add_url_rule("/", "list", needs(Right.SEE, desk.list))
    pages.add_url_rule("/title", "title", needs(Right.SEE, desk.title))
    pages.add_url_rule("/cover/<digest>", "cover", needs(Right.SEE, desk.cover))
    pages.add_url_rule("/new", "new", needs(Right.DESK, desk.new))
    pages.add_url_rule("/change", "change", needs(Right.DESK, desk.change))
    posts = (
        ("/new", "add", needs(Right.DESK, desk.add, most_bytes=_FORM_BYTES)),
        ("/change", "save", needs(Right.DESK, desk.save, most_bytes=_FORM_BYTES)),
        ("/remove", "remove", needs(Right.DECIDE, desk.remove)),
        ("/cover", "put_cover", needs(Right.DESK, desk.put_cover, most_bytes=MAX_BYTES + 65_536)),
    )
    for rule, name, view in posts:
        pages.add_url_rule(rule, name, view, methods=["POST"])
    return pages


def _field(name: str) -> Any:
    label = Said(f"console.catalogue.field.{name}")
    if name == "title":
        return StringField(label, [needed(), at_most(LONGEST_TEXT)])
    if name == "summary":
        return TextAreaField(label, [at_most(LONGEST_SUMMARY)], render_kw={"rows": 4})
    return StringField(label, [at_most(LONGEST_TEXT)])


class TitleForm(FlaskForm):
    """All that is written of a title."""

    title = _field("title")
    author = _field("author")
    publisher = _field("publisher")
    place = _field("place")
    year = _field("year")
    pages = _field("pages")
    price = _field("price")
    series = _field("series")
    subject = _field("subject")
    language = _field("language")
    isbn = _field("isbn")
    class_number = _field("class_number")
    summary = _field("summary")


class _Titles:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def list(self) -> str:
        typed = request.args.get("q", "").strip()[:_LONGEST_QUERY]
        class_number = request.args.get("class", "").strip()[:_LONGEST_QUERY]
        key = tuple(request.args.get(name, "") for name in ("at", "title", "id"))
        after = (key[0], key[1], key[2]) if key[2] else None
        with self._db.read() as conn:
            if typed:
                found: Found | Browsed = search(conn, member().school, typed)
            else:
                found = browse(conn, member().school, class_number, after)
        further = ""
        if isinstance(found, Browsed) and found.after:
            at, title, last = found.after
            told = {"class": class_number, "at": at, "title": title, "id": last}
            further = f"{url_for('.list')}?{urlencode({k: v for k, v in told.items() if v})}"
        more = isinstance(found, Found) and found.more
        shown = {"hits": found.hits, "q": typed, "class_number": class_number}
        done = request.args.get("done") == "removed"
        return self._page("list", "titles", **shown, further=further, more=more, removed=done)

    def title(self) -> str | AnyResponse:
        if not request.args.get("id"):
            return redirect(url_for(".list"), 303)
        return self._one(request.args["id"], done=request.args.get("done", ""))

    def new(self) -> str:
        # A book that was looked for in vain is written down next: what was typed is its title, or its ISBN.
        typed = request.args.get("q", "").strip()[:_LONGEST_QUERY]
        is_number = typed.replace("-", "")[:9].isdigit()
        return self._form(TitleForm(formdata=None, **{"isbn" if is_number else "title": typed}))

    def add(self) -> AnyResponse | tuple[str, int]:
        form = TitleForm()
        texts = self._written(form)
        if texts is None:
            return self._form(form), 409
        try:
            with self._db.begin(member().school) as conn:
                key = add_title(self._desk(conn), texts)
        except Taken as taken:
            return self._form(form, twin=taken.key), 409
        return redirect(url_for(".title", id=key, done="added"), 303)

    def change(self) -> str | AnyResponse:
        key = request.args.get("id", "")
        if not key:
            return redirect(url_for(".list"), 303)
        with self._db.read() as conn:
            page = _title(conn, key)
        return self._form(TitleForm(formdata=None, **page.texts), page)

    def save(self) -> AnyResponse | tuple[str, int]:
        key, form = request.form.get("id", ""), TitleForm()
        texts = self._written(form)
        if texts is None:
            with self._db.read() as conn:
                return self._form(form, _title(conn, key)), 409
        with self._db.begin(member().school) as conn:
            _title(conn, key)
            changed = change_title(self._desk(conn), key, texts)
        return redirect(url_for(".title", id=key, done="changed" if changed else "same"), 303)

    def remove(self) -> AnyResponse | tuple[str, int]:
        key = request.form.get("id", "")
        try:
            with self._db.begin(member().school) as conn:
                _title(conn, key)
                remove_title(self._desk(conn), key)
        except CentralError:
            return self._one(key, why=g.say("console.catalogue.cannot.remove")), 409
        return redirect(url_for(".list", done="removed"), 303)

    def put_cover(self) -> AnyResponse | tuple[str, int]:
        """A picture for a title, or none."""
        key, file = request.form.get("id", ""), request.files.get("file")
        try:
            if request.form.get("without"):
                digest, content = "", b""
            else:
                digest, content = made_cover(_read(file))
        except BadPicture as bad:
            return self._one(key, why=g.say(f"console.catalogue.cover.cannot.{bad}")), 409
        with self._db.begin(member().school) as conn:
            _title(conn, key)
            set_cover(self._desk(conn), key, digest, content)
        return redirect(url_for(".title", id=key, done="cover" if digest else "uncovered"), 303)

    def cover(self, digest: str) -> Response:
        with self._db.read() as conn:
            found = picture(conn, member().school, digest)
        if found is None:
            abort(404)
        return Response(found, mimetype="image/jpeg")

    def _written(self, form: TitleForm) -> dict[str, str] | None:
        """The texts as the catalogue keeps them; None where something is wrong, which the form says."""
        if not form.validate():
            return None
        warnings: Warnings = []
        try:
            texts = title_values({name: form[name].data or "" for name in TITLE_FIELDS}, warnings)
        except RowFault:
            form.title.errors = [g.say("console.form.needed")]
            return None
        if any(what.startswith("ISBN") for what, _ in warnings) and not request.form.get("sure"):
            form.isbn.errors = [g.say("console.catalogue.bad_isbn")]
            return None
        return {name: str(text) for name, text in texts.items()}

    def _one(self, key: str, *, done: str = "", why: str = "") -> str:
        school = member().school
        with self._db.read() as conn:
            page = _title(conn, key, request.args.get("after", ""))
            tell = Teller(g.say, time_zone(conn, school), self._now_ms())
            types, rooms = named(conn)
        further = url_for(".title", id=key, after=page.after) if page.after else ""
        return self._page(
            "title",
            "titles",
            page=page,
            copies=[_shown(tell, copy, types, rooms) for copy in page.copies],
            further=further,
            types=types,
            rooms=rooms,
            sources=SOURCES,
            today=tell.local(self._now_ms()).date().isoformat(),
            may_act=may(member().role, Right.DESK),
            may_remove=may(member().role, Right.DECIDE) and page.count == 0,
            done=done if done in DONE else "",
            n=request.args.get("n", ""),
            why=why,
        )

    def _form(self, form: TitleForm, page: TitlePage | None = None, *, twin: str = "") -> str:
        unsure = any(e == g.say("console.catalogue.bad_isbn") for e in form.isbn.errors)
        return self._page("form", "titles", form=form, page=page, twin=twin, unsure=unsure)

    def _desk(self, conn: Connection) -> Desk:
        return Desk(conn, member().school, member().login, self._now_ms())

    def _page(self, name: str, here: str, **shown: object) -> str:
        return render_template(f"catalogue/{name}.html", **framed(self._db, here), **shown)


def _read(file: FileStorage | None) -> bytes:
    if file is None:
        return b""
    with contextlib.closing(file):
        content: bytes = file.read(MAX_BYTES + 1)
    return content


def named(conn: Connection) -> tuple[dict[str, str], dict[str, str]]:
    """Copy types and rooms of the library, by key, in the language of the page."""
    rules = rules_in_force(conn, member().school)
    if rules is None:
        return {}, {}
    library = rules.library
    return {t.key: _name(t) for t in library.copy_types}, {r.key: _name(r) for r in library.rooms}


def _name(entry: Any) -> str:
    english = getattr(entry, "name_en", "")
    return str(english if g.language == "en" and english else entry.name)


def _title(conn: Connection, key: str, after: str = "") -> TitlePage:
    try:
        return title_page(conn, member().school, key, after)
    except CentralError:
        abort(404, g.say("console.catalogue.nobody"))


def _shown(
    tell: Teller, copy: CopyRow, types: dict[str, str], rooms: dict[str, str]
) -> dict[str, Any]:
    """A copy in words."""
    return {
        "one": copy,
        "type": types.get(copy.copy_type, copy.copy_type),
        "place": " · ".join(filter(None, (rooms.get(copy.room, copy.room), copy.shelf))),
        "state": _state(tell, copy),
        "quiet": copy.state == "on_shelf" and not copy.kept,
        "came": _came(tell, copy),
    }


def _state(tell: Teller, copy: CopyRow) -> str:
    if copy.out:
        due = tell.day(copy.due_on) if copy.due_on else ""
        return str(
            g.say(
                "console.catalogue.state.out_until" if due else "console.catalogue.state.out",
                day=due,
            )
        )
    if copy.kept:
        return str(g.say("console.catalogue.state.kept"))
    lendable = copy.lendable or copy.state != "on_shelf"
    return str(g.say(f"console.catalogue.state.{copy.state if lendable else 'in_library'}"))


def _came(tell: Teller, copy: CopyRow) -> str:
    """When it came, how, from whom and for how much, as far as it is known."""
    source = g.say(f"console.catalogue.source.{copy.source}") if copy.source else ""
    day = tell.day(copy.arrived_on) if copy.arrived_on else ""
    return " · ".join(filter(None, (day, source, copy.donor, copy.price)))
