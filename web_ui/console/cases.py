"""The console's pages of cases: what waits for a person, what was answered, and what needs no decision."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sync.central.cases import Question, question, questions, settled_by
from sync.central.db import CentralError, Connection, Database
from sync.central.desk import Desk
from sync.central.overview import OPEN_AT_ONCE, inbox, odd_ones
from sync.central.read import time_zone
from sync.central.roles import Right
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.rights import needs
from web_ui.console.telling import Teller

DONE = ("settled", "undone", "closed", "changed", "not_settled")


def case_pages(pages: Blueprint, db: Database, now_ms: Callable[[], int]) -> None:
    """Add them to the console's pages."""
    desk = _Cases(db, now_ms)
    pages.add_url_rule("/", "inbox", needs(Right.SEE, desk.inbox))
    pages.add_url_rule("/digest", "digest", needs(Right.SEE, desk.digest))
    settle, undo = needs(Right.DECIDE, desk.settle), needs(Right.DECIDE, desk.undo)
    pages.add_url_rule("/cases/<name>/settle", "settle", settle, methods=["POST"])
    pages.add_url_rule("/cases/<name>/undo", "undo", undo, methods=["POST"])


class _Cases:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def inbox(self) -> str:
        school, done = member().school, request.args.get("done", "")
        with self._db.read() as conn:
            tell = self._teller(conn)
            box = inbox(conn, school)
            waiting = questions(conn, school, names=box.open) if box.open else []
            found = questions(conn, school, names=box.settled) if box.settled else []
            order = {name: at for at, name in enumerate(box.settled)}
            settled = [
                {"case": one, "sentence": tell.sentence(one), "decided": tell.decided(one, by)}
                for one in sorted(found, key=lambda q: order[q.id])
                if (by := settled_by(conn, school, one))
            ]
        return self._page(
            "inbox",
            waiting=[_waiting(tell, one) for one in waiting],
            more=max(0, box.total - OPEN_AT_ONCE),
            settled=settled,
            done=done if done in DONE else "",
        )

    def settle(self, name: str) -> Response:
        choice, facts = request.form.get("choice", ""), request.form.get("facts", "")
        with self._db.begin(member().school) as conn:
            one = _question(conn, name)
            if not one.is_open:
                return _back("closed")
            if one.facts != facts:
                return _back("changed")
            if choice not in {c.value for c in one.choices}:
                abort(400, g.say("console.stale"))
            Desk(conn, member().school, member().login, self._now_ms()).settle(name, choice)
        return _back("settled")

    def undo(self, name: str) -> Response:
        with self._db.begin(member().school) as conn:
            one = _question(conn, name)
            if one.is_open or one.settled_by is None:
                return _back("not_settled")
            Desk(conn, member().school, member().login, self._now_ms()).undo(name)
        return _back("undone")

    def digest(self) -> str:
        school = member().school
        with self._db.read() as conn:
            tell = self._teller(conn)
            odd = odd_ones(conn, school, self._now_ms())
        return self._page("digest", days=tell.days(odd))

    def _page(self, name: str, **shown: object) -> str:
        return render_template(f"console/{name}.html", **framed(self._db, name), **shown)

    def _teller(self, conn: Connection) -> Teller:
        return Teller(g.say, time_zone(conn, member().school), self._now_ms())


def _waiting(tell: Teller, one: Question) -> dict[str, object]:
    proposed, *others = one.choices
    return {
        "case": one,
        "sentence": tell.sentence(one),
        "holder": tell.holder(one),
        "evidence": [tell.witness(seen) for seen in one.evidence],
        "proposed": (proposed.value, tell.choice(proposed)),
        "others": [(choice.value, tell.choice(choice)) for choice in others],
    }


def _question(conn: Connection, name: str) -> Question:
    try:
        return question(conn, member().school, name)
    except CentralError:
        abort(404, g.say("console.no_case"))


def _back(done: str) -> Response:
    return redirect(url_for("console.inbox", done=done), 303)
