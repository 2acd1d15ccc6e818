"""The console's pages of wishes for books: how many want each, what becomes of it, and the answer readers see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirected

from sync.central import wishes
from sync.central.db import CentralError, Connection, Database
from sync.central.desk import Desk
from sync.central.read import time_zone
from sync.central.roles import Right, may
from sync.central.rules import rules_in_force
from sync.central.staff import shown_names
from sync.central.voices import LONGEST
from sync.central.wishes import State, Wish
from web_ui.console.downloads import table_file
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.rights import needs
from web_ui.console.telling import Teller
from web_ui.words import words

FORMS = ("csv", "xlsx")
_COLUMNS = ("isbn", "book", "count", "day", "held", "state", "answer")


def wish_pages(pages: Blueprint, db: Database, now_ms: Callable[[], int]) -> None:
    """Add the pages to those of readers' voice."""
    views = _Wishes(db, now_ms)
    pages.add_url_rule("/wishes", "wishes", needs(Right.DESK, views.list))
    pages.add_url_rule("/wishes/<isbn>", "wish", needs(Right.DESK, views.one))
    pages.add_url_rule("/wishes.<form>", "wishes_file", needs(Right.DESK, views.file))
    decide = needs(Right.DECIDE, views.decide)
    pages.add_url_rule("/wishes/<isbn>", "decide_wish", decide, methods=["POST"])


class _Wishes:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def list(self) -> str:
        state = _state()
        with self._db.read() as conn:
            tell = self._teller(conn)
            found, after = wishes.page(conn, member().school, request.args.get("after", ""), state)
        return self._page(
            "wishes",
            lines=[(one, _day(tell, one)) for one in found],
            states=list(State),
            state=state,
            forms=FORMS,
            more=url_for(".wishes", after=after, state=state) if after else "",
        )

    def file(self, form: str) -> Response:
        if form not in FORMS:
            abort(404, g.say("console.no_page"))
        with self._db.read() as conn:
            tell = self._teller(conn)
            rows = [_row(tell, one) for one in wishes.every(conn, member().school, _state())]
        head = [g.say(f"console.voices.column.{name}") for name in _COLUMNS]
        return table_file(g.say("console.nav.wishes"), form, head, rows)

    def one(self, isbn: str, why: str = "") -> str:
        with self._db.read() as conn:
            tell = self._teller(conn)
            try:
                wish, said = wishes.one(conn, member().school, isbn)
            except CentralError:
                abort(404, g.say("console.no_page"))
            usual = _usual(conn)
        people = [
            (one.id, _who(one.name, one.class_name), tell.day(tell.local(one.at_ms).date()))
            for one in said
        ]
        decided = tell.moment(wish.state_ms) if wish.state_ms is not None else ""
        return self._page(
            "wish",
            wish=wish,
            people=people,
            states=list(State),
            usual=usual,
            decided=decided,
            by=tell.member(wish.staff),
            may_decide=may(member().role, Right.DECIDE),
            longest=LONGEST,
            done=g.say("console.wishes.done") if request.args.get("done") else "",
            why=why,
        )

    def decide(self, isbn: str) -> Redirected | tuple[str, int]:
        """What becomes of it; without an answer of their own, staff tell the usual one."""
        chosen, answer = request.form.get("state", ""), request.form.get("answer", "").strip()
        if chosen not in set(State):
            abort(400, g.say("console.stale"))
        try:
            with self._db.begin(member().school) as conn:
                desk = Desk(conn, member().school, member().login, self._now_ms())
                was, _ = wishes.one(conn, member().school, isbn)
                # Saved again as it was: whoever has wished since is told what the others were.
                same = was.answer if was.state == chosen else ""
                told = answer or same or _usual(conn).get(chosen, "")
                title = request.form.get("title", "")
                wishes.decide(desk, isbn, State(chosen), title=title, answer=told)
        except CentralError:
            return self.one(isbn, g.say("console.wishes.cannot")), 409
        return redirect(url_for(".wish", isbn=isbn, done="1"), 303)

    def _teller(self, conn: Connection) -> Teller:
        school = member().school
        zone, members = time_zone(conn, school), shown_names(conn, school)
        return Teller(g.say, zone, self._now_ms(), members=members)

    def _page(self, name: str, **shown: Any) -> str:
        return render_template(f"voices/{name}.html", **framed(self._db, "wishes"), **shown)


def _state() -> str:
    state = request.args.get("state", "")
    return state if state in set(State) else ""


def _usual(conn: Connection) -> dict[str, str]:
    """What readers are told of each decision, in the language that stations speak at first."""
    rules = rules_in_force(conn, member().school)
    say = words(rules.library.screen.language if rules else g.language)
    return {one.value: say(f"console.wishes.usual.{one}") for one in State if one is not State.NEW}


def _who(name: str, class_name: str) -> str:
    return " ".join(filter(None, (name, class_name))) or g.say("console.voices.nobody")


def _day(tell: Teller, one: Wish) -> str:
    return tell.day(tell.local(one.last_ms).date())


def _row(tell: Teller, one: Wish) -> list[str | int]:
    held = g.say(f"console.wishes.{'held' if one.held else 'not_held'}")
    state = g.say(f"console.wishes.state.{one.state}")
    return [one.isbn, one.held or one.title, one.count, _day(tell, one), held, state, one.answer]
