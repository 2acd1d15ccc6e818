""" "I returned it": what a patron says of a loan, noted at the desk, and how staff settle it. Each is an entry.

While a claim is open the loan stands, marked; it is never overdue. Settled, the copy was found on its shelf (returned
when the patron said so), was not found (the loan stands as before), or is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, select, tuple_

from kiosk.domain import Act, CopyState
from sync.central.counter import Counter
from sync.central.db import CentralError
from sync.central.deeds import Deed
from sync.central.desk import Desk
from sync.central.schema import copies, holdings, loans, patrons, titles
from sync.fold import CLAIMED as CLAIMED

REFUSED = "refused"
PAGE = 50


def claim(desk: Desk, barcode: str) -> str:
    """Note that whoever has the copy says it was returned; the entry's key."""
    loan = _loan(desk, barcode)
    if loan.claimed_by is not None:
        raise CentralError(f"the loan of {barcode} is claimed already")
    return _write(desk, barcode, loan, CLAIMED)


def refuse(desk: Desk, barcode: str) -> str:
    """The copy was searched for and not found: the loan stands as before."""
    return _write(desk, barcode, _claimed(desk, barcode), REFUSED)


def found(desk: Desk, barcode: str) -> str:
    """The copy stood on its shelf: it was back when its patron said so."""
    _claimed(desk, barcode)
    return Counter(desk).checkin(barcode, found=True).entry


def lost(desk: Desk, barcode: str) -> str:
    """Nobody has it: the loan ends, and the copy is lost."""
    _claimed(desk, barcode)
    return str(desk.copy_state(barcode, CopyState.LOST.value))


SETTLEMENTS: dict[str, Callable[[Desk, str], str]] = {
    "found": found,
    "refused": refuse,
    "lost": lost,
}


def _write(desk: Desk, barcode: str, loan: Any, value: str) -> str:
    return str(desk.write([Deed(Act.CLAIM, barcode, loan.patron, more={"value": value})])[0])


def _loan(desk: Desk, barcode: str) -> Any:
    same = and_(loans.c.school == holdings.c.school, loans.c.opened_by == holdings.c.opened_by)
    query = (
        select(loans)
        .select_from(holdings.join(loans, same))
        .where(holdings.c.school == desk.school, holdings.c.barcode == barcode)
    )
    row = desk.conn.execute(query).first()
    if row is None:
        raise CentralError(f"the copy {barcode} is not on loan")
    return row


def _claimed(desk: Desk, barcode: str) -> Any:
    row = _loan(desk, barcode)
    if row.claimed_by is None:
        raise CentralError(f"nobody says that {barcode} was returned")
    return row


# What is open.


@dataclass(frozen=True, slots=True)
class Claim:
    """An open claim: of which copy, by whom, since when (UTC ms), and since when they have it."""

    barcode: str
    title: str
    shelf: str
    call_number: str
    patron: str
    name: str
    class_name: str
    claimed_ms: int
    opened_ms: int
    opened_by: str


def open_claims(
    conn: Connection, school: str, after: tuple[int, str] | None = None
) -> tuple[list[Claim], tuple[int, str] | None]:
    """A page of the open claims, the oldest first, and where the next page begins (claimed_ms, opened_by)."""
    copy = and_(copies.c.school == loans.c.school, copies.c.barcode == loans.c.barcode)
    title = and_(titles.c.school == copies.c.school, titles.c.id == copies.c.title_id)
    who = and_(patrons.c.school == loans.c.school, patrons.c.id == loans.c.patron)
    query = (
        select(
            loans.c.barcode, loans.c.claimed_ms, loans.c.opened_ms, loans.c.opened_by, loans.c.patron,
            titles.c.title, copies.c.shelf, copies.c.call_number, patrons.c.name, patrons.c.class_name,
        )
        .select_from(loans.outerjoin(copies, copy).outerjoin(titles, title).outerjoin(patrons, who))
        .where(loans.c.school == school, loans.c.closed_ms.is_(None), loans.c.claimed_ms.isnot(None))
        .order_by(loans.c.claimed_ms, loans.c.opened_by)
        .limit(PAGE + 1)
    )  # fmt: skip
    if after:
        query = query.where(tuple_(loans.c.claimed_ms, loans.c.opened_by) > tuple_(*after))
    rows = conn.execute(query).all()
    listed = [
        Claim(
            r.barcode, r.title or "", r.shelf or "", r.call_number or "", r.patron or "",
            r.name or "", r.class_name or "", r.claimed_ms, r.opened_ms, r.opened_by,
        )
        for r in rows[:PAGE]
    ]  # fmt: skip
    last = listed[-1] if len(rows) > PAGE else None
    return listed, (last.claimed_ms, last.opened_by) if last else None
