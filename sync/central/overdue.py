"""What is overdue, class by class: who, what, and for how long. A loan that is said to be back is told as such."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select, tuple_

from sync.central.schema import copies, loans, patrons, titles

PAGE = 50
# The overview counts the oldest so many; where there are more, it says so.
COUNTED = 1_000
After = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Late:
    """A loan that is overdue. claimed_ms: since when its patron says that it was returned."""

    barcode: str
    title: str
    patron: str
    name: str
    class_name: str
    due_on: date
    claimed_ms: int | None
    opened_by: str


@dataclass(frozen=True, slots=True)
class ClassCount:
    """How much is overdue in a class ("": of nobody's class); people: of how many."""

    class_name: str
    loans: int
    people: int


def class_counts(conn: Connection, school: str, today: date) -> tuple[list[ClassCount], bool]:
    """The classes that have anything overdue, the most first; True where more is overdue than was counted."""
    rows = conn.execute(counts_query(school, today)).all()
    counted = [ClassCount(row.class_name or "", row.loans, row.people) for row in rows]
    return counted, sum(one.loans for one in counted) >= COUNTED


def counts_query(school: str, today: date) -> Any:
    some = (
        select(loans.c.patron)
        .where(loans.c.school == school, loans.c.closed_ms.is_(None), loans.c.due_on < today)
        .order_by(loans.c.due_on, loans.c.opened_by)
        .limit(COUNTED)
        .subquery("some")
    )
    who = and_(patrons.c.school == school, patrons.c.id == some.c.patron)
    return (
        select(
            patrons.c.class_name,
            func.count().label("loans"),
            func.count(some.c.patron.distinct()).label("people"),
        )
        .select_from(some.outerjoin(patrons, who))
        .group_by(patrons.c.class_name)
        .order_by(func.count().desc(), patrons.c.class_name)
    )


def overdue(
    conn: Connection, school: str, today: date, class_name: str = "", after: After | None = None
) -> tuple[list[Late], After | None]:
    """A page: of one class by name, or of all, what is overdue for longest in front; and where the next page begins."""
    query = (
        of_class_query(school, today, class_name, after)
        if class_name
        else oldest_query(school, today, after)
    )
    rows = conn.execute(query).all()
    lines = [_late(row) for row in rows[:PAGE]]
    if len(rows) <= PAGE:
        return lines, None
    last = lines[-1]
    if class_name:
        return lines, (last.name, last.patron, last.due_on, last.opened_by)
    return lines, (last.due_on, last.opened_by)


def oldest_query(school: str, today: date, after: After | None) -> Any:
    query = _select(school, today)
    if after:
        query = query.where(tuple_(loans.c.due_on, loans.c.opened_by) > tuple_(*after))
    return query.order_by(loans.c.due_on, loans.c.opened_by).limit(PAGE + 1)


def of_class_query(school: str, today: date, class_name: str, after: After | None) -> Any:
    """Begins with the people of the class, who are few; each has few loans open."""
    key = (patrons.c.name, patrons.c.id, loans.c.due_on, loans.c.opened_by)
    query = _select(school, today).where(
        patrons.c.school == school, patrons.c.class_name == class_name
    )
    if after:
        query = query.where(tuple_(*key) > tuple_(*after))
    return query.order_by(*key).limit(PAGE + 1)


def _select(school: str, today: date) -> Select[Any]:
    copy = and_(copies.c.school == loans.c.school, copies.c.barcode == loans.c.barcode)
    title = and_(titles.c.school == copies.c.school, titles.c.id == copies.c.title_id)
    who = and_(patrons.c.school == loans.c.school, patrons.c.id == loans.c.patron)
    return (
        select(
            loans.c.barcode, loans.c.due_on, loans.c.claimed_ms, loans.c.opened_by, loans.c.patron,
            titles.c.title, patrons.c.name, patrons.c.class_name,
        )
        .select_from(loans.outerjoin(patrons, who).outerjoin(copies, copy).outerjoin(titles, title))
        .where(loans.c.school == school, loans.c.closed_ms.is_(None), loans.c.due_on < today)
    )  # fmt: skip


def _late(row: Any) -> Late:
    return Late(
        row.barcode, row.title or "", row.patron or "", row.name or row.patron or "",
        row.class_name or "", row.due_on, row.claimed_ms, row.opened_by,
    )  # fmt: skip
