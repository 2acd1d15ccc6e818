"""The console's page of notices and events: written, changed, taken down. Each view is parse, call, render."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import InputRequired, Optional, ValidationError

from kiosk.posts import FOREVER, Event, Notice, Post
from sync.central.db import Connection, Database
from sync.central.desk import Desk
from sync.central.notices import KINDS, take_down, write
from sync.central.posts import ahead, new_id, today
from sync.central.read import time_zone
from sync.central.roles import Right, may
from web_ui.console.forms import Said, at_most, needed
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.reading import GRADES, Day, grade_field
from web_ui.console.rights import needs
from web_ui.console.telling import Teller

DONE = ("saved", "ended")


class _Standing(FlaskForm):
    """From when to when, for whom, and where it is shown."""

    from_on = Day(
        Said("console.notices.from"), [InputRequired(message=Said("console.form.needed"))]
    )
    until_on = Day(Said("console.notices.until"), [Optional()])
    grade_from = grade_field("console.reading.grade_from")
    grade_to = grade_field("console.reading.grade_to")
    at_stations = BooleanField(Said("console.notices.at_stations"))
    on_page = BooleanField(Said("console.notices.on_page"))

    def validate_until_on(self, field: Day) -> None:
        if self.from_on.data and field.data and field.data < self.from_on.data:
            raise ValidationError(Said("console.notices.backwards"))


class NoticeForm(_Standing):
    """What a notice says."""

    text = TextAreaField(Said("console.notices.text"), [needed(), at_most(200)])
    text_en = TextAreaField(Said("console.notices.text_en"), [at_most(400)])


class EventForm(_Standing):
    """What takes place."""

    name = StringField(Said("console.notices.name"), [needed(), at_most(40)])
    name_en = StringField(Said("console.notices.name_en"), [at_most(80)])
    time = StringField(Said("console.notices.time"), [at_most(40)])
    place = StringField(Said("console.notices.place"), [at_most(40)])
    whom = StringField(Said("console.notices.whom"), [at_most(40)])


_FORMS: dict[str, type[_Standing]] = {"notice": NoticeForm, "event": EventForm}
# The order in which the fields stand: the words first.
_LAST = ("from_on", "until_on", "grade_from", "grade_to", "at_stations", "on_page")


def notice_pages(db: Database, now_ms: Callable[[], int]) -> Blueprint:
    """The pages under /console/notices."""
    pages = Blueprint("notices", __name__, url_prefix="/notices", template_folder="templates")
    desk = _Notices(db, now_ms)
    pages.add_url_rule("/", "list", needs(Right.SEE, desk.list))
    pages.add_url_rule("/<kind>", "save", needs(Right.DESK, desk.save), methods=["POST"])
    pages.add_url_rule("/<kind>/end", "end", needs(Right.DESK, desk.end), methods=["POST"])
    return pages


class _Notices:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def list(self) -> str:
        done = request.args.get("done", "")
        return self._page({}, done=done if done in DONE else "")

    def save(self, kind: str) -> Response | tuple[str, int]:
        """A new one, or another text of the one that `id` names."""
        form = _form(kind)
        if not form.validate():
            return self._page({kind: form}), 409
        with self._db.begin(member().school) as conn:
            write(self._desk(conn), _post(kind, form, request.form.get("id", "") or new_id()))
        return redirect(url_for(".list", done="saved"), 303)

    def end(self, kind: str) -> Response:
        if kind not in KINDS:
            abort(404)
        with self._db.begin(member().school) as conn:
            take_down(self._desk(conn), KINDS[kind], request.form.get("id", ""))
        return redirect(url_for(".list", done="ended"), 303)

    def _page(self, sent: dict[str, FlaskForm], done: str = "") -> str:
        with self._db.read() as conn:
            day = today(conn, member().school, self._now_ms())
            tell = Teller(g.say, time_zone(conn, member().school), self._now_ms())
            found: dict[str, dict[str, Post[Any]]] = {
                kind: {post.id: post for post in ahead(conn, member().school, body, day)}
                for kind, body in KINDS.items()
            }
        edited = {kind: request.args.get(kind, "") or request.form.get("id", "") for kind in KINDS}
        blank = {"from_on": day, "at_stations": True, "on_page": True}
        forms = {
            kind: sent.get(kind) or _form(kind, _start(posts.get(edited[kind])) or blank)
            for kind, posts in found.items()
        }
        return render_template(
            "notices/list.html",
            **framed(self._db, "notices"),
            found=found,
            forms=forms,
            fields=_fields,
            tell=tell,
            edited=edited,
            done=done,
            forever=FOREVER,
            may_act=may(member().role, Right.DESK),
        )

    def _desk(self, conn: Connection) -> Desk:
        return Desk(conn, member().school, member().login, self._now_ms())


def _form(kind: str, start: dict[str, Any] | None = None) -> FlaskForm:
    if kind not in _FORMS:
        abort(404)
    return _FORMS[kind](None, data=start) if start is not None else _FORMS[kind]()


def _fields(kind: str, form: FlaskForm) -> list[Any]:
    words = [name for name in form._fields if name not in (*_LAST, "csrf_token", "token")]
    found = [form[name] for name in (*words, *_LAST)]
    for field in found:
        # Two forms stand on the page: what names a field must be of its form.
        field.id = field.label.field_id = f"{kind}-{field.name}"
    return found


def _start(post: Post[Notice | Event] | None) -> dict[str, Any] | None:
    """What the form of a post that is there begins with."""
    if post is None:
        return None
    told = {name: "" if value is None else value for name, value in post.body.model_dump().items()}
    until = None if post.until_on == FOREVER else post.until_on
    where = {"at_stations": post.at_stations, "on_page": post.on_page}
    return {**told, **where, "from_on": post.from_on, "until_on": until}


def _post(kind: str, form: FlaskForm, name: str) -> Post[Any]:
    asked = (form["grade_from"].data, form["grade_to"].data)
    grades = [n for n in GRADES if str(n) in asked]
    told = {
        field: (form[field].data or "").strip()
        for field in KINDS[kind].model_fields
        if not field.startswith("grade")
    }
    body = KINDS[kind](
        grade_from=grades[0] if grades else None, grade_to=grades[-1] if grades else None, **told
    )
    last = form["until_on"].data
    # What takes place on one day needs no second; a notice without a last day stands until it is taken down.
    until = last or (form["from_on"].data if kind == "event" else FOREVER)
    shown = {"at_stations": form["at_stations"].data, "on_page": form["on_page"].data}
    return Post(name, body, form["from_on"].data, until, **shown)
