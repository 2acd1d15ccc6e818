"""A class at a glance: what each pupil has out, what of it is late, and which class boxes are in its room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, and_, case, func, select

from sync.central.box_tables import box_loans, boxes
from sync.central.classes import pupils
from sync.central.db import one_of
from sync.central.schema import cards, loans


@dataclass(frozen=True, slots=True)
class PupilNow:
    """A pupil of a class. late: of the copies out, those past their day; card: whether any card of theirs is good."""

    id: str
    name: str
    out: int
    late: int
    blocked: bool
    card: bool


@dataclass(frozen=True, slots=True)
class BoxThere:
    """A class box in the room. loan: the id of its loan."""

    loan: str
    name: str
    due_on: date


def pupils_now(conn: Connection, school: str, class_name: str, today: date) -> list[PupilNow]:
    """The pupils of a class by name; reads that class, and no other."""
    here = pupils(conn, school, class_name)
    ids = [pupil.id for pupil in here]
    late = func.sum(case((loans.c.due_on < today, 1), else_=0))
    out = (
        select(loans.c.patron, func.count(), late)
        .where(
            loans.c.school == school,
            one_of(conn, loans.c.patron, ids),
            loans.c.closed_ms.is_(None),
        )
        .group_by(loans.c.patron)
    )
    counts = {row[0]: (int(row[1]), int(row[2])) for row in conn.execute(out)}
    good = select(cards.c.patron_id).where(
        cards.c.school == school, one_of(conn, cards.c.patron_id, ids), cards.c.state == "active"
    )
    with_card = set(conn.execute(good).scalars())
    return [
        PupilNow(p.id, p.name, *counts.get(p.id, (0, 0)), p.blocked, p.id in with_card)
        for p in here
    ]


def boxes_there(conn: Connection, school: str, class_name: str) -> list[BoxThere]:
    """The boxes that are with the class now."""
    its_box = and_(boxes.c.school == box_loans.c.school, boxes.c.id == box_loans.c.box)
    query = (
        select(box_loans.c.id, func.coalesce(boxes.c.name, ""), box_loans.c.due_on)
        .select_from(box_loans.outerjoin(boxes, its_box))
        .where(
            box_loans.c.school == school,
            box_loans.c.ended_ms.is_(None),
            box_loans.c.class_name == class_name,
        )
        .order_by(box_loans.c.due_on, box_loans.c.id)
    )
    return [BoxThere(*row) for row in conn.execute(query)]


def whose_card(conn: Connection, school: str, number: str) -> tuple[str, str] | None:
    """Patron and state of a card."""
    query = select(cards.c.patron_id, cards.c.state).where(
        cards.c.school == school, cards.c.number == number
    )
    row = conn.execute(query).first()
    return (row.patron_id, row.state) if row else None
