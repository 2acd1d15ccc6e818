"""What a decision of the desk rests on, read from the record's tables as they stand.

Loans that their patrons say they have returned, and those of a copy whose holder is in doubt, block nobody: they are
excused until somebody has settled that.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, and_, case, func, or_, select

from kiosk.calendar import Rules, zone
from kiosk.domain import Copy, CopyState, Facts, Hold, Loan, Now, Patron, Title
from sync.central.box_tables import box_lent
from sync.central.db import CentralError, one_of
from sync.central.in_question import in_question
from sync.central.read import time_zone
from sync.central.rules import rules_in_force
from sync.central.schema import copies, holdings, holds, loans, old_labels, patrons, titles

_STATE: Any = func.coalesce(holdings.c.state, copies.c.state)
_COPY = (
    copies.c.barcode, copies.c.copy_type, copies.c.shelf, copies.c.room, copies.c.call_number,
    _STATE.label("state"), holdings.c.last_entry, holdings.c.lendable,
    titles.c.id.label("title_id"), titles.c.title, titles.c.author, titles.c.class_number, titles.c.isbn,
    titles.c.pinyin,
)  # fmt: skip
_TITLE = and_(titles.c.school == copies.c.school, titles.c.id == copies.c.title_id)
_HELD = and_(holdings.c.school == copies.c.school, holdings.c.barcode == copies.c.barcode)
_SHELF = copies.join(titles, _TITLE).outerjoin(holdings, _HELD)
_LENT = and_(loans.c.school == holdings.c.school, loans.c.opened_by == holdings.c.opened_by)
_LOAN = (
    loans.c.barcode, loans.c.patron, loans.c.opened_ms, loans.c.due_on, loans.c.renewals,
    loans.c.opened_by, loans.c.claimed_ms, in_question().label("in_question"),
    box_lent.c.entry.isnot(None).label("boxed"),
)  # fmt: skip
_BOXED = and_(box_lent.c.school == loans.c.school, box_lent.c.entry == loans.c.opened_by)


def rules_of(conn: Connection, school: str) -> Rules:
    """The rules in force. Raises CentralError where none were published: nothing can be decided then."""
    rules = rules_in_force(conn, school)
    if rules is None:
        raise CentralError("no library.toml is in force; run: central rules publish library.toml")
    return rules


def now_at(rules: Rules, at_ms: int) -> Now:
    """The centre's own clock, which is believed."""
    return Now(at_ms, datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone(rules)))


def copy_of(conn: Connection, school: str, label: str) -> Copy | None:
    """The copy that bears this label, or did once."""
    found = _copy(conn, school, label)
    if found is None:
        was = select(old_labels.c.barcode).where(
            old_labels.c.school == school, old_labels.c.label == label
        )
        barcode = conn.execute(was).scalar()
        found = _copy(conn, school, barcode) if barcode else None
    return found


def _copy(conn: Connection, school: str, barcode: str) -> Copy | None:
    row = conn.execute(shelf_of(school).where(copies.c.barcode == barcode)).first()
    return copy_in(row) if row else None


def shelf_of(school: str) -> Any:
    """Copies with their titles and where they are; rows for copy_in."""
    return select(*_COPY).select_from(_SHELF).where(copies.c.school == school)


def copy_in(row: Any) -> Copy:
    return Copy(
        barcode=row.barcode,
        title=Title(row.title_id, row.title, row.author, row.class_number, row.isbn, row.pinyin),
        copy_type=row.copy_type,
        state=CopyState(row.state),
        shelf=row.shelf,
        room=row.room,
        call_number=row.call_number,
        last_entry=row.last_entry,
        lendable=row.lendable is not False,
    )


def copies_of(
    conn: Connection, school: str, barcodes: Collection[str]
) -> dict[str, tuple[Copy, Loan | None]]:
    """Each of these copies that there is, with its open loan."""
    query = (
        select(*_COPY, *(c for c in _LOAN if c is not loans.c.barcode))
        .select_from(_SHELF.outerjoin(loans, _LENT).outerjoin(box_lent, _BOXED))
        .where(copies.c.school == school, one_of(conn, copies.c.barcode, barcodes))
    )
    return {
        row.barcode: (copy_in(row), loan_in(row) if row.opened_by else None)
        for row in conn.execute(query)
    }


def patron_of(conn: Connection, school: str, patron: str) -> Patron | None:
    query = select(patrons).where(patrons.c.school == school, patrons.c.id == patron)
    row = conn.execute(query).first()
    return patron_in(row, time_zone(conn, school)) if row else None


