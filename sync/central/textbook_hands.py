"""Textbooks into pupils' hands and back: a whole class at once, or those who are ticked. Absent pupils stay open.

The counts of textbook_classes are changed by as many rows as were written, in the same transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, delete, select, update

from sync.central.classes import Pupil, pupils
from sync.central.db import insert_many, one_of
from sync.central.desk import Desk
from sync.central.schema import patrons
from sync.central.textbook_lists import Need, needs_of_class
from sync.central.textbook_tables import textbook_classes, textbook_hands, textbooks

_HAND = textbook_hands.c


@dataclass(frozen=True, slots=True)
class Sheet:
    """A class with its textbooks. got, back: (pupil, textbook) of what was handed out, and of what came back.

    others: pupils who are in this class no more, and still have textbooks from it that are used again.
    """

    needs: tuple[Need, ...]
    pupils: tuple[Pupil, ...]
    others: tuple[Pupil, ...]
    got: frozenset[tuple[str, str]]
    back: frozenset[tuple[str, str]]

    def lacking(self, pupil: str) -> int:
        """How many of the textbooks this pupil has not got."""
        return sum((pupil, need.book.id) not in self.got for need in self.needs)


def sheet(conn: Connection, school: str, term: str, class_name: str) -> Sheet:
    """The class as it is today: whoever came lately stands in it, with what the class before has given."""
    needs = needs_of_class(conn, school, term, class_name)
    here = pupils(conn, school, class_name)
    others = _others(conn, school, term, class_name, {pupil.id for pupil in here})
    where = _of(conn, school, term, {n.book.id for n in needs}, {p.id for p in (*here, *others)})
    rows = conn.execute(select(_HAND.patron, _HAND.textbook, _HAND.returned_ms).where(where)).all()
    return Sheet(
        tuple(needs),
        tuple(here),
        tuple(others),
        frozenset((r.patron, r.textbook) for r in rows),
        frozenset((r.patron, r.textbook) for r in rows if r.returned_ms is not None),
    )


def _others(
    conn: Connection, school: str, term: str, class_name: str, here: Collection[str]
) -> list[Pupil]:
    query = (
        select(patrons.c.id, patrons.c.name)
        .select_from(
            textbook_hands.join(textbooks, _its_book()).join(
                patrons, and_(patrons.c.school == _HAND.school, patrons.c.id == _HAND.patron)
            )
        )
        .where(
            _HAND.school == school, _HAND.term == term, _HAND.class_name == class_name,
            _HAND.returned_ms.is_(None), textbooks.c.reused,
        )
        .distinct()
        .order_by(patrons.c.name, patrons.c.id)
    )  # fmt: skip
    found = [Pupil(row.id, row.name) for row in conn.execute(query)]
    return [pupil for pupil in found if pupil.id not in here]


def hand_out(
    desk: Desk, term: str, class_name: str, names: Collection[str], people: Collection[str]
) -> int:
    """These textbooks are in the hands of these pupils of the class now; how many copies that were not before."""
    seen = sheet(desk.conn, desk.school, term, class_name)
    here = [p.id for p in seen.pupils if p.id in set(people)]
    used = [n.book.id for n in seen.needs if n.book.id in set(names)]
    at: dict[str, Any] = {"school": desk.school, "term": term, "class_name": class_name}
    rows = [
        at | {"textbook": name, "patron": who, "handed_ms": desk.now_ms, "returned_ms": None}
        for name in used
        for who in here
        if (who, name) not in seen.got
    ]
    insert_many(desk.conn, textbook_hands, rows)
    _count(desk, term, "handed", Counter((class_name, str(row["textbook"])) for row in rows))
    return _noted(desk, term, class_name, "handed out", len(rows))


def take_back(
    desk: Desk, term: str, class_name: str, names: Collection[str], people: Collection[str]
) -> int:
    """These pupils have brought back those of these textbooks that are used again; how many copies."""
    used_again = select(textbooks.c.id).where(
        textbooks.c.school == desk.school, one_of(desk.conn, textbooks.c.id, names), textbooks.c.reused
    )  # fmt: skip
    where = and_(
        _of(desk.conn, desk.school, term, names, people),
        _HAND.returned_ms.is_(None),
        _HAND.textbook.in_(used_again),
    )
    counted = _counted(desk.conn, where)
    desk.conn.execute(update(textbook_hands).where(where).values(returned_ms=desk.now_ms))
    _count(desk, term, "returned", counted)
    return _noted(desk, term, class_name, "brought back", counted.total())


def not_handed(
    desk: Desk, term: str, class_name: str, names: Collection[str], people: Collection[str]
) -> int:
    """It was a mistake: these pupils have not got these textbooks; how many copies."""
    where = _of(desk.conn, desk.school, term, names, people) & _HAND.returned_ms.is_(None)
    counted = _counted(desk.conn, where)
    desk.conn.execute(delete(textbook_hands).where(where))
    _count(desk, term, "handed", counted, by=-1)
    return _noted(desk, term, class_name, "not handed out after all", counted.total())


@dataclass(frozen=True, slots=True)
class Had:
    """A textbook in a pupil's hands, for their own page."""

    term: str
    title: str
    subject: str
    reused: bool
    handed_ms: int
    returned_ms: int | None

    @property
    def not_back(self) -> bool:
        return self.reused and self.returned_ms is None


def textbooks_of(conn: Connection, school: str, patron: str, *, most: int = 60) -> list[Had]:
    """The newest textbooks of one pupil."""
    query = (
        select(
            _HAND.term, textbooks.c.title, textbooks.c.subject, textbooks.c.reused,
            _HAND.handed_ms, _HAND.returned_ms,
        )
        .select_from(textbook_hands.join(textbooks, _its_book()))
        .where(_HAND.school == school, _HAND.patron == patron)
        .order_by(_HAND.term.desc(), textbooks.c.subject, textbooks.c.title)
        .limit(most)
    )  # fmt: skip
    return [Had(*row) for row in conn.execute(query)]


def _of(
    conn: Connection, school: str, term: str, names: Collection[str], people: Collection[str]
) -> Any:
    return and_(
        _HAND.school == school,
        _HAND.term == term,
        one_of(conn, _HAND.textbook, names),
        one_of(conn, _HAND.patron, people),
    )


def _its_book() -> Any:
    return and_(textbooks.c.school == _HAND.school, textbooks.c.id == _HAND.textbook)


def _counted(conn: Connection, where: Any) -> Counter[tuple[str, str]]:
    """How many rows of each class and textbook; whoever changed class is counted where it was handed out."""
    query = select(_HAND.class_name, _HAND.textbook).where(where)
    return Counter((row.class_name, row.textbook) for row in conn.execute(query))


def _count(
    desk: Desk, term: str, column: str, counts: Counter[tuple[str, str]], *, by: int = 1
) -> None:
    """Add to a count of textbook_classes."""
    one = textbook_classes.c
    for (class_name, name), count in sorted(counts.items()):
        where = (
            one.school == desk.school,
            one.term == term,
            one.class_name == class_name,
            one.textbook == name,
        )
        more = {column: one[column] + by * count}
        desk.conn.execute(update(textbook_classes).where(*where).values(more))


def _noted(desk: Desk, term: str, class_name: str, what: str, count: int) -> int:
    if count:
        desk.note(f"textbooks, term {term}, class {class_name}: {count} {what}")
    return count
