"""A class box while it is out, and when it is counted: who has which copy, what is back, what is missing.

What a pupil was noted to have is the teacher's list, not a loan: it is forgotten with the copy's return, and kept only
where the copy is missing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select, tuple_, update

from kiosk.calendar import Rules
from kiosk.class_box import decide_teacher
from kiosk.domain import Act, Facts, Note, Verdict
from sync.central.box_lending import loan_of, teacher_of
from sync.central.box_tables import box_lent, box_loans, boxes
from sync.central.classes import pupils
from sync.central.db import CentralError, one_of
from sync.central.deeds import Deed
from sync.central.desk import Desk
from sync.central.facts import now_at
from sync.central.schema import copies, holds, loans, patrons, titles

PAGE = 50
_ONE = box_lent.c


class Back(StrEnum):
    """What became of a copy that was scanned when a box was counted."""

    BACK = "back"
    BEFORE = "before"
    NOT_OF_BOX = "not_of_box"


@dataclass(frozen=True, slots=True)
class Line:
    """A copy that went with the box. pupil: id of who was noted to have it; closed_ms: when it came back."""

    barcode: str
    title: str
    pupil: str | None
    pupil_name: str
    back: bool
    closed_ms: int | None


def tally(conn: Connection, school: str, loan: str) -> list[Line]:
    """Each copy that went with the box, by title: expected, back, or still out."""
    pupil = and_(patrons.c.school == _ONE.school, patrons.c.id == _ONE.pupil)
    query = (
        select(
            _ONE.barcode, func.coalesce(titles.c.title, ""), _ONE.pupil,
            func.coalesce(patrons.c.name, ""),
            loans.c.opened_by.is_(None) | loans.c.closed_ms.isnot(None), loans.c.closed_ms,
        )
        .select_from(_with_titles().outerjoin(loans, _its_loan()).outerjoin(patrons, pupil))
        .where(_ONE.school == school, _ONE.loan == loan)
        .order_by(titles.c.title, _ONE.barcode)
    )  # fmt: skip
    return [Line(r[0], r[1], r[2], r[3], bool(r[4]), r[5]) for r in conn.execute(query)]


def note_pupils(desk: Desk, loan: str, has: Mapping[str, str]) -> int:
    """Note which pupil of the class has which copy ("": it lies in the box); how many notes have changed."""
    one = loan_of(desk.conn, desk.school, loan)
    strangers = {who for who in has.values() if who} - {
        pupil.id for pupil in pupils(desk.conn, desk.school, one.class_name)
    }
    if strangers:
        raise CentralError(f"{', '.join(sorted(strangers))}: not in the class {one.class_name}")
    there = {line.barcode: line for line in tally(desk.conn, desk.school, loan) if not line.back}
    changed = {
        barcode: who or None
        for barcode, who in has.items()
        if barcode in there and there[barcode].pupil != (who or None)
    }
    for barcode, who in sorted(changed.items()):
        mine = _lent(desk.school, loan, _ONE.barcode == barcode)
        desk.conn.execute(update(box_lent).where(mine).values(pupil=who, noted_ms=desk.now_ms))
    if changed:
        desk.note(f"box loan {loan}: noted who has {len(changed)} copies")
    return len(changed)


def prolong(desk: Desk, rules: Rules, loan: str, due_on: date) -> Verdict:
    """The class keeps what is still out until another day, no later than the term allows."""
    one = loan_of(desk.conn, desk.school, loan)
    patron = teacher_of(desk.conn, desk.school, one.patron)
    room = rules.library.library.room
    told = decide_teacher(
        Facts(patron=patron), rules, now_at(rules, desk.now_ms), room=room, due_on=due_on
    )
    if not told.allowed or told.due_on is None:
        return told
    out = [line.barcode for line in tally(desk.conn, desk.school, loan) if not line.back]
    more = {"due_on": told.due_on.isoformat(), "days": told.days, "value": f"box {loan}"}
    desk.write([Deed(Act.RENEWAL, barcode, one.patron, None, more) for barcode in out])
    mine = and_(box_loans.c.school == desk.school, box_loans.c.id == loan)
    desk.conn.execute(update(box_loans).where(mine).values(due_on=told.due_on))
    return told


def take_back(desk: Desk, loan: str, barcodes: Collection[str]) -> dict[str, Back]:
    """These copies of the box are here again; what became of each. Copies of other loans are not touched."""
    lines = {line.barcode: line for line in tally(desk.conn, desk.school, loan)}
    told = {barcode: _became(lines.get(barcode)) for barcode in dict.fromkeys(barcodes)}
    here = [barcode for barcode, became in told.items() if became is Back.BACK]
    waited = _waited_for(desk.conn, desk.school, here)
    notes = {True: {"notes": (Note.HOLD_WAITING.value,)}, False: {}}
    desk.write([Deed(Act.CHECKIN, b, None, None, dict(notes[b in waited])) for b in here])
    mine = _lent(desk.school, loan, one_of(desk.conn, _ONE.barcode, here))
    desk.conn.execute(update(box_lent).where(mine).values(pupil=None, missing_ms=None))
    return told


def _became(line: Line | None) -> Back:
    if line is None:
        return Back.NOT_OF_BOX
    return Back.BEFORE if line.back else Back.BACK


def _waited_for(conn: Connection, school: str, barcodes: Collection[str]) -> set[str]:
    """Those of these copies whose title somebody waits for."""
    query = (
        select(copies.c.barcode)
        .join(holds, and_(holds.c.school == copies.c.school, holds.c.title_id == copies.c.title_id))
        .where(
            copies.c.school == school,
            one_of(conn, copies.c.barcode, barcodes),
            holds.c.ended_ms.is_(None),
            or_(holds.c.barcode.is_(None), holds.c.barcode == copies.c.barcode),
        )
    )
    return set(conn.execute(query).scalars())


def finish(desk: Desk, loan: str) -> int:
    """The box is counted: it may go out again. How many copies are missing; they stay lent to the teacher."""
    one = loan_of(desk.conn, desk.school, loan)
    if one.ended_ms is not None:
        raise CentralError(f"the box loan {loan} is closed already")
    lines = tally(desk.conn, desk.school, loan)
    missing = [line.barcode for line in lines if not line.back]
    back = [line.barcode for line in lines if line.back]
    for barcodes, values in (
        (missing, {"missing_ms": desk.now_ms}),
        (back, {"pupil": None, "missing_ms": None}),
    ):
        mine = _lent(desk.school, loan, one_of(desk.conn, _ONE.barcode, barcodes))
        desk.conn.execute(update(box_lent).where(mine).values(values))
    _drop_found(desk.conn, desk.school)
    mine = and_(box_loans.c.school == desk.school, box_loans.c.id == loan)
    desk.conn.execute(update(box_loans).where(mine).values(ended_ms=desk.now_ms))
    desk.note(f"box {one.box} counted: {len(back)} back, {len(missing)} missing")
    return len(missing)


def _drop_found(conn: Connection, school: str) -> None:
    """What was missing and has come back since, at whatever station, is missing no longer."""
    found = (
        select(_ONE.entry)
        .select_from(box_lent.outerjoin(loans, _its_loan()))
        .where(_ONE.school == school, _ONE.missing_ms.isnot(None), _over())
    )
    gone = and_(_ONE.school == school, _ONE.entry.in_(found))
    conn.execute(update(box_lent).where(gone).values(missing_ms=None, pupil=None))


@dataclass(frozen=True, slots=True)
class Missing:
    """A copy that did not come back with its box. pupil: name of who was noted to have it last."""

    entry: str
    missing_ms: int
    barcode: str
    title: str
    box: str
    class_name: str
    teacher: str
    teacher_id: str
    pupil: str


def missing(
    conn: Connection, school: str, *, after: tuple[int, str] | None = None, most: int = PAGE
) -> tuple[list[Missing], tuple[int, str] | None]:
    """A page of what is missing, the longest first, and the key after which the next one begins."""
    rows = conn.execute(missing_query(school, after, most)).all()
    found = [Missing(row[0], row[1], *(value or "" for value in row[2:])) for row in rows[:most]]
    return found, (found[-1].missing_ms, found[-1].entry) if len(rows) > most else None


def missing_query(school: str, after: tuple[int, str] | None, most: int) -> Select[Any]:
    pupil, teacher = patrons.alias("pupil"), patrons.alias("teacher")
    query = (
        select(
            _ONE.entry, _ONE.missing_ms, _ONE.barcode, titles.c.title, boxes.c.name,
            box_loans.c.class_name, teacher.c.name.label("teacher"), box_loans.c.patron,
            pupil.c.name.label("pupil"),
        )
        .select_from(
            _with_titles()
            .join(loans, _its_loan())
            .join(box_loans, _same(box_loans, "id", _ONE.loan))
            .outerjoin(boxes, _same(boxes, "id", box_loans.c.box))
            .outerjoin(teacher, _same(teacher, "id", box_loans.c.patron))
            .outerjoin(pupil, _same(pupil, "id", _ONE.pupil))
        )
        .where(_ONE.school == school, _ONE.missing_ms.isnot(None), loans.c.closed_ms.is_(None))
    )  # fmt: skip
    if after:
        query = query.where(tuple_(_ONE.missing_ms, _ONE.entry) > tuple_(*after))
    return query.order_by(_ONE.missing_ms, _ONE.entry).limit(most + 1)


def _lent(school: str, loan: str, which: Any) -> Any:
    return and_(_ONE.school == school, _ONE.loan == loan, which)


def _its_loan() -> Any:
    return and_(loans.c.school == _ONE.school, loans.c.opened_by == _ONE.entry)


def _over() -> Any:
    return or_(loans.c.opened_by.is_(None), loans.c.closed_ms.isnot(None))


def _same(table: Any, column: str, other: Any) -> Any:
    return and_(table.c.school == _ONE.school, table.c[column] == other)


def _with_titles() -> Any:
    copy = and_(copies.c.school == _ONE.school, copies.c.barcode == _ONE.barcode)
    title = and_(titles.c.school == copies.c.school, titles.c.id == copies.c.title_id)
    return box_lent.outerjoin(copies, copy).outerjoin(titles, title)