def patron_in(row: Any, school_zone: ZoneInfo) -> Patron:
    """Whoever has left the school has a card that is no longer good."""
    ends = row.expires_on
    if row.gone_ms is not None:
        left = last_day(row.gone_ms, school_zone)
        ends = min(left, ends) if ends else left
    return Patron(row.id, row.name, row.category, row.grade, row.class_name, ends, row.blocked)


def last_day(gone_ms: int, school_zone: ZoneInfo) -> date:
    """Until when the card of somebody who left at this moment was good."""
    return datetime.fromtimestamp(gone_ms / 1000, school_zone).date() - timedelta(days=1)


def loan_of(conn: Connection, school: str, barcode: str) -> Loan | None:
    """The open loan of a copy, whoever has it. patron_id "" where that is not known (any more)."""
    query = (
        select(*_LOAN)
        .select_from(holdings.join(loans, _LENT).outerjoin(box_lent, _BOXED))
        .where(holdings.c.school == school, holdings.c.barcode == barcode)
    )
    row = conn.execute(query).first()
    return loan_in(row) if row else None


def loans_of(conn: Connection, school: str, patron: str) -> tuple[tuple[Loan, Copy], ...]:
    """The patron's open loans with their copies, the first due in front; those of unknown copies are left out."""
    query = (
        select(
            *_COPY, loans.c.patron, loans.c.opened_ms, loans.c.due_on, loans.c.renewals,
            loans.c.claimed_ms, in_question().label("in_question"), box_lent.c.entry.isnot(None).label("boxed"),
        )
        .select_from(
            loans.join(copies, and_(copies.c.school == loans.c.school, copies.c.barcode == loans.c.barcode))
            .join(titles, _TITLE)
            .outerjoin(holdings, _HELD)
            .outerjoin(box_lent, _BOXED)
        )
        .where(loans.c.school == school, loans.c.patron == patron, loans.c.closed_ms.is_(None))
        .order_by(loans.c.due_on, loans.c.opened_ms, loans.c.barcode)
    )  # fmt: skip
    return tuple((loan_in(row), copy_in(row)) for row in conn.execute(query))


def loan_in(row: Any) -> Loan:
    excused = row.claimed_ms is not None or row.in_question
    return Loan(
        barcode=row.barcode,
        patron_id=row.patron or "",
        opened_ms=row.opened_ms,
        due_on=row.due_on,
        renewals=row.renewals,
        excused_on=date.max if excused else None,
        boxed=row.boxed,
    )


def holds_of(conn: Connection, school: str, title: str) -> tuple[Hold, ...]:
    """The queue for a title, the first in front."""
    query = (
        select(holds)
        .where(holds.c.school == school, holds.c.title_id == title, holds.c.ended_ms.is_(None))
        .order_by(holds.c.placed_ms, holds.c.id)
    )
    return tuple(Hold(r.title_id, r.patron_id, r.placed_ms, r.barcode) for r in conn.execute(query))


def free_copies(conn: Connection, school: str, titles_wanted: list[str]) -> dict[str, int]:
    """Copies of each title that its queue could be served from: on the shelf, lendable, promised to nobody."""
    promised = and_(
        holds.c.school == copies.c.school,
        holds.c.barcode == copies.c.barcode,
        holds.c.ended_ms.is_(None),
    )
    free = and_(
        CopyState.ON_SHELF.value == _STATE,
        holdings.c.opened_by.is_(None),
        or_(holdings.c.lendable.is_(None), holdings.c.lendable),
        holds.c.id.is_(None),
    )
    query = (
        select(copies.c.title_id, func.sum(case((free, 1), else_=0)).label("free"))
        .select_from(copies.outerjoin(holdings, _HELD).outerjoin(holds, promised))
        .where(copies.c.school == school, copies.c.title_id.in_(titles_wanted))
        .group_by(copies.c.title_id)
    )
    return {row.title_id: int(row.free) for row in conn.execute(query)} if titles_wanted else {}


def facts_of(conn: Connection, school: str, patron: str | None, copy: Copy | None) -> Facts:
    """All that policy may look at, for this patron and this copy."""
    out = loans_of(conn, school, patron) if patron else ()
    holds_waiting = holds_of(conn, school, copy.title.id) if copy else ()
    free = 1
    if copy and holds_waiting:
        free = free_copies(conn, school, [copy.title.id]).get(copy.title.id, 0)
    return Facts(
        patron=patron_of(conn, school, patron) if patron else None,
        copy=copy,
        loan=loan_of(conn, school, copy.barcode) if copy else None,
        loans=tuple((loan, of.copy_type) for loan, of in out),
        holds=holds_waiting,
        free_copies=free,
    )
