"""The console's page of claims: what patrons say they have returned, and what staff find out about it."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sync.central import claims
from sync.central.claims import Claim
from sync.central.db import CentralError, Database
from sync.central.desk import Desk
from sync.central.read import time_zone
from sync.central.roles import Right, may
from sync.central.undoing import undo
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.rights import needs
from web_ui.console.telling import Teller

DONE = ("claimed", "found", "refused", "lost", "undone")
CANNOT = ("claimed", "gone")


def claim_pages(db: Database, now_ms: Callable[[], int]) -> Blueprint:
    """The pages under /console/circulation/claims."""
    pages = Blueprint(
        "claims", __name__, url_prefix="/circulation/claims", template_folder="templates"
    )
    desk = _Claims(db, now_ms)
    pages.add_url_rule("/", "list", needs(Right.SEE, desk.list))
    for rule, name, view in (
        ("/", "note", desk.note),
        ("/settle", "settle", desk.settle),
        ("/undo", "undo", desk.undo),
    ):
        pages.add_url_rule(rule, name, needs(Right.DESK, view), methods=["POST"])
    return pages


class _Claims:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def list(self) -> str:
        after = request.args.get("key", ""), request.args.get("id", "")
        begin = (int(after[0]), after[1]) if after[0].isdigit() and after[1] else None
        done, fault = request.args.get("done", ""), request.args.get("e", "")
        with self._db.read() as conn:
            tell = Teller(g.say, time_zone(conn, member().school), self._now_ms())
            found, following = claims.open_claims(conn, member().school, begin)
        more = url_for(".list", key=following[0], id=following[1]) if following else ""
        return render_template(
            "circulation/claims.html",
            **framed(self._db, "claims"),
            lines=[_told(tell, one) for one in found],
            more=more,
            may_act=may(member().role, Right.DESK),
            done=g.say(f"console.claims.done.{done}") if done in DONE else "",
            why=g.say(f"console.claims.cannot.{fault}") if fault in CANNOT else "",
            entry=request.args.get("n", ""),
        )

    def note(self) -> Response:
        """A patron says at the desk that this copy is back: on to what is recorded of it."""
        barcode = request.form.get("barcode", "")
        try:
            with self._db.begin(member().school) as conn:
                claims.claim(self._desk(conn), barcode)
        except CentralError:
            return redirect(url_for(".list", e="gone"), 303)
        return redirect(url_for("console.holds.copy", barcode=barcode, claim="claimed"), 303)

    def settle(self) -> Response:
        barcode, choice = request.form.get("barcode", ""), request.form.get("choice", "")
        if choice not in claims.SETTLEMENTS:
            abort(400, g.say("console.stale"))
        try:
            with self._db.begin(member().school) as conn:
                key = claims.SETTLEMENTS[choice](self._desk(conn), barcode)
        except CentralError:
            return redirect(url_for(".list", e="gone"), 303)
        return redirect(url_for(".list", done=choice, n=key), 303)

    def undo(self) -> Response:
        try:
            with self._db.begin(member().school) as conn:
                undo(self._desk(conn), request.form.get("entry", ""))
        except CentralError:
            return redirect(url_for(".list", e="gone"), 303)
        return redirect(url_for(".list", done="undone"), 303)

    def _desk(self, conn: object) -> Desk:
        return Desk(conn, member().school, member().login, self._now_ms())  # type: ignore[arg-type]


def _told(tell: Teller, one: Claim) -> dict[str, object]:
    return {
        "one": one,
        "book": tell.book(one.title, one.barcode),
        "look": tell.say(
            "console.claims.look", shelf=one.shelf or "-", call=one.call_number or "-"
        ),
        "since": tell.moment(one.claimed_ms),
        "lent": tell.say("console.claims.lent", day=tell.moment(one.opened_ms)),
    }
