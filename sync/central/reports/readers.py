"""How many copies the pupils of a term borrowed, class by class, and who was in which class then.

A pupil is whoever has a grade. The loans are counted where they lie, by the moment they began, so that a late entry or
a settlement changes the figure at once. While a term runs, its classes are those of today; when the classes move up,
the lists of the terms that are over are kept as they were. Erasing a pupil leaves a row that says of which class
somebody was and how many loans they had, and names nobody.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    Connection,
    Select,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from sync.central.box_tables import box_lent
from sync.central.db import insert_many, upsert_many
from sync.central.read import time_zone
from sync.central.report_tables import term_readers, term_rolls
from sync.central.reports.look import Look
from sync.central.reports.periods import Period, day_of, terms
from sync.central.rules import every_rules
from sync.central.schema import loans, patrons


@dataclass(frozen=True, slots=True)
class ClassCount:
    """The pupils of a class (and major) in a term: how many, their loans, who borrowed at all, who reached the goal."""

    grade: int
    class_name: str
    major: str
    pupils: int
    loans: int
    borrowed: int
    reached: int


@dataclass(frozen=True, slots=True)
class Borrowed:
    """Every class of a term, by grade and name; and how many copies those borrowed who are no pupils."""

    classes: list[ClassCount]
    by_others: int


def count_borrowed(
    conn: Connection, school: str, term: Period, zone: ZoneInfo, goal: float
) -> Borrowed:
    """Who borrowed how many copies in the term. goal: loans that a pupil is to reach."""
    live = _live(school, term, zone)
    kept = term_readers
    of_term = and_(kept.c.school == school, kept.c.term == term.key)
    total = func.coalesce(live.c.n, 0) + kept.c.kept
    rolled = (
        select(kept.c.grade, kept.c.class_name, kept.c.major, total.label("n"))
        .outerjoin(live, live.c.patron == kept.c.patron)
        .where(of_term)
    )
    here = (
        select(
            patrons.c.grade,
            patrons.c.class_name,
            patrons.c.major,
            func.coalesce(live.c.n, 0).label("n"),
        )
        .outerjoin(live, live.c.patron == patrons.c.id)
        .where(*_on_the_roll(school, term, zone))
    )
    if is_kept(conn, school, term):
        here = here.where(patrons.c.grade.is_(None))
    rows = here.union_all(rolled).subquery()
    query = (
        select(
            rows.c.grade, rows.c.class_name, rows.c.major,
            func.count().label("pupils"), func.sum(rows.c.n).label("loans"),
            func.sum(case((rows.c.n > 0, 1), else_=0)).label("borrowed"),
            func.sum(case((rows.c.n >= literal(goal), 1), else_=0)).label("reached"),
        )
        .group_by(rows.c.grade, rows.c.class_name, rows.c.major)
    )  # fmt: skip
    found = conn.execute(query).all()
    classes = [
        ClassCount(
            r.grade, r.class_name, r.major, r.pupils, int(r.loans), int(r.borrowed), int(r.reached)
        )
        for r in found
        if r.grade is not None
    ]
    return Borrowed(
        sorted(classes, key=lambda c: (c.grade, len(c.class_name), c.class_name, c.major)),
        sum(int(r.loans) for r in found if r.grade is None),
    )


def of_the_period(look: Look) -> Borrowed:
    """Who borrowed in the period that a report is made of, against the goal of today."""
    return count_borrowed(look.conn, look.school, look.period, look.zone, look.goals.loans_per_term)


def count_pupils(conn: Connection, school: str) -> dict[int, int]:
    """How many pupils there are now, by grade."""
    query = (
        select(patrons.c.grade, func.count())
        .where(patrons.c.school == school, patrons.c.grade.isnot(None), patrons.c.gone_ms.is_(None))
        .group_by(patrons.c.grade)
    )
    return {int(grade): int(n) for grade, n in conn.execute(query)}


def lent_in(conn: Connection, school: str, patron: str, term: Period, zone: ZoneInfo) -> int:
    """How many copies this patron has borrowed in the term."""
    query: Select[Any] = select(func.count()).where(
        *in_term(school, term, zone), loans.c.patron == patron
    )
    return int(conn.execute(query).scalar_one())


def is_kept(conn: Connection, school: str, term: Period) -> bool:
    """Whether the class lists of this term are kept as they were at its end."""
    there = exists().where(term_rolls.c.school == school, term_rolls.c.term == term.key)
    return bool(conn.execute(select(there)).scalar())


def keep_rolls(conn: Connection, school: str, now_ms: int) -> list[str]:
    """Keep the class lists of the terms that are over, before the classes move up; which terms those were."""
    zone = time_zone(conn, school)
    today = day_of(now_ms, zone)
    done = []
    for term in _of(conn, school):
        if term.ends >= today or is_kept(conn, school, term):
            continue
        rows = select(
            patrons.c.school,
            literal(term.key),
            patrons.c.id,
            patrons.c.grade,
            patrons.c.class_name,
            patrons.c.major,
        ).where(*_on_the_roll(school, term, zone), patrons.c.grade.isnot(None))
        names = ["school", "term", "patron", "grade", "class_name", "major"]
        conn.execute(insert(term_readers).from_select(names, rows))
        told = {"school": school, "term": term.key, "kept_ms": now_ms}
        insert_many(conn, term_rolls, [told])
        done.append(term.key)
    return done


def keep_counts(conn: Connection, school: str, patron: str, now_ms: int) -> None:
    """Before a pupil is erased: leave how many loans somebody of their class had, in each term, and no name."""
    me = conn.execute(
        select(patrons.c.grade, patrons.c.class_name, patrons.c.major).where(
            patrons.c.school == school, patrons.c.id == patron
        )
    ).first()
    zone = time_zone(conn, school)
    today = day_of(now_ms, zone)
    for term in _of(conn, school):
        if term.begins > today:
            continue
        lent = lent_in(conn, school, patron, term, zone)
        somebody = secrets.token_hex(8)
        if is_kept(conn, school, term):
            mine = (term_readers.c.school == school, term_readers.c.term == term.key)
            told = {"patron": somebody, "kept": term_readers.c.kept + lent}
            conn.execute(
                update(term_readers).where(*mine, term_readers.c.patron == patron).values(told)
            )
        elif me is not None and me.grade is not None and (lent or term.ends >= today):
            row = {"school": school, "term": term.key, "patron": somebody, "kept": lent}
            upsert_many(
                conn,
                term_readers,
                [row | {"grade": me.grade, "class_name": me.class_name, "major": me.major}],
            )


def _of(conn: Connection, school: str) -> Sequence[Period]:
    return terms(rules for _, rules in every_rules(conn, school))


def _live(school: str, term: Period, zone: ZoneInfo) -> Any:
    """The loans of the term by whose they are."""
    return (
        select(loans.c.patron, func.count().label("n"))
        .where(*in_term(school, term, zone))
        .group_by(loans.c.patron)
        .subquery()
    )


def in_term(school: str, term: Period, zone: ZoneInfo) -> tuple[Any, ...]:
    """Which loans count as borrowed in the term."""
    return (
        loans.c.school == school,
        loans.c.opened_ms >= term.from_ms(zone),
        loans.c.opened_ms < term.to_ms(zone),
        loans.c.how != "undone",
        not_in_a_box(),
    )


def not_in_a_box() -> Any:
    """A class box stands in a teacher's name, and is not what the teacher reads."""
    return ~exists().where(
        box_lent.c.school == loans.c.school, box_lent.c.entry == loans.c.opened_by
    )


def _on_the_roll(school: str, term: Period, zone: ZoneInfo) -> tuple[Any, ...]:
    """Those of a term by today's lists: all but those who had left before it began."""
    left = patrons.c.gone_ms
    return (patrons.c.school == school, or_(left.is_(None), left >= term.from_ms(zone)))
