"""A new school year: classes move up, and whoever has finished leaves; shown first, then done in one transaction.

The plan is read over all patrons of the school; that is once a year, and no list's page.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, select, update

from sync.central.db import CentralError, insert_many, one_of
from sync.central.desk import Desk
from sync.central.positions import publish
from sync.central.reports.readers import keep_rolls
from sync.central.schema import cards, holds, loans, patrons, school_years

# Of those who leave with copies still out, a page shows so many.
OWING = 500
# A year is begun once: so long after, nobody means the same one. Some schools begin in July, others in September.
AGAIN_MS = 180 * 24 * 3_600_000
_NUMBERS = ("", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二", "十三")


@dataclass(frozen=True, slots=True)
class Move:
    """A class of a grade with so many people; to: what it is called next year, "" where they leave."""

    grade: int
    class_name: str
    to: str
    people: int


@dataclass(frozen=True, slots=True)
class Owing:
    """Somebody who leaves with copies still out."""

    id: str
    name: str
    class_name: str
    copies: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a new year would change. digest: names the plan, so that what was shown is what is done."""

    moves: tuple[Move, ...]
    leaving: frozenset[int]
    owing: tuple[Owing, ...]
    digest: str


class YearBegun(CentralError):
    """This school year was begun already."""


def year_begun(conn: Connection, school: str, now_ms: int) -> int | None:
    """When the school year that runs was begun (UTC ms); None where the next may be."""
    since = (school_years.c.school == school, school_years.c.begun_ms > now_ms - AGAIN_MS)
    found: int | None = conn.execute(
        select(func.max(school_years.c.begun_ms)).where(*since)
    ).scalar()
    return found


def plan(conn: Connection, school: str, leaving: Collection[int] | None = None) -> Plan:
    """leaving: the grades that have finished; without any named, the highest there is."""
    here = (patrons.c.school == school, patrons.c.gone_ms.is_(None), patrons.c.grade.isnot(None))
    columns = (patrons.c.grade, patrons.c.class_name)
    query = select(*columns, func.count().label("people")).where(*here).group_by(*columns)
    rows = sorted((r.grade, r.class_name, r.people) for r in conn.execute(query.order_by(*columns)))
    grades = {grade for grade, _, _ in rows}
    gone = frozenset(grades & set(leaving)) if leaving else frozenset(sorted(grades)[-1:])
    moves = tuple(
        Move(grade, name, "" if grade in gone else next_class(name, grade), count)
        for grade, name, count in rows
    )
    named = repr((moves, sorted(gone))).encode()
    return Plan(moves, gone, _owing(conn, school, gone), hashlib.sha256(named).hexdigest()[:16])


def begin_year(desk: Desk, leaving: Collection[int], digest: str) -> Plan:
    """Do what was shown, once a year. Raises YearBegun, and CentralError where the school has changed since."""
    conn, school = desk.conn, desk.school
    if year_begun(conn, school, desk.now_ms) is not None:
        raise YearBegun(
            "this school year has been begun already; the next can be begun half a year later"
        )
    told = plan(conn, school, leaving)
    if told.digest != digest:
        raise CentralError("the classes have changed since this plan was shown; look at it again")
    # The reports of the terms that are over speak of the classes as they were.
    keep_rolls(conn, school, desk.now_ms)
    everybody = and_(
        patrons.c.school == school, patrons.c.gone_ms.is_(None), patrons.c.grade.isnot(None)
    )
    ids = list(conn.execute(select(patrons.c.id).where(everybody)).scalars())
    last = and_(everybody, patrons.c.grade.in_(sorted(told.leaving)))
    left = list(conn.execute(select(patrons.c.id).where(last)).scalars())
    waiting = select(holds.c.id).where(
        holds.c.school == school, one_of(conn, holds.c.patron_id, left), holds.c.ended_ms.is_(None)
    )
    for name in conn.execute(waiting).scalars().all():
        desk.end_hold(name)
    conn.execute(update(patrons).where(last).values(gone_ms=desk.now_ms))
    # From the highest grade down, so that nobody moves up twice.
    for move in sorted(told.moves, key=lambda m: -m.grade):
        if move.to:
            same = and_(
                everybody, patrons.c.grade == move.grade, patrons.c.class_name == move.class_name
            )
            up = {"grade": move.grade + 1, "class_name": move.to}
            conn.execute(update(patrons).where(same).values(up))
    publish(conn, school, [*_cards_of(conn, school, left), *(("patron", one) for one in ids)])
    begun = {"school": school, "begun_ms": desk.now_ms, "staff": desk.staff}
    insert_many(conn, school_years, [{**begun, "up": len(ids) - len(left), "gone": len(left)}])
    desk.note(f"new school year: {len(ids) - len(left)} up, {len(left)} left")
    return told


def next_class(name: str, grade: int) -> str:
    """三年级2班 -> 四年级2班, 3(2)班 -> 4(2)班, 302班 -> 402班, 初三1班 -> 高一1班; any other name stays as it is."""
    for now, then in _forms(grade):
        if name.startswith(now):
            return then + name[len(now) :]
    if re.fullmatch(rf"{grade}\d\d班?", name):
        return f"{grade + 1}{name[len(str(grade)) :]}"
    return name


def _forms(grade: int) -> Sequence[tuple[str, str]]:
    """How a class name may begin in this grade, and in the next."""
    forms = []
    for mark in ("年级", "年", "(", "（"):
        forms.append((f"{_NUMBERS[grade]}{mark}", f"{_NUMBERS[grade + 1]}{mark}"))
        forms.append((f"{grade}{mark}", f"{grade + 1}{mark}"))
    if stage := _stage(grade):
        forms.append((stage, _stage(grade + 1) or stage))
    return forms


def _stage(grade: int) -> str:
    if 7 <= grade <= 9:
        return f"初{_NUMBERS[grade - 6]}"
    return f"高{_NUMBERS[grade - 9]}" if 10 <= grade <= 12 else ""


def _owing(conn: Connection, school: str, leaving: Collection[int]) -> tuple[Owing, ...]:
    out = and_(
        loans.c.school == patrons.c.school,
        loans.c.patron == patrons.c.id,
        loans.c.closed_ms.is_(None),
    )
    columns = (patrons.c.class_name, patrons.c.name, patrons.c.id)
    query = (
        select(*columns, func.count().label("copies"))
        .join(loans, out)
        .where(
            patrons.c.school == school,
            patrons.c.gone_ms.is_(None),
            patrons.c.grade.in_(sorted(leaving)),
        )
        .group_by(*columns)
        .order_by(*columns)
        .limit(OWING)
    )
    return tuple(Owing(r.id, r.name, r.class_name, r.copies) for r in conn.execute(query))


def _cards_of(conn: Connection, school: str, people: Sequence[str]) -> list[tuple[str, str]]:
    query = select(cards.c.number).where(
        cards.c.school == school, one_of(conn, cards.c.patron_id, people)
    )
    return [("card", str(number)) for number in conn.execute(query).scalars()]
