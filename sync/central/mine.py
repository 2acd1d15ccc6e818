"""What a reader is shown of their own account on the library's page: loans, what is kept for them, the term's count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from kiosk.calendar import Rules
from kiosk.domain import Copy, Loan
from kiosk.loan_rules import days_overdue
from kiosk.term_count import TermCount, term_with_goal
from sync.central.account import SHOWN, Waiting, waiting_of
from sync.central.facts import loans_of
from sync.central.posts import today
from sync.central.read import time_zone
from sync.central.reports.periods import period_of
from sync.central.reports.readers import lent_in
from sync.central.rules import rules_in_force
from sync.central.schema import patrons


@dataclass(frozen=True, slots=True)
class Lent:
    """A loan. late: for how many days it has been due. asked: the library looks into it, so there is nothing to do."""

    title: str
    due_on: date | None
    late: int
    asked: bool


@dataclass(frozen=True, slots=True)
class Mine:
    """lent: the first SHOWN of `count` loans. ready: what lies on the hold shelf. term None: no term, or no goal."""

    name: str
    lent: tuple[Lent, ...]
    count: int
    ready: tuple[Waiting, ...]
    term: TermCount | None


def mine(conn: Connection, school: str, patron: str, now_ms: int) -> Mine:
    """The account of a patron who is there."""
    me = select(patrons.c.name, patrons.c.grade)
    row = conn.execute(me.where(patrons.c.school == school, patrons.c.id == patron)).one()
    day = today(conn, school, now_ms)
    # What stands in a class box is the class's.
    out = [pair for pair in loans_of(conn, school, patron) if not pair[0].boxed]
    rules = rules_in_force(conn, school)
    counts = rules is not None and row.grade is not None
    return Mine(
        name=row.name,
        lent=tuple(_lent(loan, copy, day) for loan, copy in out[:SHOWN]),
        count=len(out),
        ready=tuple(one for one in waiting_of(conn, school, patron) if one.barcode),
        term=_count(conn, school, patron, rules, day) if counts and rules else None,
    )


def _lent(loan: Loan, copy: Copy, day: date) -> Lent:
    asked = loan.excused_on is not None
    return Lent(copy.title.title, loan.due_on, 0 if asked else days_overdue(loan, day), asked)


def _count(conn: Connection, school: str, patron: str, rules: Rules, day: date) -> TermCount | None:
    """Counted as the report of average loans counts them."""
    term = term_with_goal(rules, day)
    if term is None:
        return None
    lent = lent_in(conn, school, patron, period_of(term), time_zone(conn, school))
    return TermCount(lent, rules.library.goals.loans_per_term)
