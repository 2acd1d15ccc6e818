"""Class boxes: named sets of copies. What lies in them, and which of it could go out today.

Lending them is in box_lending. Lists go on from a key; a box holds at most MOST copies.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, func, select, tuple_, update

from sync.central.box_tables import box_copies, box_loans, boxes
from sync.central.db import CentralError, insert_many, one_of
from sync.central.desk import Desk
from sync.central.schema import copies, holdings, patrons, titles

PAGE = 50
MOST = 300


class Placed(StrEnum):
    """What became of a copy that was put into a box."""

    ADDED = "added"
    HERE = "here"
    OTHER_BOX = "other_box"
    UNKNOWN = "unknown"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class BoxRow:
    """A box in the list. loan: the one that is open, with whom and where it is."""

    id: str
    name: str
    copies: int
    loan: str | None = None
    teacher: str = ""
    class_name: str = ""
    due_on: Any = None


@dataclass(frozen=True, slots=True)
class InBox:
    """A copy of a box. state: where staff say it is; holder: who has it now, "" where that is somebody unnamed."""

    barcode: str
    title: str
    call_number: str
    state: str
    lendable: bool
    holder: str | None


def make_box(desk: Desk, name: str) -> str:
    """A new, empty box; its id."""
    box = secrets.token_hex(6)
    row = {"school": desk.school, "id": box, "name": name, "made_ms": desk.now_ms}
    insert_many(desk.conn, boxes, [row])
    desk.note(f"box {box}: made")
    return box


def rename_box(desk: Desk, box: str, name: str) -> None:
    box_name(desk.conn, desk.school, box)
    one = and_(boxes.c.school == desk.school, boxes.c.id == box)
    desk.conn.execute(update(boxes).where(one).values(name=name))
    desk.note(f"box {box}: renamed")


def dissolve(desk: Desk, box: str) -> None:
    """The box is no more; its copies stay where they are. Raises CentralError while it is lent."""
    if open_loan(desk.conn, desk.school, box):
        raise CentralError(f"the box {box} is lent; count it and close it first")
    desk.conn.execute(delete(box_copies).where(_in(desk.school, box)))
    desk.conn.execute(delete(boxes).where(boxes.c.school == desk.school, boxes.c.id == box))
    desk.note(f"box {box}: dissolved")


def put_in(desk: Desk, box: str, barcodes: Sequence[str]) -> dict[str, Placed]:
    """Put copies into a box; what became of each."""
    conn, school = desk.conn, desk.school
    box_name(conn, school, box)
    wanted = list(dict.fromkeys(barcodes))
    there = one_of(conn, copies.c.barcode, wanted)
    known = set(
        conn.execute(select(copies.c.barcode).where(copies.c.school == school, there)).scalars()
    )
    boxed = select(box_copies.c.barcode, box_copies.c.box).where(
        box_copies.c.school == school, one_of(conn, box_copies.c.barcode, wanted)
    )
    where = {row.barcode: row.box for row in conn.execute(boxed)}
    room = MOST - _count(conn, school, box)
    told: dict[str, Placed] = {}
    for barcode in wanted:
        told[barcode] = _placed(barcode, box, known, where, room=room)
        room -= told[barcode] is Placed.ADDED
    at = {"school": school, "box": box, "added_ms": desk.now_ms}
    added = [at | {"barcode": b} for b, became in told.items() if became is Placed.ADDED]
    insert_many(conn, box_copies, added)
    if added:
        desk.note(f"box {box}: {len(added)} copies in")
    return told


def _placed(
    barcode: str, box: str, known: Collection[str], where: dict[str, str], *, room: int
) -> Placed:
    if barcode not in known:
        return Placed.UNKNOWN
    if barcode in where:
        return Placed.HERE if where[barcode] == box else Placed.OTHER_BOX
    return Placed.ADDED if room > 0 else Placed.FULL


def put_in_titles(desk: Desk, box: str, title_ids: Collection[str], *, each: int = 1) -> int:
    """Put up to so many copies of each of these titles in, of those that are in their place and in no box."""
    conn, school = desk.conn, desk.school
    query = (
        select(copies.c.barcode, copies.c.title_id)
        .select_from(copies.outerjoin(holdings, _its_holding()).outerjoin(box_copies, _its_box()))
        .where(
            copies.c.school == school,
            one_of(conn, copies.c.title_id, title_ids),
            func.coalesce(holdings.c.state, copies.c.state) == "on_shelf",
            holdings.c.opened_by.is_(None),
            box_copies.c.box.is_(None),
        )
        .order_by(copies.c.title_id, copies.c.barcode)
    )
    taken: Counter[str] = Counter()
    chosen = []
    for row in conn.execute(query):
        if taken[row.title_id] < each:
            taken[row.title_id] += 1
            chosen.append(row.barcode)
    told = put_in(desk, box, chosen)
    return sum(became is Placed.ADDED for became in told.values())


def take_out(desk: Desk, box: str, barcodes: Collection[str]) -> int:
    """Take copies out of a box; how many lay in it. A loan that stands is not touched."""
    lying = and_(_in(desk.school, box), one_of(desk.conn, box_copies.c.barcode, barcodes))
    gone = int(desk.conn.execute(delete(box_copies).where(lying)).rowcount)
    if gone:
        desk.note(f"box {box}: {gone} copies out")
    return gone


# Lists.


def box_name(conn: Connection, school: str, box: str) -> str:
    """Raises CentralError where there is no such box."""
    query = select(boxes.c.name).where(boxes.c.school == school, boxes.c.id == box)
    name = conn.execute(query).scalar()
    if name is None:
        raise CentralError(f"there is no box {box}")
    return str(name)


def box_list(
    conn: Connection, school: str, *, after: tuple[str, str] | None = None, most: int = PAGE
) -> tuple[list[BoxRow], tuple[str, str] | None]:
    """A page of the boxes by name, and the key after which the next one begins."""
    found = conn.execute(boxes_query(school, after, most)).all()
    names = [row.id for row in found[:most]]
    counted = select(box_copies.c.box, func.count()).where(
        box_copies.c.school == school, one_of(conn, box_copies.c.box, names)
    )
    counts = {row[0]: row[1] for row in conn.execute(counted.group_by(box_copies.c.box))}
    lent = _lent(conn, school, names)
    told = [
        BoxRow(row.id, row.name, counts.get(row.id, 0), *lent.get(row.id, ()))
        for row in found[:most]
    ]
    return told, (told[-1].name, told[-1].id) if len(found) > most else None


def boxes_query(school: str, after: tuple[str, str] | None, most: int) -> Select[Any]:
    query = select(boxes.c.id, boxes.c.name).where(boxes.c.school == school)
    if after:
        query = query.where(tuple_(boxes.c.name, boxes.c.id) > tuple_(*after))
    return query.order_by(boxes.c.name, boxes.c.id).limit(most + 1)


def _lent(conn: Connection, school: str, names: Collection[str]) -> dict[str, tuple[Any, ...]]:
    one = box_loans.c
    teacher = and_(patrons.c.school == one.school, patrons.c.id == one.patron)
    query = (
        select(one.box, one.id, patrons.c.name, one.class_name, one.due_on)
        .select_from(box_loans.outerjoin(patrons, teacher))
        .where(one.school == school, one.ended_ms.is_(None), one_of(conn, one.box, names))
    )
    return {r.box: (r.id, r.name or "", r.class_name, r.due_on) for r in conn.execute(query)}


def open_loan(conn: Connection, school: str, box: str) -> str | None:
    """The loan of a box that has not been closed."""
    one = box_loans.c
    query = select(one.id).where(one.school == school, one.box == box, one.ended_ms.is_(None))
    return conn.execute(query).scalar()


def lying_in(conn: Connection, school: str, box: str) -> list[InBox]:
    """The copies of a box, by title."""
    title = and_(titles.c.school == copies.c.school, titles.c.id == copies.c.title_id)
    holder = and_(patrons.c.school == holdings.c.school, patrons.c.id == holdings.c.patron)
    query = (
        select(
            box_copies.c.barcode,
            func.coalesce(titles.c.title, "").label("title"),
            func.coalesce(copies.c.call_number, "").label("call_number"),
            func.coalesce(holdings.c.state, copies.c.state, "on_shelf").label("state"),
            func.coalesce(holdings.c.lendable, True).label("lendable"),
            holdings.c.opened_by,
            patrons.c.name,
        )
        .select_from(
            box_copies.outerjoin(copies, _its_copy())
            .outerjoin(titles, title)
            .outerjoin(holdings, _its_holding())
            .outerjoin(patrons, holder)
        )
        .where(_in(school, box))
        .order_by(titles.c.title, box_copies.c.barcode)
        .limit(MOST)
    )
    return [
        InBox(
            r.barcode, r.title, r.call_number, r.state, bool(r.lendable),
            (r.name or "") if r.opened_by else None,
        )
        for r in conn.execute(query)
    ]  # fmt: skip


def _in(school: str, box: str) -> Any:
    return and_(box_copies.c.school == school, box_copies.c.box == box)


def _count(conn: Connection, school: str, box: str) -> int:
    query = select(func.count()).select_from(box_copies).where(_in(school, box))
    return int(conn.execute(query).scalar_one())


def _its_copy() -> Any:
    return and_(copies.c.school == box_copies.c.school, copies.c.barcode == box_copies.c.barcode)


def _its_holding() -> Any:
    return and_(holdings.c.school == copies.c.school, holdings.c.barcode == copies.c.barcode)


def _its_box() -> Any:
    return and_(box_copies.c.school == copies.c.school, box_copies.c.barcode == copies.c.barcode)
