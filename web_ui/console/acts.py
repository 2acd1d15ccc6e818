"""The console's pages of acts on many copies: what staff withdrew or marked at once, why, and taking that back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sync.central import copy_acts
from sync.central.copy_acts import LEFT, ActOf
from sync.central.db import CentralError, Connection, Database
from sync.central.read import time_zone
from sync.central.roles import Right, may
from sync.central.staff import shown_names
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.paging import link, packed, unpacked
from web_ui.console.rights import needs
from web_ui.console.telling import Teller


def act_pages(db: Database, now_ms: Callable[[], int]) -> Blueprint:
    """The pages under /console/acts."""
    pages = Blueprint("acts", __name__, url_prefix="/acts", template_folder="templates")
    desk = _Acts(db, now_ms)
    pages.add_url_rule("/", "list", needs(Right.SEE, desk.list))
    pages.add_url_rule("/<name>", "page", needs(Right.SEE, desk.page))
    undo = needs(Right.DECIDE, desk.undo)
    pages.add_url_rule("/<name>/undo", "undo", undo, methods=["POST"])
    return pages


class _Acts:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def list(self) -> str:
        after = unpacked(request.args.get("after", ""), int, str)
        with self._db.read() as conn:
            found, more = copy_acts.newest(conn, member().school, after)
            tell = self._teller(conn)
        following = link(".list", {"after": packed(more)}) if more else ""
        return self._page("list", acts=[_act(tell, one) for one in found], more=following)

    def page(self, name: str) -> str:
        after = request.args.get("after", "")
        with self._db.read() as conn:
            one = _one(conn, name)
            rows, more = copy_acts.changed(conn, member().school, name, after)
            tell = self._teller(conn)
            undoable = copy_acts.undoable(conn, member().school, name)
        return self._page(
            "page",
            act=_act(tell, one),
            rows=[_copy(row) for row in rows],
            more=link(".page", {"after": more}, name=name) if more else "",
            may_undo=may(member().role, Right.DECIDE) and undoable,
            done=request.args.get("done") == "undone",
        )

    def undo(self, name: str) -> Response:
        with self._db.read() as conn:
            source = _one(conn, name).source
        if source:
            # The stock-taking that it closed is opened with it.
            return redirect(url_for("console.stock.page", name=source, _anchor="reopen"), 303)
        told: Any = {"staff": member().login, "now_ms": self._now_ms()}
        copy_acts.undo(self._db, member().school, name, **told)
        return redirect(url_for(".page", name=name, done="undone"), 303)

    def _teller(self, conn: Connection) -> Teller:
        school = member().school
        zone, members = time_zone(conn, school), shown_names(conn, school)
        return Teller(g.say, zone, self._now_ms(), members=members)

    def _page(self, name: str, **shown: object) -> str:
        return render_template(f"acts/{name}.html", **framed(self._db, "acts"), **shown)


def _one(conn: Connection, name: str) -> ActOf:
    try:
        return copy_acts.one(conn, member().school, name)
    except CentralError:
        abort(404, g.say("console.acts.none"))


def _act(tell: Teller, one: ActOf) -> dict[str, Any]:
    undone = one.undone_ms is not None
    return {
        "id": one.id,
        "state": one.state.value,
        "why": one.why,
        "source": one.source,
        "when": tell.moment(one.at_ms),
        "staff": tell.member(one.staff),
        "copies": one.copies,
        "stayed": one.stayed,
        "undone": tell.moment(one.undone_ms) if one.undone_ms is not None else "",
        "undone_by": tell.member(one.undone_by) if undone else "",
    }


def _copy(row: Any) -> dict[str, str]:
    stays = "stayed" if row.undone == LEFT else "undone"
    now = stays if row.undone else "done"
    return {"barcode": row.barcode, "title": row.title or "", "before": row.before, "now": now}
