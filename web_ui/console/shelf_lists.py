"""The console's lists of new arrivals and of what was donated, and labels to print."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import groupby
from urllib.parse import urlencode

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.errors import SheetError
from kiosk.imports.cleaning import day
from kiosk.imports.faults import RowFault
from sync.central.catalogue import Arrival, Arrivals, arrivals, donated
from sync.central.db import Database
from sync.central.labels import MOST, Choice, Sheets, chosen, sheets
from sync.central.read import time_zone
from sync.central.roles import Right
from sync.central.rules import rules_in_force
from web_ui.console.frame import framed, in_language
from web_ui.console.gate import member
from web_ui.console.rights import needs
from web_ui.console.telling import Teller

SPANS_DAYS = (7, 30, 90, 180, 365)
_USUAL_DAYS = 30
_LONGEST = 200
# The sheet carries its own styles, and nothing else.
_SHEET_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def list_pages(pages: Blueprint, db: Database, now_ms: Callable[[], int]) -> None:
    """Add the pages to those of the catalogue."""
    desk = _Lists(db, now_ms)
    pages.add_url_rule("/arrivals", "arrivals", needs(Right.SEE, desk.arrivals))
    pages.add_url_rule("/donated", "donated", needs(Right.SEE, desk.donated))
    pages.add_url_rule("/labels", "labels", needs(Right.DESK, desk.labels))
    pages.add_url_rule("/labels/print", "labels_print", needs(Right.DESK, desk.labels_print))


class _Lists:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def arrivals(self) -> str:
        asked = request.args.get("days", "")
        days = int(asked) if asked in map(str, SPANS_DAYS) else _USUAL_DAYS
        key = (request.args.get("day", ""), request.args.get("barcode", ""))
        with self._db.read() as conn:
            tell = Teller(g.say, time_zone(conn, member().school), self._now_ms())
            since = tell.local(tell.now_ms).date() - timedelta(days=days)
            found = arrivals(conn, member().school, since, key if all(key) else None)
        further = self._further(".arrivals", found, days=str(days), names=("day", "barcode"))
        # By class, as on the board beside the new books; what has no class stands last.
        rows = sorted(
            found.rows, key=lambda row: (_letter(row) or "~", row.class_number, row.title)
        )
        groups = [(letter, list(part)) for letter, part in groupby(rows, _letter)]
        shown = {"groups": groups, "days": days, "spans": SPANS_DAYS, "further": further}
        return self._page("arrivals", tell=tell, **shown)

    def donated(self) -> str:
        donor = request.args.get("donor", "").strip()[:_LONGEST]
        key = (request.args.get("from", ""), request.args.get("barcode", ""))
        with self._db.read() as conn:
            tell = Teller(g.say, time_zone(conn, member().school), self._now_ms())
            found = donated(conn, member().school, donor, key if key[1] else None)
        further = self._further(".donated", found, donor=donor, names=("from", "barcode"))
        groups = [(name, list(part)) for name, part in groupby(found.rows, lambda row: row.donor)]
        return self._page("donated", tell=tell, groups=groups, donor=donor, further=further)

    def labels(self) -> str:
        return self._labels()

    def labels_print(self) -> str | AnyResponse | tuple[str, int]:
        """The sheet itself; without anything to print the form again, with why."""
        if not request.args:
            return redirect(url_for(".labels"), 303)
        try:
            made = self._made()
        except (SheetError, RowFault) as error:
            return self._labels(
                why=g.say("console.catalogue.cannot.labels_print"), detail=str(error)
            ), 409
        if made is None or not made.html:
            left = made.left if made else ()
            return self._labels(why=g.say("console.catalogue.cannot.no_labels"), left=left), 409
        if (made.left or made.cut) and not request.args.get("without"):
            return self._labels(made=made, left=made.left)
        g.policy = _SHEET_POLICY
        return Response(made.html)

    def _made(self) -> Sheets | None:
        told = {name: request.args.get(name, "").strip()[:_LONGEST] for name in _ASKED}
        numbers = tuple(request.args.get("labels", "").split())[:MOST]
        came = day(request.args.get("arrived_on", ""), "arrived_on")
        choice = Choice(labels=numbers, arrived_on=came, **told)
        start = request.args.get("start_at", "1")
        with self._db.read() as conn:
            rules = rules_in_force(conn, member().school)
            found, cut = chosen(conn, member().school, choice)
        if rules is None or not found:
            return None
        own = rules.library.library
        return sheets(
            found,
            rules.library,
            name=in_language(own.name, own.name_en),
            advice=g.say("sheet.advice"),
            spine=request.args.get("kind") == "spine",
            start_at=int(start) if start.isascii() and start.isdigit() else 1,
            cut=cut,
        )

    def _labels(self, *, why: str = "", **shown: object) -> str:
        args = {name: value for name, value in request.args.items() if value}
        again = f"{url_for('.labels_print')}?{urlencode({**args, 'without': '1'})}"
        blank = {"made": None, "left": (), "detail": ""}
        return self._page("labels", why=why, args=args, again=again, **blank | shown)

    def _further(self, endpoint: str, found: Arrivals, names: tuple[str, str], **told: str) -> str:
        if found.after is None:
            return ""
        query = told | dict(zip(names, found.after, strict=True))
        return f"{url_for(endpoint)}?{urlencode(query)}"

    def _page(self, here: str, **shown: object) -> str:
        return render_template(f"catalogue/{here}.html", **framed(self._db, here), **shown)


_ASKED = ("title", "first", "last", "call_first", "call_last")


def _letter(row: Arrival) -> str:
    return (row.class_number or row.call_number)[:1].upper()
