"""What is out: counted by class and kind, and line by line for lists on paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, case, exists, func, literal, literal_column, or_, select

from sync.central.reports.look import Look
from sync.central.schema import copies, loans, patrons, titles

# What a list on paper holds at once; a file holds all.
MOST = 3_000


@dataclass(frozen=True, slots=True)
class OutCount:
    """Copies of a kind that a class has. grade None: not a class. since: of them, those borrowed in the period."""

    grade: int | None
    class_name: str
    copy_type: str
    out: int
    late: int
    since: int
    oldest: date | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines: of a class, a grade, a kind of copy; only what is overdue. Nothing said: all."""

    class_name: str = ""
    grade: int | None = None
    copy_type: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A copy that is out. patron "": nobody knows who has it."""

    grade: int | None
    class_name: str
    patron: str
    name: str
    title: str
    barcode: str
    call_number: str
    copy_type: str
    due_on: date | None


def count_out(look: Look) -> list[OutCount]:
    """All that people on the roll have, by grade, class and kind."""
    late = loans.c.due_on < look.today
    since = loans.c.opened_ms >= look.period.from_ms(look.zone)
    # Written out: two parameters with the same value are two expressions to PostgreSQL.
    kind = func.coalesce(copies.c.copy_type, literal_column("''"))
    query = (
        select(
            patrons.c.grade, patrons.c.class_name, kind.label("copy_type"),
            func.count().label("out"),
            func.sum(case((late, 1), else_=0)).label("late"),
            func.sum(case((since, 1), else_=0)).label("since"),
            func.min(loans.c.due_on).label("oldest"),
        )
        .select_from(patrons)
        .join(loans, _theirs())
        .outerjoin(copies, _copy())
        .where(patrons.c.school == look.school)
        .group_by(patrons.c.grade, patrons.c.class_name, kind)
    )  # fmt: skip
    found = [
        OutCount(r.grade, r.class_name, r.copy_type, r.out, int(r.late), int(r.since), r.oldest)
        for r in look.conn.execute(query)
    ]
    return sorted(
        found, key=lambda c: (c.grade is None, c.grade or 0, len(c.class_name), c.class_name)
    )


def count_nobodys(look: Look) -> int:
    """Copies that are out to somebody who is not on the roll: an unknown card, or nobody can say."""
    known = exists().where(patrons.c.school == loans.c.school, patrons.c.id == loans.c.patron)
    query = select(func.count()).where(
        loans.c.school == look.school,
        loans.c.closed_ms.is_(None),
        or_(loans.c.patron.is_(None), ~known),
    )
    return int(look.conn.execute(query).scalar_one())


def lines(look: Look, wanted: Wanted, most: int | None = MOST) -> tuple[list[Line], bool]:
    """The lines in the order of classes and names, and whether there are more than `most`."""
    query: Select[Any] = (
        select(
            patrons.c.grade, patrons.c.class_name, patrons.c.id.label("patron"), patrons.c.name,
            func.coalesce(titles.c.title, "").label("title"), loans.c.barcode,
            func.coalesce(copies.c.call_number, "").label("call_number"),
            func.coalesce(copies.c.copy_type, "").label("copy_type"), loans.c.due_on,
        )
        .select_from(patrons)
        .join(loans, _theirs())
        .outerjoin(copies, _copy())
        .outerjoin(titles, and_(titles.c.school == copies.c.school, titles.c.id == copies.c.title_id))
        .where(patrons.c.school == look.school, *_only(look, wanted))
        .order_by(
            case((patrons.c.grade.is_(None), 1), else_=0), patrons.c.grade,
            func.length(patrons.c.class_name), patrons.c.class_name, patrons.c.name, patrons.c.id, loans.c.barcode,
        )
    )  # fmt: skip
    if most is not None:
        query = query.limit(most + 1)
    found = [Line(**row._mapping) for row in look.conn.execute(query)]
    if most is not None and len(found) > most:
        return found[:most], True
    return found, False


def _theirs() -> Any:
    return and_(
        loans.c.school == patrons.c.school,
        loans.c.patron == patrons.c.id,
        loans.c.closed_ms.is_(None),
    )


def _copy() -> Any:
    return and_(copies.c.school == loans.c.school, copies.c.barcode == loans.c.barcode)


def _only(look: Look, wanted: Wanted) -> list[Any]:
    found: list[Any] = []
    if wanted.class_name:
        found.append(patrons.c.class_name == wanted.class_name)
    if wanted.grade is not None:
        found.append(patrons.c.grade == wanted.grade)
    if wanted.copy_type:
        found.append(copies.c.copy_type == literal(wanted.copy_type))
    if wanted.late:
        found.append(loans.c.due_on < look.today)
    return found
