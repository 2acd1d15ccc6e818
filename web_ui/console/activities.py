"""The console's pages of reading activities: planned, who came, essays, counts. Each view is parse, call, render."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, NumberRange, Optional

from kiosk.activities import Activity, Kind
from kiosk.posts import Post
from sync.central import activities
from sync.central.activities import Counts
from sync.central.db import CentralError, Connection, Database
from sync.central.desk import Desk
from sync.central.posts import new_id, put, withdraw
from sync.central.read import time_zone
from sync.central.reports.counting import count_acts
from sync.central.reports.periods import day_of
from sync.central.reports.up_to_date import after
from sync.central.roles import Right, may
from web_ui.console.forms import Said, at_most, needed
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.paging import FORMS, as_file, link, packed, unpacked
from web_ui.console.reading import Day
from web_ui.console.rights import View, needs
from web_ui.console.telling import Teller

COUNTING_S = 0.8
_LONGEST = 200


class PlanForm(FlaskForm):
    """What is planned. The days from the first to the last; a last day that is left out is the first."""

    name = StringField(Said("console.activities.name"), [needed(), at_most(80)])
    name_en = StringField(Said("console.activities.name_en"), [at_most(80)])
    of = SelectField(Said("console.activities.kind"), validate_choice=True)
    from_on = Day(Said("console.activities.from"), [InputRequired(Said("console.form.needed"))])
    until_on = Day(Said("console.activities.until"), [Optional()])
    time = StringField(Said("console.activities.time"), [at_most(40)])
    place = StringField(Said("console.activities.place"), [at_most(60)])
    theme = StringField(Said("console.activities.theme"), [at_most(80)])
    goal = StringField(Said("console.activities.goal"), [at_most(300)])
    class_name = StringField(Said("console.activities.class"), [at_most(60)])
    pupils = IntegerField(
        Said("console.activities.pupils"),
        [Optional(), NumberRange(0, 100_000, Said("console.activities.no_number"))],
    )

    def __init__(self, **told: Any) -> None:
        super().__init__(**told)
        self.of.choices = [(kind.value, g.say(f"console.activities.of.{kind}")) for kind in Kind]

    def post(self, name: str) -> Post[Activity]:
        words = {
            field: (getattr(self, field).data or "").strip()
            for field in ("name", "name_en", "time", "place", "theme", "goal", "class_name")
        }
        body = Activity(**words, of=Kind(self.of.data), pupils=self.pupils.data or 0)
        first: date = self.from_on.data
        return Post(name, body, first, max(first, self.until_on.data or first))


def activity_pages(db: Database, now_ms: Callable[[], int]) -> Blueprint:
    """The pages under /console/activities."""
    pages = Blueprint("activities", __name__, url_prefix="/activities", template_folder="templates")
    desk = _Activities(db, now_ms)
    pages.add_url_rule("/", "list", needs(Right.SEE, desk.list))
    pages.add_url_rule("/<name>", "page", needs(Right.SEE, desk.page))
    pages.add_url_rule("/<name>/essays.<form>", "file", needs(Right.SEE, desk.file))
    acts: tuple[tuple[str, str, View], ...] = (
        ("/", "plan", desk.plan),
        ("/<name>", "change", desk.change),
        ("/<name>/away", "away", desk.away),
        ("/<name>/essays", "hand_in", desk.hand_in),
        ("/<name>/essays/away", "essay_away", desk.essay_away),
    )
    for rule, name, view in acts:
        pages.add_url_rule(rule, name, needs(Right.DESK, view), methods=["POST"])
    return pages


class _Activities:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def list(self, form: PlanForm | None = None) -> str:
        self._count()
        told = unpacked(request.args.get("after", ""), str, str)
        with self._db.read() as conn:
            found, more = activities.newest(conn, member().school, _place(told))
            known = activities.counts(conn, member().school, [post.id for post in found])
            tell = self._teller(conn)
        place = packed((more[0].isoformat(), more[1])) if more else ""
        return self._page(
            "list",
            rows=[_told(tell, post, known[post.id]) for post in found],
            more=link(".list", {"after": place}) if more else "",
            form=form or PlanForm(of=Kind.SMALL.value),
        )

    def plan(self) -> Response | tuple[str, int]:
        form = PlanForm()
        if not form.validate():
            return self.list(form), 409
        name = new_id()
        return self._put(form.post(name))

    def page(self, name: str, form: PlanForm | None = None, why: str = "") -> str:
        self._count()
        school = member().school
        with self._db.read() as conn:
            post = _one(conn, name)
            tell = self._teller(conn)
            body = post.body
            came = activities.who_came(conn, school, name)
            size = activities.size_of_class(conn, school, body.class_name)
            counted = activities.counts(conn, school, [name])[name]
            return self._page(
                "page",
                one=_told(tell, post, counted),
                came=[(c.name, c.class_name, tell.moment(c.at_ms)) for c in came],
                essays=activities.essays_of(conn, school, name),
                tell=tell,
                class_size=size,
                why=why,
                today=day_of(self._now_ms(), time_zone(conn, school)).isoformat(),
                form=form
                or PlanForm(
                    data=body.model_dump() | {"from_on": post.from_on, "until_on": post.until_on}
                ),
            )

    def change(self, name: str) -> Response | tuple[str, int]:
        form = PlanForm()
        if not form.validate():
            return self.page(name, form), 409
        with self._db.read() as conn:
            was = _one(conn, name)
        post = form.post(name)
        return self._put(replace(post, at_stations=was.at_stations, on_page=was.on_page))

    def away(self, name: str) -> Response:
        with self._db.begin(member().school) as conn:
            _one(conn, name)
            withdraw(self._desk(conn), [name])
        return redirect(url_for(".list"), 303)

    def hand_in(self, name: str) -> Response | tuple[str, int]:
        title, author = (request.form.get(n, "").strip()[:_LONGEST] for n in ("title", "author"))
        try:
            on = date.fromisoformat(request.form.get("received_on", ""))
        except ValueError:
            return self.page(name, why=g.say("console.reading.no_date")), 409
        if not title:
            return self.page(name, why=g.say("console.activities.no_title")), 409
        try:
            with self._db.begin(member().school) as conn:
                _one(conn, name)
                activities.hand_in(self._desk(conn), name, title, author, on)
        except CentralError:
            return self.page(name, why=g.say("console.activities.many", name=author)), 409
        return redirect(url_for(".page", name=name) + "#essays", 303)

    def essay_away(self, name: str) -> Response:
        with self._db.begin(member().school) as conn:
            activities.take_away(self._desk(conn), name, request.form.get("essay", ""))
        return redirect(url_for(".page", name=name) + "#essays", 303)

    def file(self, name: str, form: str) -> Response | Any:
        if form not in FORMS:
            abort(404, g.say("console.no_page"))
        with self._db.read() as conn:
            post = _one(conn, name)
            tell = self._teller(conn)
            rows = [
                (e.title, e.author, e.class_name, tell.day(e.received_on))
                for e in activities.essays_of(conn, member().school, name)
            ]
        heads = [
            g.say(f"console.activities.column.{n}") for n in ("title", "author", "class", "on")
        ]
        return as_file(form, post.body.name, heads, rows)

    def _put(self, post: Post[Activity]) -> Response:
        with self._db.begin(member().school) as conn:
            put(self._desk(conn), [post])
        return redirect(url_for(".page", name=post.id), 303)

    def _count(self) -> None:
        count_acts(self._db, member().school, after(COUNTING_S))

    def _desk(self, conn: Connection) -> Desk:
        return Desk(conn, member().school, member().login, self._now_ms())

    def _teller(self, conn: Connection) -> Teller:
        return Teller(g.say, time_zone(conn, member().school), self._now_ms())

    def _page(self, template: str, **shown: Any) -> str:
        told = framed(self._db, "activities") | {"may_act": may(member().role, Right.DESK)}
        return render_template(f"activities/{template}.html", **told, **shown)


def _place(told: Any) -> tuple[date, str] | None:
    try:
        return (date.fromisoformat(told[0]), told[1]) if told else None
    except ValueError:
        return None


def _one(conn: Connection, name: str) -> Post[Activity]:
    post = activities.one(conn, member().school, name)
    if post is None:
        abort(404, g.say("console.activities.none"))
    return post


def _told(tell: Teller, post: Post[Activity], counted: Counts) -> dict[str, Any]:
    days = tell.day(post.from_on)
    if post.until_on != post.from_on:
        days = g.say("console.reading.span", start=days, end=tell.day(post.until_on))
    return {
        "id": post.id,
        "body": post.body,
        "kind": g.say(f"console.activities.of.{post.body.of}"),
        "days": days,
        "counted": counted,
    }
