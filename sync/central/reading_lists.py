"""Reading lists: made by teachers and librarians, filled by search, by scans and from other lists, kept in order."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, delete, func, select, tuple_, update

from kiosk.domain import CopyState
from kiosk.isbn import isbn13
from sync.central.copy_acts import facts_of
from sync.central.db import CentralError, insert_many, one_of, update_many
from sync.central.desk import Desk
from sync.central.list_posts import put_up
from sync.central.reading_tables import reading_lists, reading_titles
from sync.central.schema import copies, holdings, titles
from sync.central.stocktaking import cleaned

PAGE = 50
# A list that a class can read; whoever needs more makes another.
MOST = 200
_GONE = (CopyState.WITHDRAWN, CopyState.LOST, CopyState.MISSING)


@dataclass(frozen=True, slots=True)
class Head:
    """What a list says of itself. grade None, class "": everybody; a date None: no bound."""

    name: str
    recommender: str = ""
    grade_from: int | None = None
    grade_to: int | None = None
    class_name: str = ""
    subject: str = ""
    note: str = ""
    from_on: date | None = None
    to_on: date | None = None
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """A title of a list. copies: those the library still has; free: on the shelf now; place: where the first stands."""

    title_id: str
    n: int
    why: str
    title: str
    author: str
    isbn: str
    copies: int = 0
    free: int = 0
    room: str = ""
    shelf: str = ""
    call_number: str = ""


@dataclass(frozen=True, slots=True)
class ListOf:
    id: str
    head: Head
    made_by: str
    changed_ms: int
    gone: bool
    count: int = 0


@dataclass(frozen=True, slots=True)
class Added:
    """already: were in the list before; full: did not fit; unknown: what was read and is no title of ours."""

    added: int
    already: int = 0
    full: int = 0
    unknown: tuple[str, ...] = ()


# What staff do.


def make(desk: Desk, head: Head) -> str:
    """A new list; its id."""
    name = secrets.token_hex(8)
    row = {"school": desk.school, "id": name, **asdict(head)}
    row |= {"made_by": desk.staff, "changed_ms": desk.now_ms, "gone_ms": None}
    insert_many(desk.conn, reading_lists, [row])
    desk.note(f"made reading list {name}")
    return name


def change(desk: Desk, name: str, head: Head) -> None:
    """Say something else of it."""
    _touch(desk, name, "changed", asdict(head))


def take_away(desk: Desk, name: str) -> None:
    """It is shown nowhere; it can be brought back."""
    _touch(desk, name, "took away", {"gone_ms": desk.now_ms})


def bring_back(desk: Desk, name: str) -> None:
    _touch(desk, name, "brought back", {"gone_ms": None})


def add(
    desk: Desk, name: str, title_ids: Sequence[str], whys: Mapping[str, str] | None = None
) -> Added:
    """Put titles at the end of the list, each once; those that are no titles of the school are left out."""
    wanted = list(dict.fromkeys(title_ids))
    there = select(titles.c.id).where(
        titles.c.school == desk.school, one_of(desk.conn, titles.c.id, wanted)
    )
    known = set(desk.conn.execute(there).scalars()) if wanted else set()
    held = {row.title_id: row.n for row in desk.conn.execute(_order(desk.school, name))}
    fresh = [one for one in wanted if one in known and one not in held]
    fits = fresh[: max(0, MOST - len(held))]
    last = max(held.values(), default=0)
    told, said = {"school": desk.school, "list": name}, whys or {}
    rows = [
        {**told, "title_id": one, "n": last + n, "why": said.get(one, "")}
        for n, one in enumerate(fits, 1)
    ]
    insert_many(desk.conn, reading_titles, rows)
    if rows:
        _touch(desk, name, f"put {len(rows)} titles into")
    already = sum(1 for one in wanted if one in held)
    return Added(len(fits), already, len(fresh) - len(fits))


def add_scanned(desk: Desk, name: str, texts: Sequence[str]) -> Added:
    """Put the titles in whose ISBN or copy's label was scanned."""
    read = [cleaned(text) for text in texts if text.strip()]
    meant = _titles_meant(desk.conn, desk.school, read)
    told = add(desk, name, [meant[text] for text in read if text in meant])
    unknown = tuple(dict.fromkeys(text for text in read if text not in meant))
    return Added(told.added, told.already, told.full, unknown)


def add_list(desk: Desk, name: str, other: str) -> Added:
    """Put in all that another list has, with what it says of each."""
    rows = desk.conn.execute(_order(desk.school, other)).all()
    return add(desk, name, [row.title_id for row in rows], {r.title_id: r.why for r in rows})


def arrange(desk: Desk, name: str, places: Mapping[str, tuple[int, str]]) -> None:
    """Give titles their places and what is said of them; whatever else is in the list keeps its own."""
    rows = desk.conn.execute(_order(desk.school, name)).all()
    now = {row.title_id: (row.n, row.why) for row in rows}
    now |= {title: said for title, said in places.items() if title in now}
    order = sorted(now, key=lambda title: now[title][0])
    mine = {"school": desk.school, "list": name}
    told = [{**mine, "title_id": t, "n": n, "why": now[t][1]} for n, t in enumerate(order, 1)]
    update_many(desk.conn, reading_titles, told)
    _touch(desk, name, "arranged")


def drop(desk: Desk, name: str, title_id: str) -> None:
    """Take a title out of the list."""
    mine = and_(reading_titles.c.school == desk.school, reading_titles.c.list == name)
    desk.conn.execute(delete(reading_titles).where(mine, reading_titles.c.title_id == title_id))
    _touch(desk, name, f"took {title_id} out of")


