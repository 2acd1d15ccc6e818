"""The pages under /library: what there is, what is in, when it is open. A view is parse, call, render."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from babel.dates import format_date
from flask import Blueprint, abort, g, render_template, request, url_for
from werkzeug.exceptions import HTTPException

from config.central import Public
from kiosk.posts import Body
from sync.central.catalogue_search import Found, search
from sync.central.db import CentralError, Connection, Database
from sync.central.front import Day, front, list_shown, title_shown
from sync.central.sign_in import school_names
from web_ui.catalogue import LANGUAGES
from web_ui.public.door import guard_public
from web_ui.telling import clock_time

_LONGEST = 100


def public_pages(db: Database, now_ms: Callable[[], int], public: Public) -> Blueprint:
    """The blueprint of /library. now_ms: the record's clock (UTC milliseconds)."""
    pages = Blueprint(
        "library",
        __name__,
        url_prefix="/library",
        template_folder="templates",
        static_folder="static",
    )
    guard_public(pages, public, now_ms)
    views = _Pages(db, now_ms, public.school)
    pages.add_url_rule("/", "home", views.home)
    pages.add_url_rule("/search", "search", views.search)
    pages.add_url_rule("/list", "list", views.list)
    pages.add_url_rule("/title", "title", views.title)
    pages.register_error_handler(HTTPException, _told)
    pages.register_error_handler(CentralError, _cannot)
    return pages


class _Pages:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int], school: str) -> None:
        self._db = db
        self._now_ms = now_ms
        self._school = school

    def home(self) -> str:
        with self._db.read() as conn:
            school, name = self._of(conn)
            found = front(conn, school, self._now_ms())
        days = [_day(day) for day in found.days]
        return _page("home", name, front=found, days=days)

    def search(self) -> str:
        typed = request.args.get("q", "")[:_LONGEST].strip()
        with self._db.read() as conn:
            school, name = self._of(conn)
            found = search(conn, school, typed) if typed else Found(())
        return _page("search", name, typed=typed, found=found)

    def list(self) -> str:
        asked = request.args.get("id", "")[:_LONGEST]
        with self._db.read() as conn:
            school, name = self._of(conn)
            found = list_shown(conn, school, asked, self._now_ms())
        if found is None:
            abort(404)
        post, hits = found
        whys = {one.title_id: one.why for one in post.body.titles}
        return _page("list", name, list=post.body, hits=hits, whys=whys)

    def title(self) -> str:
        with self._db.read() as conn:
            school, name = self._of(conn)
            shown = title_shown(conn, school, request.args.get("id", "")[:_LONGEST])
        if shown is None:
            abort(404)
        return _page("title", name, title=shown)

    def _of(self, conn: Connection) -> tuple[str, str]:
        """The school that is shown, and its name. Nobody is asked to choose among many: central.toml says which."""
        named = {i: _in_language(zh, en) for i, zh, en in school_names(conn)}
        school = self._school or (next(iter(named)) if len(named) == 1 else "")
        if school not in named:
            abort(404)
        return school, named[school]


def _page(name: str, library: str, **told: Any) -> str:
    return render_template(f"public/{name}.html", **_frame(library), **told)


def _frame(library: str) -> dict[str, Any]:
    other = LANGUAGES[1 - LANGUAGES.index(g.language)]
    asked: dict[str, Any] = {
        name: value for name, value in request.args.items() if name in ("q", "id")
    }
    here = request.endpoint or "library.home"
    switch = url_for(here, **asked, lang=other)
    return {
        "say": g.say,
        "library": library,
        "other": other,
        "switch": switch,
        "at": _at,
        "in_language": _in_language,
        "tell_day": _tell_day,
        "tell_days": _tell_days,
        "tell_grades": _tell_grades,
    }


def _at(name: str, **told: Any) -> str:
    """A page's address, in the language that this one was asked for in."""
    kept: dict[str, Any] = {"lang": g.asked_language} if g.asked_language else {}
    return url_for(f"library.{name}", **told, **kept)


def _in_language(zh: str, en: str) -> str:
    return en if g.language == "en" and en else zh


def _day(day: Day) -> dict[str, Any]:
    return {
        "name": format_date(day.day, "EEEE", locale=g.say.locale),
        "date": format_date(day.day, "M/d", locale=g.say.locale),
        "today": day.today,
        "closed": _in_language(*day.closed),
        "rooms": [
            {"open": [_span(one) for one in room.open], "lends": [_span(one) for one in room.lends]}
            for room in day.rooms
        ],
    }


def _tell_day(day: date) -> str:
    return str(format_date(day, g.say("public.day_form"), locale=g.say.locale))


def _tell_days(first: date, last: date) -> str:
    return _tell_day(first) if first == last else f"{_tell_day(first)} – {_tell_day(last)}"


def _tell_grades(body: Body) -> str:
    """For which grades it is; "" for all."""
    first, last = body.grade_from, body.grade_to
    if first is None and last is None:
        return ""
    if first == last:
        return str(g.say("public.grade", n=first))
    if last is None:
        return str(g.say("public.grade_up", n=first))
    return str(g.say("public.grades", first=first or 1, last=last))


def _span(span: Any) -> str:
    return f"{clock_time(span[0])}–{clock_time(span[1])}"


def _told(error: HTTPException) -> tuple[str, int] | HTTPException:
    if error.code is None or error.code < 400:
        return error
    said = g.say("public.often" if error.code == 429 else "public.no_page")
    return render_template("public/trouble.html", **_frame(""), words=said), error.code


def _cannot(error: CentralError) -> tuple[str, int]:
    return render_template("public/trouble.html", **_frame(""), words=g.say("public.cannot")), 503
