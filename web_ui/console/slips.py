"""The console's page of slips: the six letters on one lead to what was recorded, the loan, and any case about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, g, render_template, request

from sync.central.db import Connection, Database
from sync.central.proofs import Loan, Proven, find_proof, may_hold_more, note_proofs, read_code
from sync.central.read import time_zone
from sync.central.reports.up_to_date import after
from sync.central.roles import Right, may
from sync.central.staff import shown_names
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.rights import needs
from web_ui.console.telling import Teller

# Longer nobody waits for codes to be written down; the record does so by itself every hour.
NOTING_S = 2.0


def slip_pages(pages: Blueprint, db: Database, now_ms: Callable[[], int]) -> None:
    """Add the page to the console's."""

    def slip() -> str:
        text = request.args.get("code", "").strip()[:20]
        code = read_code(text)
        whole = not code or note_proofs(db, member().school, after(NOTING_S))
        with db.read() as conn:
            tell = _teller(conn, now_ms())
            found = find_proof(conn, member().school, code) if code else []
            absent = may_hold_more(conn, member().school, now_ms()) if code and not found else []
        return render_template(
            "console/slip.html",
            **framed(db, "slip"),
            text=text,
            code=code,
            whole=whole,
            found=[_told(tell, one) for one in found],
            absent=[tell.machine(one) for one in absent],
        )

    pages.add_url_rule("/slip", "slip", needs(Right.SEE, slip))


def _teller(conn: Connection, now_ms: int) -> Teller:
    school, whole = member().school, may(member().role, Right.DESK)
    return Teller(g.say, time_zone(conn, school), now_ms, whole, shown_names(conn, school))


def _told(tell: Teller, one: Proven) -> dict[str, Any]:
    return {
        "seen": tell.witness(one.seen),
        "book": tell.book(one.title, one.barcode) if one.barcode else "",
        "barcode": one.barcode if one.title else "",
        "patron": one.patron,
        "name": one.seen.patron or "",
        "loan": _loan(tell, one.loan) if one.loan else "",
        "cases": [(case.id, tell.sentence(case), case.is_open) for case in one.cases],
    }


def _loan(tell: Teller, loan: Loan) -> str:
    say, who = tell.say, loan.name or tell.say("console.somebody")
    opened = tell.moment(loan.opened_ms)
    if loan.closed_ms is not None:
        return say("console.slip.over", who=who, opened=opened, closed=tell.moment(loan.closed_ms))
    due = tell.day(loan.due_on) if loan.due_on else "-"
    return say("console.slip.runs", who=who, opened=opened, due=due)