def _touch(desk: Desk, name: str, did: str, values: Mapping[str, Any] | None = None) -> None:
    one = and_(reading_lists.c.school == desk.school, reading_lists.c.id == name)
    told = desk.conn.execute(
        update(reading_lists).where(one).values({"changed_ms": desk.now_ms, **(values or {})})
    )
    if told.rowcount == 0:
        raise CentralError(f"there is no reading list {name}")
    desk.note(f"{did} reading list {name}")
    put_up(desk, [name])


def _titles_meant(conn: Connection, school: str, read: Collection[str]) -> dict[str, str]:
    by_copy = {b: fact.title_id for b, fact in facts_of(conn, school, read).items()}
    numbers = {text: isbn13(text) for text in read if text not in by_copy and isbn13(text)}
    query = (
        select(titles.c.isbn, func.min(titles.c.id))
        .where(titles.c.school == school, one_of(conn, titles.c.isbn, set(numbers.values())))
        .group_by(titles.c.isbn)
    )
    by_isbn = {row[0]: row[1] for row in conn.execute(query)} if numbers else {}
    found = {text: by_isbn[isbn] for text, isbn in numbers.items() if isbn in by_isbn}
    return {**by_copy, **found}


# What is shown.


def one(conn: Connection, school: str, name: str) -> ListOf:
    """Raises CentralError where there is none of this name."""
    query = select(reading_lists).where(
        reading_lists.c.school == school, reading_lists.c.id == name
    )
    row = conn.execute(query).first()
    if row is None:
        raise CentralError(f"there is no reading list {name}")
    return _list(row, _counts(conn, school, [name]))


def newest(
    conn: Connection, school: str, *, gone: bool = False, after: tuple[int, str] | None = None
) -> tuple[list[ListOf], tuple[int, str] | None]:
    """A page of lists, the last changed first, and where the next begins. gone: those that were taken away."""
    found = conn.execute(newest_query(school, gone=gone, after=after)).all()
    rows = found[:PAGE]
    counts = _counts(conn, school, [row.id for row in rows])
    more = (rows[-1].changed_ms, rows[-1].id) if len(found) > PAGE else None
    return [_list(row, counts) for row in rows], more


def newest_query(school: str, *, gone: bool, after: tuple[int, str] | None) -> Any:
    at = (reading_lists.c.changed_ms, reading_lists.c.id)
    query = select(reading_lists).where(reading_lists.c.school == school)
    left = reading_lists.c.gone_ms
    query = query.where(left.isnot(None) if gone else left.is_(None))
    if after:
        query = query.where(tuple_(*at) < tuple_(*after))
    return query.order_by(*(column.desc() for column in at)).limit(PAGE + 1)


def entries(conn: Connection, school: str, name: str) -> list[Entry]:
    """The titles of a list in their order, each with where its copies are now."""
    title = and_(titles.c.school == school, titles.c.id == reading_titles.c.title_id)
    query = (
        select(reading_titles, titles.c.title, titles.c.author, titles.c.isbn)
        .select_from(reading_titles.join(titles, title))
        .where(reading_titles.c.school == school, reading_titles.c.list == name)
        .order_by(reading_titles.c.n, reading_titles.c.title_id)
        .limit(MOST)
    )
    rows = conn.execute(query).all()
    where = _where(conn, school, [row.title_id for row in rows])
    return [
        Entry(r.title_id, r.n, r.why, r.title, r.author, r.isbn, *where.get(r.title_id, ()))
        for r in rows
    ]


def _order(school: str, name: str) -> Any:
    mine = and_(reading_titles.c.school == school, reading_titles.c.list == name)
    return select(reading_titles).where(mine).order_by(reading_titles.c.n)


def _list(row: Any, counts: Mapping[str, int]) -> ListOf:
    head = Head(
        row.name, row.recommender, row.grade_from, row.grade_to, row.class_name, row.subject,
        row.note, row.from_on, row.to_on, row.shown,
    )  # fmt: skip
    gone = row.gone_ms is not None
    return ListOf(row.id, head, row.made_by, row.changed_ms, gone, counts.get(row.id, 0))


def _counts(conn: Connection, school: str, names: Collection[str]) -> dict[str, int]:
    query = (
        select(reading_titles.c.list, func.count())
        .where(reading_titles.c.school == school, one_of(conn, reading_titles.c.list, names))
        .group_by(reading_titles.c.list)
    )
    return {row[0]: row[1] for row in conn.execute(query)} if names else {}


def _where(
    conn: Connection, school: str, title_ids: Collection[str]
) -> dict[str, tuple[int, int, str, str, str]]:
    """Of each title: its copies, those on the shelf, and the place of the first that is there."""
    if not title_ids:
        return {}
    held = and_(holdings.c.school == copies.c.school, holdings.c.barcode == copies.c.barcode)
    state = func.coalesce(holdings.c.state, copies.c.state)
    free = and_(
        state == CopyState.ON_SHELF, holdings.c.opened_by.is_(None), holdings.c.kept_for.is_(None)
    )
    query = (
        select(
            copies.c.title_id,
            copies.c.room,
            copies.c.shelf,
            copies.c.call_number,
            free.label("free"),
        )
        .select_from(copies.outerjoin(holdings, held))
        .where(copies.c.school == school, one_of(conn, copies.c.title_id, title_ids))
        .where(state.not_in(_GONE))
        .order_by(copies.c.title_id, copies.c.room, copies.c.shelf, copies.c.call_number)
    )
    found: dict[str, list[Any]] = {}
    for row in conn.execute(query):
        found.setdefault(row.title_id, []).append(row)
    told = {}
    for title, rows in found.items():
        first = next((row for row in rows if row.free), rows[0])
        count = sum(1 for row in rows if row.free)
        told[title] = (len(rows), count, first.room, first.shelf, first.call_number)
    return told
