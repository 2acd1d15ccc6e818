"""What stands on a patron's account, as the counter shows it: loans and what may be done with them, holds, messages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection, and_, or_, select

from kiosk.calendar import Rules
from kiosk.domain import Copy, Facts, Hold, Loan, Now, Patron, Verdict
from kiosk.loan_rules import blocked_by_overdue, days_overdue, loans_allowed_more, overdue_loans
from kiosk.policy import decide_renewal
from sync.central.db import CentralError, one_of
from sync.central.facts import free_copies, loans_of, patron_of
from sync.central.people import Row, row_of
from sync.central.schema import holds, loans, messages, patrons, titles

# A teacher with a class box has far more than anybody reads on one page.
SHOWN = 100
MESSAGES = 10


@dataclass(frozen=True, slots=True)
class Out:
    """A loan that stands. overdue: for how many days (0: it is not); claimed_ms: since when it is said to be back."""

    loan: Loan
    copy: Copy
    renewal: Verdict
    overdue: int
    claimed_ms: int | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A place in a queue; barcode and keep_until where a copy is on the hold shelf."""

    id: str
    title_id: str
    title: str
    placed_ms: int
    place: int
    barcode: str | None
    keep_until: date | None


@dataclass(frozen=True, slots=True)
class Account:
    """out: the first SHOWN of `count` loans. more: how many copies may be borrowed besides; None: none before something
    else is settled. late: loans overdue for long enough to block.
    """

    row: Row
    patron: Patron
    out: tuple[Out, ...]
    count: int
    more: int | None
    late: int
    waiting: tuple[Waiting, ...]
    messages: tuple[str, ...]


def account(conn: Connection, school: str, name: str, rules: Rules, now: Now) -> Account:
    """Raises CentralError for nobody."""
    row = conn.execute(
        select(patrons).where(patrons.c.school == school, patrons.c.id == name)
    ).first()
    patron = patron_of(conn, school, name)
    if row is None or patron is None:
        raise CentralError(f"there is no patron {name}")
    loans_out = loans_of(conn, school, name)
    base = Facts(patron=patron, loans=tuple((loan, copy.copy_type) for loan, copy in loans_out))
    today = now.local.date()
    expired = patron.expires_on is not None and patron.expires_on < today
    stopped = patron.blocked is not None or expired or blocked_by_overdue(base, rules, now)
    return Account(
        row=row_of(row),
        patron=patron,
        out=_out(conn, school, base, loans_out[:SHOWN], (rules, now)),
        count=len(loans_out),
        more=None if stopped else loans_allowed_more(base, rules),
        late=overdue_loans(base, rules, today),
        waiting=waiting_of(conn, school, name),
        messages=_messages(conn, school, name, now.at_ms),
    )


def _out(
    conn: Connection,
    school: str,
    base: Facts,
    shown: tuple[tuple[Loan, Copy], ...],
    by: tuple[Rules, Now],
) -> tuple[Out, ...]:
    rules, now = by
    names = sorted({copy.title.id for _, copy in shown})
    queues = _queues(conn, school, names)
    free = free_copies(conn, school, sorted(queues))
    claimed = _claimed(conn, school, base.patron.id if base.patron else "")
    told = []
    for loan, copy in shown:
        queue = queues.get(copy.title.id, ())
        facts = replace(
            base, copy=copy, loan=loan, holds=queue, free_copies=free.get(copy.title.id, 1)
        )
        verdict = decide_renewal(facts, rules, now, room=rules.library.library.room)
        late = days_overdue(loan, now.local.date())
        told.append(Out(loan, copy, verdict, late, claimed.get(loan.barcode)))
    return tuple(told)


def _queues(conn: Connection, school: str, names: list[str]) -> dict[str, tuple[Hold, ...]]:
    query = (
        select(holds)
        .where(
            holds.c.school == school,
            one_of(conn, holds.c.title_id, names),
            holds.c.ended_ms.is_(None),
        )
        .order_by(holds.c.placed_ms, holds.c.id)
    )
    queues: dict[str, tuple[Hold, ...]] = {}
    for r in conn.execute(query) if names else ():
        hold = Hold(r.title_id, r.patron_id, r.placed_ms, r.barcode)
        queues[r.title_id] = (*queues.get(r.title_id, ()), hold)
    return queues


def _claimed(conn: Connection, school: str, patron: str) -> dict[str, int]:
    query = select(loans.c.barcode, loans.c.claimed_ms).where(
        loans.c.school == school,
        loans.c.patron == patron,
        loans.c.closed_ms.is_(None),
        loans.c.claimed_ms.isnot(None),
    )
    return {row.barcode: row.claimed_ms for row in conn.execute(query)}


def waiting_of(conn: Connection, school: str, patron: str) -> tuple[Waiting, ...]:
    """The patron's places in queues, the oldest first."""
    title = and_(titles.c.school == holds.c.school, titles.c.id == holds.c.title_id)
    query = (
        select(holds, titles.c.title)
        .select_from(holds.outerjoin(titles, title))
        .where(holds.c.school == school, holds.c.patron_id == patron, holds.c.ended_ms.is_(None))
        .order_by(holds.c.placed_ms, holds.c.id)
        .limit(SHOWN)
    )
    rows = conn.execute(query).all()
    queues = _queues(conn, school, sorted({row.title_id for row in rows}))
    return tuple(
        Waiting(
            row.id, row.title_id, row.title or "", row.placed_ms,
            1 + [h.patron_id for h in queues[row.title_id]].index(patron), row.barcode, row.keep_until,
        )
        for row in rows
    )  # fmt: skip


def _messages(conn: Connection, school: str, patron: str, now_ms: int) -> tuple[str, ...]:
    query = (
        select(messages.c.text)
        .where(
            messages.c.school == school,
            messages.c.patron_id.in_((patron, "")),
            messages.c.from_ms <= now_ms,
            or_(messages.c.to_ms.is_(None), messages.c.to_ms > now_ms),
        )
        .order_by(messages.c.from_ms.desc())
        .limit(MESSAGES)
    )
    return tuple(conn.execute(query).scalars())
