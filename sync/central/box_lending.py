"""A class box out to a teacher and back: one act, an entry of the desk for each copy, and what policy says of each.

Whether a copy is back is never kept here: the loan that its checkout opened says so, wherever it was returned.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, func, select

from kiosk.calendar import Rules
from kiosk.class_box import decide_in_box, decide_teacher
from kiosk.domain import Act, Facts, Now, Patron, Verdict
from sync.central.box_tables import box_lent, box_loans
from sync.central.boxes import lying_in, open_loan
from sync.central.db import CentralError, insert_many
from sync.central.deeds import EPOCH, Deed, next_seq
from sync.central.desk import Desk
from sync.central.facts import copies_of, free_copies, holds_of, now_at, patron_of
from sync.central.schema import patrons
from sync.events import DESK, Key


@dataclass(frozen=True, slots=True)
class Lent:
    """What lending a box came to. loan: its id, None where the teacher may not have it; refused: copies that stay."""

    verdict: Verdict
    loan: str | None = None
    copies: int = 0
    refused: tuple[tuple[str, Verdict], ...] = ()


def lend_box(
    desk: Desk, rules: Rules, box: str, teacher: str, *, class_name: str, due_on: date
) -> Lent:
    """Lend all that lies in the box and may go out. Raises CentralError where the box is lent, or nobody is meant."""
    conn, school = desk.conn, desk.school
    if open_loan(conn, school, box):
        raise CentralError(f"the box {box} is lent already")
    patron = teacher_of(conn, school, teacher)
    room, now = rules.library.library.room, now_at(rules, desk.now_ms)
    told = decide_teacher(Facts(patron=patron), rules, now, room=room, due_on=due_on)
    if not told.allowed or told.due_on is None:
        return Lent(told)
    barcodes = [one.barcode for one in lying_in(conn, school, box)]
    verdicts = _verdicts(conn, school, patron, barcodes, rules, now)
    going = [barcode for barcode, verdict in verdicts.items() if verdict.allowed]
    staying = tuple((b, verdict) for b, verdict in verdicts.items() if not verdict.allowed)
    if not going:
        return Lent(told, None, 0, staying)
    loan = secrets.token_hex(6)
    row = {"school": school, "id": loan, "box": box, "patron": teacher, "class_name": class_name}
    insert_many(conn, box_loans, [row | {"lent_ms": desk.now_ms, "due_on": told.due_on}])
    _check_out(desk, loan, teacher, going, told)
    desk.note(f"box {box} lent to a teacher: {len(going)} copies, {len(staying)} stay")
    return Lent(told, loan, len(going), staying)


def _check_out(desk: Desk, loan: str, teacher: str, going: Sequence[str], told: Verdict) -> None:
    assert told.due_on is not None, "a box is lent until a day"
    # Written first: the limit on one person's loans leaves those of a box out, and reads here which they are.
    first = next_seq(desk.conn, desk.school)
    keys = [Key(DESK, EPOCH, seq) for seq in range(first, first + len(going))]
    rows = [
        {"school": desk.school, "entry": str(key), "loan": loan, "barcode": barcode}
        for key, barcode in zip(keys, going, strict=True)
    ]
    insert_many(desk.conn, box_lent, rows)
    more = {"due_on": told.due_on.isoformat(), "days": told.days, "value": f"box {loan}"}
    written = desk.write([Deed(Act.CHECKOUT, barcode, teacher, None, more) for barcode in going])
    assert written == keys, "the desk's chain is written under the school's lock"


@dataclass(frozen=True, slots=True)
class BoxLoan:
    """A box in a class. ended_ms None: still out, or not counted yet."""

    id: str
    box: str
    patron: str
    teacher: str
    class_name: str
    lent_ms: int
    due_on: date
    ended_ms: int | None


def loan_of(conn: Connection, school: str, loan: str) -> BoxLoan:
    """Raises CentralError where there is none."""
    found = _loans(conn, and_(box_loans.c.school == school, box_loans.c.id == loan))
    if not found:
        raise CentralError(f"no box was lent as {loan}")
    return found[0]


def loans_of_box(conn: Connection, school: str, box: str, *, most: int = 20) -> list[BoxLoan]:
    """The newest loans of a box."""
    return _loans(conn, and_(box_loans.c.school == school, box_loans.c.box == box), most)


def loans_of_teacher(
    conn: Connection, school: str, patron: str, *, most: int = 20
) -> list[BoxLoan]:
    """The newest boxes that somebody was lent."""
    return _loans(conn, and_(box_loans.c.school == school, box_loans.c.patron == patron), most)


def _loans(conn: Connection, where: Any, most: int = 1) -> list[BoxLoan]:
    one = box_loans.c
    teacher = and_(patrons.c.school == one.school, patrons.c.id == one.patron)
    query = (
        select(
            one.id, one.box, one.patron, func.coalesce(patrons.c.name, ""), one.class_name,
            one.lent_ms, one.due_on, one.ended_ms,
        )
        .select_from(box_loans.outerjoin(patrons, teacher))
        .where(where)
        .order_by(one.lent_ms.desc())
        .limit(most)
    )  # fmt: skip
    return [BoxLoan(*row) for row in conn.execute(query)]


# What policy is asked about.


def teacher_of(conn: Connection, school: str, name: str) -> Patron:
    """Raises CentralError for nobody."""
    patron = patron_of(conn, school, name)
    if patron is None:
        raise CentralError(f"there is no patron {name}")
    return patron


def _verdicts(
    conn: Connection, school: str, patron: Patron, barcodes: Collection[str], rules: Rules, now: Now
) -> dict[str, Verdict]:
    """What is said of each copy, in their order; of copies that others wait for, enough stay here."""
    there = copies_of(conn, school, barcodes)
    waiting = {
        title: queue
        for title in {copy.title.id for copy, _ in there.values()}
        if (queue := holds_of(conn, school, title))
    }
    free = free_copies(conn, school, list(waiting))
    told: dict[str, Verdict] = {}
    for barcode in barcodes:
        copy, loan = there.get(barcode, (None, None))
        title = copy.title.id if copy else ""
        facts = Facts(
            patron=patron,
            copy=copy,
            loan=loan,
            holds=waiting.get(title, ()),
            free_copies=free.get(title, 1),
        )
        told[barcode] = decide_in_box(facts, rules, now, room=rules.library.library.room)
        if told[barcode].allowed and title in free:
            free[title] -= 1
    return told
