"""Reading activities at the record: planned as posts, with who came, what was read, and the essays handed in."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, func, select, tuple_

from kiosk.activities import Activity, head_count
from kiosk.posts import Post
from sync.central.activity_tables import activity_marks, essays
from sync.central.db import CentralError, insert_many, one_of
from sync.central.desk import Desk
from sync.central.marks import ATTEND, COUNT, USE
from sync.central.post_tables import posts
from sync.central.posts import read_posts
from sync.central.reports.donations import DONATED
from sync.central.reports.whose import whose
from sync.central.schema import copies, patrons

SHOWN = 50
# Nobody reads more names on one page; the file has the same.
MOST_NAMES = 2_000


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one activity: who signed in, different copies read, essays; donated: how many of the copies were given.

    pupils: how many were counted at a station, by whoever counted last.
    """

    attended: int = 0
    copies: int = 0
    essays: int = 0
    donated: int = 0
    pupils: int = 0


@dataclass(frozen=True, slots=True)
class Came:
    """Somebody who signed in, and when (UTC ms)."""

    name: str
    class_name: str
    at_ms: int


def newest(
    conn: Connection, school: str, after: tuple[date, str] | None = None
) -> tuple[list[Post[Activity]], tuple[date, str] | None]:
    """Activities, those that end last first, and where the next page goes on."""
    query = _all(school)
    if after:
        query = query.where(tuple_(posts.c.until_on, posts.c.id) < after)
    query = query.order_by(posts.c.until_on.desc(), posts.c.id.desc()).limit(SHOWN + 1)
    rows = list(conn.execute(query))
    found = [_post(row) for row in rows[:SHOWN]]
    last = found[-1] if len(rows) > SHOWN else None
    return found, (last.until_on, last.id) if last else None


def between(conn: Connection, school: str, first: date, last: date) -> list[Post[Activity]]:
    """Activities that begin within these days, the earliest first."""
    query = _all(school).where(
        posts.c.until_on >= first, posts.c.from_on >= first, posts.c.from_on <= last
    )
    found = [_post(row) for row in conn.execute(query)]
    return sorted(found, key=lambda p: (p.from_on, p.id))


def one(conn: Connection, school: str, name: str) -> Post[Activity] | None:
    return read_posts(conn, school, Activity, [name]).get(name)


def counts(conn: Connection, school: str, ids: Collection[str]) -> dict[str, Counts]:
    if not ids:
        return {}
    marks = activity_marks.c
    query = (
        select(marks.activity, marks.kind, func.count(marks.who.distinct()).label("n"))
        .where(marks.school == school, one_of(conn, marks.activity, ids))
        .group_by(marks.activity, marks.kind)
    )
    found: Counter[tuple[str, str]] = Counter(
        {(r.activity, r.kind): r.n for r in conn.execute(query)}
    )
    written = (
        select(essays.c.activity, func.count().label("n"))
        .where(essays.c.school == school, one_of(conn, essays.c.activity, ids))
        .group_by(essays.c.activity)
    )
    given, pupils = _given(conn, school, ids), _pupils(conn, school, ids)
    handed = {row.activity: int(row.n) for row in conn.execute(written)}
    return {
        name: Counts(
            found[name, ATTEND], found[name, USE], handed.get(name, 0), given.get(name, 0), pupils.get(name, 0)
        )
        for name in ids
    }  # fmt: skip


def _pupils(conn: Connection, school: str, ids: Collection[str]) -> dict[str, int]:
    """How many were counted in each; of equally late counts the same one, whatever came first."""
    marks = activity_marks.c
    query = (
        select(marks.activity, marks.who)
        .where(marks.school == school, one_of(conn, marks.activity, ids), marks.kind == COUNT)
        .order_by(marks.at_ms, marks.who, marks.station)
    )
    return {row.activity: head_count(row.who) for row in conn.execute(query)}


