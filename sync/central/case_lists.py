"""Which cases to show: open ones, the oldest first, or those that somebody settled, the newest first; page by page.

Time, kind and whoever settled are looked up in an index. Stations and people stand within a case; for them a bounded
number of cases is looked at for each page, which then says how far it has come.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, select, tuple_

from kiosk.entry import Entry
from sync.central.cases import Question, evidence, questions
from sync.central.people import Wanted, find_people
from sync.central.read import key_of
from sync.central.schema import cases, patrons, stations
from sync.events import CASES, Code

PAGE = 25
WINDOW, WINDOWS = 250, 4
COUNTED = 1_000
_CLASS = 200
KINDS = tuple(code for code in Code if code in CASES)
Mark = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Which:
    """What is asked for. from_ms, until_ms: when opened, or when settled. people: ids (None: anybody).

    staff: who settled it.
    """

    settled: bool = False
    code: Code | None = None
    station: str = ""
    people: frozenset[str] | None = None
    from_ms: int | None = None
    until_ms: int | None = None
    staff: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A page. looked_at: cases that were looked at for it; after: where the next begins (None: that was all)."""

    questions: tuple[Question, ...]
    looked_at: int
    after: Mark | None


def page(conn: Connection, school: str, which: Which, after: Mark | None = None) -> Found:
    """The next cases; fewer than a page of them where they are rare."""
    names, looked_at = [], 0
    for _ in range(WINDOWS):
        rows = conn.execute(window_query(school, which, after)).all()
        for row in rows:
            looked_at += 1
            after = (row.at_ms, row.id)
            if _fits(row, which):
                names.append(row.id)
                if len(names) == PAGE:
                    return Found(_in_order(conn, school, names), looked_at, after)
        if len(rows) < WINDOW:
            return Found(_in_order(conn, school, names), looked_at, None)
    return Found(_in_order(conn, school, names), looked_at, after)


def window_query(school: str, which: Which, after: Mark | None) -> Select[Any]:
    """The next cases by time, over an index that has their order."""
    at = cases.c.closed_ms if which.settled else cases.c.opened_ms
    columns = (cases.c.id, cases.c.code, cases.c.about, cases.c.patrons, at.label("at_ms"))
    query = select(*columns).where(cases.c.school == school, cases.c.is_open.is_(not which.settled))
    if which.settled:
        query = query.where(cases.c.settled_by.isnot(None))
    if which.staff:
        query = query.where(cases.c.settled_staff == which.staff)
    if which.code:
        query = query.where(cases.c.code == which.code.value)
    if which.from_ms is not None:
        query = query.where(at >= which.from_ms)
    if which.until_ms is not None:
        query = query.where(at < which.until_ms)
    if after:
        place = tuple_(at, cases.c.id)
        query = query.where(place < tuple_(*after) if which.settled else place > tuple_(*after))
    order = (at.desc(), cases.c.id.desc()) if which.settled else (at, cases.c.id)
    return query.order_by(*order).limit(WINDOW)


def _fits(row: Any, which: Which) -> bool:
    if which.station and which.station not in {key[0] for key in json.loads(row.about)}:
        return False
    return which.people is None or bool(which.people & set(json.loads(row.patrons)))


def _in_order(conn: Connection, school: str, names: list[str]) -> tuple[Question, ...]:
    found = {one.id: one for one in questions(conn, school, names=names)} if names else {}
    return tuple(found[name] for name in names)


def kind_of(text: str) -> Code | None:
    """The kind of case that this names, if it is one."""
    return next((code for code in KINDS if code.value == text), None)


def people_meant(conn: Connection, school: str, who: str, class_name: str) -> frozenset[str] | None:
    """The people of a name, a number or a class; None where nobody was asked for."""
    if who.strip():
        rows = find_people(conn, school, Wanted(who, class_name)).rows
        return frozenset(row.id for row in rows)
    if not class_name.strip():
        return None
    query = select(patrons.c.id).where(
        patrons.c.school == school, patrons.c.class_name == class_name.strip()
    )
    return frozenset(conn.execute(query.limit(_CLASS)).scalars())


def count_open(conn: Connection, school: str) -> int:
    """How many are open, counted up to COUNTED."""
    mine = select(cases.c.id).where(cases.c.school == school, cases.c.is_open).limit(COUNTED)
    return int(conn.execute(select(func.count()).select_from(mine.subquery())).scalar_one())


def station_names(conn: Connection, school: str) -> list[tuple[str, str]]:
    """Id and name of every station, for a choice of them."""
    query = select(stations.c.id, stations.c.name).where(stations.c.school == school)
    return [(row.id, row.name) for row in conn.execute(query.order_by(stations.c.name))]


def settlements(conn: Connection, school: str, some: Collection[Question]) -> dict[str, Entry]:
    """For each of these cases that somebody settled, the entry that did: who, when and how."""
    by = {one.id: key for one in some if (key := key_of(one.settled_by))}
    seen = evidence(conn, school, set(by.values()))
    found = {name: seen[key].entry for name, key in by.items() if key in seen}
    return {name: entry for name, entry in found.items() if entry}
