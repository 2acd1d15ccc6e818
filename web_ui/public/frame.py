"""What stands around every page under /library, and how its pages tell days and grades."""

from __future__ import annotations

from datetime import date
from typing import Any

from babel.dates import format_date
from flask import abort, current_app, g, render_template, request, url_for

from kiosk.posts import Body
from sync.central.db import Connection
from sync.central.sign_in import school_names
from web_ui.catalogue import LANGUAGES

# Among the application's extensions: the settings of the page, where there is one.
SHOWN = "library"


def shows_readers(conn: Connection, school: str) -> bool:
    """Whether readers of this school can see their own account on the library's page."""
    public = current_app.extensions.get(SHOWN)
    return public is not None and school_shown(conn, public.school) == school


def page(name: str, library: str, **told: Any) -> str:
    return render_template(f"public/{name}.html", **framed(library), **told)


def school_shown(conn: Connection, wanted: str) -> str:
    """The school that is shown: nobody is asked to choose among many, so central.toml says which; "" for none."""
    names = [name for name, _, _ in school_names(conn)]
    school = wanted or (names[0] if len(names) == 1 else "")
    return school if school in names else ""


def of_school(conn: Connection, wanted: str) -> tuple[str, str]:
    """The school that is shown, and its name; else there is no such page."""
    school = school_shown(conn, wanted)
    if not school:
        abort(404)
    return next((i, in_language(zh, en)) for i, zh, en in school_names(conn) if i == school)


def framed(library: str) -> dict[str, Any]:
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
        "at": at,
        "in_language": in_language,
        "tell_day": tell_day,
        "tell_days": _tell_days,
        "tell_grades": _tell_grades,
    }


def at(name: str, **told: Any) -> str:
    """A page's address, in the language that this one was asked for in."""
    kept: dict[str, Any] = {"lang": g.asked_language} if g.asked_language else {}
    return url_for(f"library.{name}", **told, **kept)


def in_language(zh: str, en: str) -> str:
    return en if g.language == "en" and en else zh


def tell_day(day: date) -> str:
    return str(format_date(day, g.say("public.day_form"), locale=g.say.locale))


def _tell_days(first: date, last: date) -> str:
    return tell_day(first) if first == last else f"{tell_day(first)} – {tell_day(last)}"


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
