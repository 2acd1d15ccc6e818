"""What the library tells everybody: this week's hours, and where a title's copies are. Nothing about people is read.

Every query is bounded by what a page shows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, and_, func, select

from kiosk.activities import Activity
from kiosk.calendar import Rules, closed_by, day_plan, merged, spans_for
from kiosk.domain import Act
from kiosk.posts import B, BookList, Event, Notice, Post
from kiosk.voice_posts import Answer
from sync.central.catalogue_search import Hit, hits_of
from sync.central.posts import ahead, read_posts, standing, today
from sync.central.rules import rules_in_force
from sync.central.schema import copies, holdings, holds, loans, titles

# Copies of one title that are looked at; no school has more.
MOST_COPIES = 500
# Posts of one kind on the first page.
MOST_POSTS = 20
_GONE = ("withdrawn", "lost", "missing")
Spans = tuple[tuple[datetime, datetime], ...]


@dataclass(frozen=True, slots=True)
class RoomDay:
    """A room on a day: when it is open, and when it lends."""

    open: Spans
    lends: Spans


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the week. closed: the name of what closes it, in both languages. rooms: in the order of Front.rooms."""

    day: date
    today: bool
    closed: tuple[str, str]
    rooms: tuple[RoomDay, ...]


@dataclass(frozen=True, slots=True)
class Front:
    """The first page. rooms: their names in both languages; days: Monday to Sunday; none without rules."""

    rooms: tuple[tuple[str, str], ...] = ()
    days: tuple[Day, ...] = ()
    notices: tuple[Post[Notice], ...] = ()
    events: tuple[Post[Event] | Post[Activity], ...] = ()
    lists: tuple[Post[BookList], ...] = ()
    answers: tuple[Post[Answer], ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Copies that stand together. room: in both languages. free: how many of them are on the shelf now."""

    room: tuple[str, str]
    shelf: str
    call_number: str
    copies: int
    free: int


@dataclass(frozen=True, slots=True)
class TitleShown:
    """back_on: the first day on which a copy that is out is due; waiting: how many readers wait. Never who."""

    title: str
    author: str
    publisher: str
    year: str
    series: str
    subject: str
    isbn: str
    class_number: str
    summary: str
    places: tuple[Place, ...] = ()
    back_on: date | None = None
    waiting: int = 0


_WORDS = (
    "title", "author", "publisher", "year", "series", "subject", "isbn", "class_number", "summary",
)  # fmt: skip


def front(conn: Connection, school: str, now_ms: int) -> Front:
    """What stands on the first page now."""
    rules = rules_in_force(conn, school)
    day = today(conn, school, now_ms)
    return Front(
        tuple((room.name, room.name_en) for room in rules.library.rooms) if rules else (),
        week(rules, day) if rules else (),
        _shown(standing(conn, school, Notice, day)),
        _events(conn, school, day),
        _shown(standing(conn, school, BookList, day)),
        _shown(standing(conn, school, Answer, day)),
    )


def list_shown(
    conn: Connection, school: str, name: str, now_ms: int
) -> tuple[Post[BookList], tuple[Hit, ...]] | None:
    """A list that readers are shown today, and its titles with how many copies are in; None where there is none."""
    day = today(conn, school, now_ms)
    post = read_posts(conn, school, BookList, [name]).get(name)
    if post is None or not post.on_page or not post.from_on <= day <= post.until_on:
        return None
    return post, hits_of(conn, school, [one.title_id for one in post.body.titles])


def _events(conn: Connection, school: str, day: date) -> tuple[Post[Event] | Post[Activity], ...]:
    """What was announced and what is planned, in the order of their days."""
    found: list[Post[Event] | Post[Activity]] = [
        *_shown(ahead(conn, school, Event, day)),
        *_shown(ahead(conn, school, Activity, day)),
    ]
    return tuple(sorted(found, key=lambda post: post.from_on)[:MOST_POSTS])


def _shown(found: list[Post[B]]) -> tuple[Post[B], ...]:
    return tuple(post for post in found if post.on_page)[:MOST_POSTS]


def week(rules: Rules, today: date) -> tuple[Day, ...]:
    """Monday to Sunday of the week that holds the day."""
    monday = today - timedelta(days=today.weekday())
    return tuple(_day(rules, monday + timedelta(days=n), today) for n in range(7))


def title_shown(conn: Connection, school: str, title: str) -> TitleShown | None:
    """A title with where its copies stand; None where there is none of this id."""
    one = and_(titles.c.school == school, titles.c.id == title)
    row = conn.execute(select(*(titles.c[name] for name in _WORDS)).where(one)).first()
    if row is None:
        return None
    places = _places(conn, school, title)
    waits = (holds.c.school == school, holds.c.title_id == title, holds.c.ended_ms.is_(None))
    return TitleShown(
        **row._mapping,
        places=places,
        back_on=None if any(place.free for place in places) else _back_on(conn, school, title),
        waiting=conn.execute(select(func.count()).where(*waits)).scalar_one(),
    )


def _back_on(conn: Connection, school: str, title: str) -> date | None:
    """The first day on which a copy is due; what somebody says was returned is not waited for."""
    out = and_(loans.c.school == holdings.c.school, loans.c.opened_by == holdings.c.opened_by)
    of = and_(holdings.c.school == copies.c.school, holdings.c.barcode == copies.c.barcode)
    query = (
        select(func.min(loans.c.due_on))
        .select_from(copies.join(holdings, of).join(loans, out))
        .where(copies.c.school == school, copies.c.title_id == title, loans.c.claimed_ms.is_(None))
    )
    found: date | None = conn.execute(query).scalar()
    return found


def _day(rules: Rules, day: date, today: date) -> Day:
    closed = closed_by(rules, day)
    rooms = tuple(
        RoomDay(
            tuple(merged(day_plan(rules, day, room.key))),
            tuple(merged(spans_for(rules, Act.CHECKOUT, None, room.key, day))),
        )
        for room in rules.library.rooms
    )
    return Day(day, day == today, (closed.name, closed.name_en) if closed else ("", ""), rooms)


def _places(conn: Connection, school: str, title: str) -> tuple[Place, ...]:
    on = and_(holdings.c.school == copies.c.school, holdings.c.barcode == copies.c.barcode)
    state = func.coalesce(holdings.c.state, copies.c.state)
    free = and_(state == "on_shelf", holdings.c.opened_by.is_(None), holdings.c.kept_for.is_(None))
    query = (
        select(copies.c.room, copies.c.shelf, copies.c.call_number, free.label("free"))
        .select_from(copies.outerjoin(holdings, on))
        .where(copies.c.school == school, copies.c.title_id == title, state.not_in(_GONE))
        .limit(MOST_COPIES)
    )
    all_of, free_of = Counter[tuple[str, ...]](), Counter[tuple[str, ...]]()
    for room, shelf, call_number, is_free in conn.execute(query):
        all_of[room, shelf, call_number] += 1
        free_of[room, shelf, call_number] += bool(is_free)
    names = _room_names(rules_in_force(conn, school))
    return tuple(
        Place(names.get(at[0], (at[0], "")), at[1], at[2], n, free_of[at])
        for at, n in sorted(all_of.items())
    )


def _room_names(rules: Rules | None) -> dict[str, tuple[str, str]]:
    return {room.key: (room.name, room.name_en) for room in rules.library.rooms} if rules else {}
