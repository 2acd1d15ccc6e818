"""Reading lists and new books as posts, so that stations and the library's page show them.

A list is put up again whenever it changes; a step of the housekeeping makes up for whatever was missed, and keeps the
list of new books.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import and_, or_, select

from kiosk.posts import FOREVER, LONGEST, BookList, Post, Suggested
from sync.central.db import one_of
from sync.central.desk import Desk
from sync.central.posts import put, read_posts, today, withdraw
from sync.central.reading_tables import reading_lists, reading_titles
from sync.central.schema import copies

# Titles of one list that are put up, lists that are, and copies that came last that are looked at.
TITLES = 60
LISTS = 50
ARRIVED = 200
# For so long a book is new.
NEW_DAYS = 60
NEW = "new-books"


def put_up(desk: Desk, names: Collection[str]) -> None:
    """Let the posts of these lists say what the lists say now."""
    told = {post.id: post for post in _of_lists(desk, names)}
    _settle(desk, told, {_id(name) for name in names})


def keep_up(desk: Desk) -> None:
    """Let the posts of all current lists, and of the new books, say what the record says now."""
    day = today(desk.conn, desk.school, desk.now_ms)
    current = (
        select(reading_lists.c.id)
        .where(
            reading_lists.c.school == desk.school,
            reading_lists.c.gone_ms.is_(None),
            reading_lists.c.shown,
            or_(reading_lists.c.to_on.is_(None), reading_lists.c.to_on >= day),
        )
        .order_by(reading_lists.c.changed_ms.desc(), reading_lists.c.id.desc())
        .limit(LISTS)
    )
    put_up(desk, list(desk.conn.execute(current).scalars()))
    fresh = _new_books(desk, day)
    _settle(desk, {NEW: fresh} if fresh else {}, {NEW})


def _settle(desk: Desk, told: dict[str, Post[BookList]], ids: Collection[str]) -> None:
    """Write only what differs: every post that is written goes to every station."""
    known = read_posts(desk.conn, desk.school, BookList, ids)
    put(desk, [post for post in told.values() if known.get(post.id) != post])
    withdraw(desk, set(known) - set(told))


def _id(name: str) -> str:
    return f"list-{name}"


def _of_lists(desk: Desk, names: Collection[str]) -> list[Post[BookList]]:
    if not names:
        return []
    wanted = (
        reading_lists.c.school == desk.school,
        one_of(desk.conn, reading_lists.c.id, names),
        reading_lists.c.gone_ms.is_(None),
        reading_lists.c.shown,
    )
    rows = desk.conn.execute(select(reading_lists).where(*wanted)).all()
    made: list[Post[BookList]] = []
    for row in rows:
        body = BookList(
            why="teacher",
            name=row.name,
            recommender=row.recommender,
            note=row.note,
            grade_from=row.grade_from,
            grade_to=row.grade_to,
            class_name=row.class_name,
            titles=_titles(desk, row.id),
        )
        begins = row.from_on or date.min
        if body.titles and begins <= (row.to_on or FOREVER):
            made.append(Post(_id(row.id), body, begins, row.to_on or FOREVER))
    return made


def _titles(desk: Desk, name: str) -> tuple[Suggested, ...]:
    query = (
        select(reading_titles.c.title_id, reading_titles.c.why)
        .where(reading_titles.c.school == desk.school, reading_titles.c.list == name)
        .order_by(reading_titles.c.n, reading_titles.c.title_id)
        .limit(TITLES)
    )
    rows = desk.conn.execute(query).all()
    # What is said of single titles may be long; the titles matter more.
    long = sum(len(row.title_id) + len(row.why) + 40 for row in rows) > LONGEST // 2
    return tuple(Suggested(title_id=r.title_id, why="" if long else r.why[:200]) for r in rows)


def _new_books(desk: Desk, day: date) -> Post[BookList] | None:
    newest = (
        select(copies.c.title_id)
        .where(
            and_(
                copies.c.school == desk.school,
                copies.c.arrived_on >= day - timedelta(days=NEW_DAYS),
                copies.c.arrived_on <= day,
            )
        )
        .order_by(copies.c.arrived_on.desc(), copies.c.barcode.desc())
        .limit(ARRIVED)
    )
    found = list(dict.fromkeys(desk.conn.execute(newest).scalars()))[:TITLES]
    if not found:
        return None
    titles = tuple(Suggested(title_id=one) for one in found)
    return Post(NEW, BookList(why="new", titles=titles), date.min)
