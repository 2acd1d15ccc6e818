"""The console's pages of handing textbooks out: which classes wait for some, and one class with its pupils."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sync.central import textbook_hands as hands
from sync.central import textbook_lists as lists
from sync.central import textbooks as books
from sync.central.db import CentralError, Connection, Database
from sync.central.desk import Desk
from sync.central.roles import Right, may
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.rights import needs
from web_ui.console.terms import chosen_term, terms_shown

_ACTS = {
    "hand_out": hands.hand_out,
    "take_back": hands.take_back,
    "not_handed": hands.not_handed,
}
_MOST_BYTES = 64 * 1024


def handing_pages(pages: Blueprint, db: Database, now_ms: Callable[[], int]) -> None:
    """Add the pages to those of textbooks."""
    desk = _Handing(db, now_ms)
    pages.add_url_rule("/classes", "classes", needs(Right.SEE, desk.classes))
    pages.add_url_rule("/class", "class_sheet", needs(Right.SEE, desk.sheet))
    act = needs(Right.DESK, desk.act, most_bytes=_MOST_BYTES)
    pages.add_url_rule("/class", "hand", act, methods=["POST"])
    need = needs(Right.DESK, desk.teachers)
    pages.add_url_rule("/class/teachers", "teachers", need, methods=["POST"])


class _Handing:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def classes(self) -> str:
        after = request.args.get("after", "")
        with self._db.read() as conn:
            term = chosen_term(conn, self._now_ms())
            sums, then = (
                lists.class_sums(conn, member().school, term.key, after=after) if term else ([], "")
            )
            terms = terms_shown(conn)
        more = ""
        if then and term:
            more = f"{url_for('.classes')}?{urlencode({'term': term.key, 'after': then})}"
        return self._page("classes", term=term, terms=terms, sums=sums, more=more)

    def sheet(self) -> str | Response:
        if not request.args.get("class"):
            return redirect(url_for(".classes"), 303)
        return self._sheet(done=request.args.get("done", ""), count=request.args.get("n", ""))

    def act(self) -> Response:
        """Hand out, take back, or say that it was a mistake; for those who are ticked."""
        term, class_name, did = (request.form.get(n, "") for n in ("term", "class", "act"))
        if did not in _ACTS or not term:
            abort(400, g.say("console.stale"))
        names, people = request.form.getlist("book"), request.form.getlist("pupil")
        with self._db.begin(member().school) as conn:
            count = _ACTS[did](self._desk(conn), term, class_name, names, people)
        return _back(term, class_name, did, count)

    def teachers(self) -> Response:
        """How many of a textbook's copies for teachers of the class are handed out."""
        term, class_name, name, sent = (
            request.form.get(n, "") for n in ("term", "class", "book", "teachers_handed")
        )
        if not (sent.isascii() and sent.isdigit() and len(sent) <= 3):
            abort(400, g.say("console.stale"))
        try:
            with self._db.begin(member().school) as conn:
                books.note_need(self._desk(conn), term, name, class_name, teachers_handed=int(sent))
        except CentralError:
            abort(404, g.say("console.textbooks.no_book"))
        return _back(term, class_name, "teachers", int(sent))

    def _desk(self, conn: Connection) -> Desk:
        return Desk(conn, member().school, member().login, self._now_ms())

    def _sheet(self, *, done: str, count: str) -> str:
        class_name = request.values.get("class", "")
        with self._db.read() as conn:
            term = chosen_term(conn, self._now_ms())
            if term is None or not class_name:
                abort(404, g.say("console.no_page"))
            sheet = hands.sheet(conn, member().school, term.key, class_name)
        said = done if done in (*_ACTS, "teachers") and count.isdigit() else ""
        return self._page(
            "class",
            term=term,
            class_name=class_name,
            sheet=sheet,
            done=g.say(f"console.textbooks.done.{said}", n=int(count)) if said else "",
            may_act=may(member().role, Right.DESK),
        )

    def _page(self, name: str, **shown: Any) -> str:
        return render_template(f"textbooks/{name}.html", **framed(self._db, "handing"), **shown)


def _back(term: str, class_name: str, done: str, count: int) -> Response:
    told = {"term": term, "class": class_name, "done": done, "n": count}
    return redirect(f"{url_for('.class_sheet')}?{urlencode(told)}", 303)
