"""The classes of a school, and who is in one. Whoever has a grade is a pupil; a class's name is what the list says.

A class is found by stepping from name to name through an index, so that no page reads all patrons.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, func, literal, select

from sync.central.db import one_of
from sync.central.schema import patrons

# More than any class has; what lies beyond is not shown.
MOST = 200
_GRADES = range(1, 14)
_CLASSES_A_GRADE = 200


@dataclass(frozen=True, slots=True)
class ClassOf:
    """A class of a grade."""

    grade: int
    name: str


@dataclass(frozen=True, slots=True)
class Pupil:
    """Somebody in a class list."""

    id: str
    name: str
    blocked: bool = False


def classes(conn: Connection, school: str, grades: Sequence[int] = _GRADES) -> list[ClassOf]:
    """The classes of these grades, in their order."""
    return [
        ClassOf(grade, name)
        for grade in grades
        for name in in_order(conn.execute(names_query(school, grade)).scalars())
    ]


def names_query(school: str, grade: int) -> Select[Any]:
    """The names of a grade's classes: one step through the index for each."""
    here = and_(patrons.c.school == school, patrons.c.grade == grade, patrons.c.gone_ms.is_(None))
    least = select(func.min(patrons.c.class_name).label("name"), literal(1).label("n")).where(here)
    names = least.cte("names", recursive=True)
    later = (
        select(func.min(patrons.c.class_name))
        .where(here, patrons.c.class_name > names.c.name)
        .scalar_subquery()
    )
    names = names.union_all(
        select(later, names.c.n + 1).where(
            names.c.name.isnot(None), names.c.n < literal(_CLASSES_A_GRADE)
        )
    )
    return select(names.c.name).where(names.c.name.isnot(None), names.c.name != "")


def in_order(names: Any) -> list[str]:
    """二班 before 10班: by the numbers within, not letter by letter."""
    return sorted(names, key=lambda name: (len(name), name))


def pupils(conn: Connection, school: str, class_name: str) -> list[Pupil]:
    """The pupils of a class by name."""
    query = (
        select(patrons.c.id, patrons.c.name, patrons.c.blocked)
        .where(
            patrons.c.school == school,
            patrons.c.class_name == class_name,
            patrons.c.gone_ms.is_(None),
            patrons.c.grade.isnot(None),
        )
        .order_by(patrons.c.name, patrons.c.id)
        .limit(MOST)
    )
    return [Pupil(row.id, row.name, row.blocked is not None) for row in conn.execute(query)]


def sizes(conn: Connection, school: str, class_names: Sequence[str]) -> dict[str, int]:
    """How many pupils each of these classes has; reads those classes, and no others."""
    query = (
        select(patrons.c.class_name, func.count())
        .where(
            patrons.c.school == school,
            one_of(conn, patrons.c.class_name, class_names),
            patrons.c.gone_ms.is_(None),
            patrons.c.grade.isnot(None),
        )
        .group_by(patrons.c.class_name)
    )
    counted = {str(name): int(count) for name, count in conn.execute(query)}
    return {name: counted.get(name, 0) for name in class_names}
