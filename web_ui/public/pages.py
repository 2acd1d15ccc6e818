"""The pages under /library: what there is, what is in, when it is open. A view is parse, call, render."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from babel.dates import format_date
from flask import Blueprint, abort, g, render_template, request
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import HTTPException

from config.central import Public
from sync.central.catalogue_search import Found, search
from sync.central.db import CentralError, Database
from sync.central.front import Day, front, list_shown, title_shown
from web_ui.public.door import guard_public
from web_ui.public.frame import SHOWN, framed, in_language, of_school, page
from web_ui.public.mine import MinePage
from web_ui.telling import clock_time

_LONGEST = 100


def public_pages(
    db: Database, now_ms: Callable[[], int], sign_in_ms: Callable[[], int], public: Public
) -> Blueprint:
    """The blueprint of /library. now_ms: the record's clock; sign_in_ms: what tries of PINs are timed by (UTC ms)."""
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
    own = MinePage(db, now_ms, sign_in_ms, public)
    pages.add_url_rule("/mine", "mine", own.form)
    pages.add_url_rule("/mine", "show_mine", own.show, methods=["POST"])

    @pages.record_once
    def _known(state: BlueprintSetupState) -> None:
        state.app.extensions[SHOWN] = public

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
            school, name = of_school(conn, self._school)
            found = front(conn, school, self._now_ms())
        days = [_day(day) for day in found.days]
        return page("home", name, front=found, days=days)

    def search(self) -> str:
        typed = request.args.get("q", "")[:_LONGEST].strip()
        with self._db.read() as conn:
            school, name = of_school(conn, self._school)
            found = search(conn, school, typed) if typed else Found(())
        return page("search", name, typed=typed, found=found)

    def list(self) -> str:
        asked = request.args.get("id", "")[:_LONGEST]
        with self._db.read() as conn:
            school, name = of_school(conn, self._school)
            found = list_shown(conn, school, asked, self._now_ms())
        if found is None:
            abort(404)
        post, hits = found
        whys = {one.title_id: one.why for one in post.body.titles}
        return page("list", name, list=post.body, hits=hits, whys=whys)

    def title(self) -> str:
        with self._db.read() as conn:
            school, name = of_school(conn, self._school)
            shown = title_shown(conn, school, request.args.get("id", "")[:_LONGEST])
        if shown is None:
            abort(404)
        return page("title", name, title=shown)


def _day(day: Day) -> dict[str, Any]:
    return {
        "name": format_date(day.day, "EEEE", locale=g.say.locale),
        "date": format_date(day.day, "M/d", locale=g.say.locale),
        "today": day.today,
        "closed": in_language(*day.closed),
        "rooms": [
            {"open": [_span(one) for one in room.open], "lends": [_span(one) for one in room.lends]}
            for room in day.rooms
        ],
    }


def _span(span: Any) -> str:
    return f"{clock_time(span[0])}–{clock_time(span[1])}"


_REFUSED = {400: "public.no_such_text", 429: "public.often"}


def _told(error: HTTPException) -> tuple[str, int] | HTTPException:
    if error.code is None or error.code < 400:
        return error
    said = g.say(_REFUSED.get(error.code, "public.no_page"))
    return render_template("public/trouble.html", **framed(""), words=said), error.code


def _cannot(error: CentralError) -> tuple[str, int]:
    return render_template("public/trouble.html", **framed(""), words=g.say("public.cannot")), 503
