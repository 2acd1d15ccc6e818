"""The console's page of what is overdue: by class, or all of it, what is overdue for longest in front."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, g, render_template, request, url_for

from sync.central import overdue
from sync.central.db import Database
from sync.central.facts import now_at
from sync.central.overdue import Late
from sync.central.read import time_zone
from sync.central.roles import Right, may
from web_ui.console.counter import rules_or_abort
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.rights import needs
from web_ui.console.telling import Teller


def overdue_pages(db: Database, now_ms: Callable[[], int]) -> Blueprint:
    """The page /console/circulation/overdue."""
    pages = Blueprint("overdue", __name__, url_prefix="/circulation", template_folder="templates")
    pages.add_url_rule("/overdue", "list", needs(Right.SEE, _Overdue(db, now_ms).list))
    return pages


class _Overdue:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def list(self) -> str:
        class_name, school = request.args.get("class", "").strip(), member().school
        with self._db.read() as conn:
            tell = Teller(g.say, time_zone(conn, school), self._now_ms())
            today = now_at(rules_or_abort(conn), self._now_ms()).local.date()
            counts, capped = overdue.class_counts(conn, school, today)
            lines, following = overdue.overdue(
                conn, school, today, class_name, _after(bool(class_name))
            )
        more = ""
        if following:
            key = [str(part) for part in following]
            told: dict[str, Any] = {"class": class_name or None, "k": key}
            more = url_for(".list", **told)
        return render_template(
            "circulation/overdue.html",
            **framed(self._db, "overdue"),
            lines=[_told(tell, line, today) for line in lines],
            counts=counts,
            counted=sum(one.loans for one in counts),
            capped=capped,
            class_name=class_name,
            more=more,
            may_act=may(member().role, Right.DESK),
        )


def _after(of_class: bool) -> tuple[Any, ...] | None:
    """Where the page begins; what cannot be read begins at the beginning."""
    key = request.args.getlist("k")
    try:
        if of_class:
            name, patron, due_on, opened_by = key
            return name, patron, date.fromisoformat(due_on), opened_by
        due_on, opened_by = key
        return date.fromisoformat(due_on), opened_by
    except ValueError:
        return None


def _told(tell: Teller, line: Late, today: date) -> dict[str, Any]:
    return {
        "line": line,
        "book": tell.book(line.title, line.barcode),
        "due": tell.day(line.due_on),
        "days": (today - line.due_on).days,
        "claimed": line.claimed_ms is not None,
    }