def _given(conn: Connection, school: str, ids: Collection[str]) -> dict[str, int]:
    """How many different donated copies were read in each."""
    marks = activity_marks.c
    read = (marks.school == copies.c.school) & (marks.who == copies.c.barcode)
    query = (
        select(marks.activity, func.count(marks.who.distinct()).label("n"))
        .join(copies, read)
        .where(
            marks.school == school,
            marks.kind == USE,
            copies.c.source == DONATED,
            one_of(conn, marks.activity, ids),
        )
        .group_by(marks.activity)
    )
    return {row.activity: int(row.n) for row in conn.execute(query)}


def who_came(conn: Connection, school: str, name: str) -> list[Came]:
    """Who signed in, in the order of class and name."""
    query = (
        select(activity_marks.c.who, func.min(activity_marks.c.at_ms).label("at_ms"))
        .where(
            activity_marks.c.school == school,
            activity_marks.c.activity == name,
            activity_marks.c.kind == ATTEND,
        )
        .group_by(activity_marks.c.who)
        .limit(MOST_NAMES)
    )
    rows = conn.execute(query).all()
    merged = whose(conn, school, {row.who for row in rows})
    first: dict[str, int] = {}
    for row in rows:
        patron = merged.get(row.who, row.who)
        first[patron] = min(row.at_ms, first.get(patron, row.at_ms))
    known = select(patrons.c.id, patrons.c.name, patrons.c.class_name).where(
        patrons.c.school == school, one_of(conn, patrons.c.id, sorted(first))
    )
    told = [Came(r.name, r.class_name, first[r.id]) for r in conn.execute(known)] if first else []
    return sorted(told, key=lambda c: (c.class_name, c.name, c.at_ms))


def size_of_class(conn: Connection, school: str, class_name: str) -> int:
    query = select(func.count()).where(
        patrons.c.school == school, patrons.c.class_name == class_name, patrons.c.gone_ms.is_(None)
    )
    return int(conn.execute(query).scalar_one()) if class_name else 0


# Essays.


def essays_of(conn: Connection, school: str, name: str) -> list[Any]:
    query = (
        select(essays)
        .where(essays.c.school == school, essays.c.activity == name)
        .order_by(essays.c.received_on, essays.c.id)
        .limit(MOST_NAMES)
    )
    return list(conn.execute(query).all())


def hand_in(desk: Desk, activity: str, title: str, author: str, received_on: date) -> None:
    """Write an essay down. author: a name, or a number of the library's, which also tells the class.

    Raises CentralError where the author cannot be told.
    """
    found = _author(desk, author)
    row: dict[str, Any] = {"school": desk.school, "activity": activity}
    row |= {"id": secrets.token_hex(6), "title": title, "received_on": received_on}
    insert_many(desk.conn, essays, [{**row, **found}])


def take_away(desk: Desk, activity: str, essay: str) -> None:
    mine = (essays.c.school == desk.school, essays.c.activity == activity, essays.c.id == essay)
    desk.conn.execute(delete(essays).where(*mine))


def _author(desk: Desk, author: str) -> dict[str, str]:
    mine = patrons.c.school == desk.school, patrons.c.gone_ms.is_(None)
    rows = desk.conn.execute(
        select(patrons.c.id, patrons.c.name, patrons.c.class_name)
        .where(*mine, (patrons.c.id == author) | (patrons.c.name == author))
        .limit(2)
    ).all()
    if len(rows) > 1:
        raise CentralError(f"more than one patron is called {author}; write the number instead")
    if rows:
        row = rows[0]
        return {"patron": row.id, "author": row.name, "class_name": row.class_name}
    return {"patron": "", "author": author, "class_name": ""}


def _all(school: str) -> Any:
    return select(posts).where(
        posts.c.school == school, posts.c.kind == Activity.kind, posts.c.patron_id == ""
    )


def _post(row: Any) -> Post[Activity]:
    body = Activity.model_validate_json(row.body)
    return Post(row.id, body, row.from_on, row.until_on, "", row.at_stations, row.on_page)
