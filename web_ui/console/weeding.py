"""The console's page of books that nobody has borrowed for years: the list, files, withdrawing what is chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from flask import Blueprint, abort, g, render_template, request

from kiosk.domain import CopyState
from sync.central import copy_acts, weeding
from sync.central.db import Connection, Database
from sync.central.desk import Desk
from sync.central.read import time_zone
from sync.central.roles import Right, may
from sync.central.weeding import Candidate, Wish
from web_ui.console.collected import barcodes_in
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.paging import FORMS, as_file, link, packed, unpacked
from web_ui.console.rights import needs
from web_ui.console.shelving import Shelving, scope_of, shelving
from web_ui.console.telling import Teller

YEARS = (1, 2, 3, 5, 8, 10, 15)
STATES = (CopyState.ON_SHELF, CopyState.MENDING, CopyState.LOST, CopyState.MISSING)
MOST, MOST_SENT_BYTES = 2_000, 128 * 1024
# As far as a file, and as paper goes.
FILED, PRINTED = 20_000, 1_000
_ASKED = ("years", "part", "call_from", "call_to", "until", "copies", "state")


@dataclass(frozen=True, slots=True)
class Asked:
    """The list that was asked for, as it stands in the address."""

    years: int
    told: dict[str, str]

    def wish(self, tell: Teller) -> Wish:
        told, now = self.told, tell.local(tell.now_ms)
        # A day of February that other years have not is the last of its month.
        since = now.replace(year=now.year - self.years, day=min(now.day, 28))
        return Wish(
            before_ms=int(since.timestamp() * 1000),
            here_before=since.date(),
            scope=scope_of(told["part"], told["call_from"], told["call_to"]),
            until_year=told["until"] if told["until"].isdigit() else "",
            copies=int(told["copies"]) if told["copies"] in ("2", "3", "5") else 1,
            state=CopyState(told["state"]) if told["state"] in STATES else CopyState.ON_SHELF,
        )


def weeding_pages(db: Database, now_ms: Callable[[], int]) -> Blueprint:
    """The pages under /console/weeding."""
    pages = Blueprint("weeding", __name__, url_prefix="/weeding", template_folder="templates")
    desk = _Weeding(db, now_ms)
    pages.add_url_rule("/", "list", needs(Right.SEE, desk.list))
    pages.add_url_rule("/list.<form>", "file", needs(Right.SEE, desk.file))
    withdraw = needs(Right.DECIDE, desk.withdraw, most_bytes=MOST_SENT_BYTES)
    pages.add_url_rule("/", "withdraw", withdraw, methods=["POST"])
    return pages


class _Weeding:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def list(self, why: str = "") -> str:
        """A page of the list; ?print: as much of it as paper takes."""
        asked = _asked()
        after = unpacked(request.args.get("after", ""), str, str, str, str)
        printed = "print" in request.args
        school = member().school
        with self._db.read() as conn:
            tell, shelves = self._teller(conn), shelving(conn, school)
            wish = asked.wish(tell)
            found = weeding.candidates(conn, school, wish, after)
            rows, cut = list(found.rows), False
            if printed:
                rows = list(islice(weeding.all_candidates(conn, school, wish), PRINTED + 1))
                rows, cut = rows[:PRINTED], len(rows) > PRINTED
        told = asked.told | {"after": packed(found.after)}
        return self._page(
            "list",
            asked=asked.told,
            rows=[_row(tell, shelves, one) for one in rows],
            looked_at=found.looked_at,
            more=link(".list", told) if found.after and not printed else "",
            files=[(form, link(".file", asked.told, form=form)) for form in FORMS],
            paper=link(".list", asked.told | {"print": "1"}),
            printed=printed,
            cut=cut,
            years=YEARS,
            states=[state.value for state in STATES],
            parts=shelves.part_choices(),
            may_withdraw=may(member().role, Right.DECIDE) and not printed,
            why=why,
        )

    def file(self, form: str) -> Any:
        if form not in FORMS:
            abort(404, g.say("console.no_page"))
        asked, school = _asked(), member().school
        columns = (
            "barcode", "title", "author", "year", "call_number", "belongs", "last", "loans", "copies",
        )  # fmt: skip
        with self._db.read() as conn:
            tell, shelves = self._teller(conn), shelving(conn, school)
            found = weeding.all_candidates(conn, school, asked.wish(tell))
            rows = (_row(tell, shelves, one) for one in islice(found, FILED))
            heads = [g.say(f"console.weeding.column.{column}") for column in columns]
            cells = ([row[column] for column in columns] for row in rows)
            return as_file(form, g.say("console.nav.weeding"), heads, cells)

    def withdraw(self) -> str | tuple[str, int]:
        """Withdraw what was chosen on the page, or scanned from the pile: one act, with its reason."""
        why = request.form.get("why", "").strip()[:200]
        chosen = [*request.form.getlist("barcode"), *barcodes_in(request.form.get("barcodes", ""))]
        if not why or not chosen or len(chosen) > MOST:
            name = "no_why" if not why else "nothing_chosen" if not chosen else "many"
            return self.list(g.say(f"console.weeding.cannot.{name}", n=MOST)), 409
        school = member().school
        with self._db.begin(school) as conn:
            desk = Desk(conn, school, member().login, self._now_ms())
            act, unfit = copy_acts.change(desk, CopyState.WITHDRAWN, chosen, why)
        return self._page("done", act=act, count=len(set(chosen)) - len(unfit), unfit=unfit)

    def _teller(self, conn: Connection) -> Teller:
        return Teller(g.say, time_zone(conn, member().school), self._now_ms())

    def _page(self, name: str, **shown: object) -> str:
        return render_template(f"weeding/{name}.html", **framed(self._db, "weeding"), **shown)


def _asked() -> Asked:
    told = {name: request.args.get(name, "").strip()[:200] for name in _ASKED}
    years = int(told["years"]) if told["years"] in {str(n) for n in YEARS} else 5
    return Asked(years, told | {"years": str(years)})


def _row(tell: Teller, shelves: Shelving, one: Candidate) -> dict[str, Any]:
    last = tell.local(one.last_ms).date() if one.last_ms is not None else None
    return {
        "barcode": one.barcode,
        "title": one.title,
        "title_id": one.title_id,
        "author": one.author,
        "year": one.year,
        "call_number": one.call_number,
        "belongs": shelves.place(one.room, one.shelf),
        "last": f"{last:%Y-%m-%d}" if last else g.say("console.weeding.never"),
        "loans": one.loans,
        "copies": one.copies,
    }
