"""Wishes for books: how many want each, whether the library has it, what was decided, and the answer readers see.

A decision is told to everybody, and to each reader who gave a name at the next visit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, func, select, update

from kiosk.posts import Post
from kiosk.saying import Saying
from kiosk.voice_posts import Answer
from sync.central.db import CentralError, one_of, upsert_many
from sync.central.desk import Desk
from sync.central.posts import new_id, put, today, withdraw
from sync.central.reports.whose import whose
from sync.central.schema import patrons, titles, voices
from sync.central.schema import wishes as decided
from sync.central.voices import ANSWER_DAYS, ANSWERED, LONGEST, NEW, Voice, named_voices

PAGE = 50
# So many of those who wish for one book are answered by name, and shown.
MOST_TOLD = 500
LONGEST_TITLE = 100


class State(StrEnum):
    """What becomes of a wish. NEW: nobody has decided."""

    NEW = "new"
    ORDERED = "ordered"
    ARRIVED = "arrived"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Wish:
    """A book that is wished for: how often, when last. held: the title where the library has it ("": it has not).

    title: as staff call it. fresh: how many came in since the decision, and are not answered.
    """

    isbn: str
    count: int
    last_ms: int
    held: str
    state: State = State.NEW
    title: str = ""
    answer: str = ""
    staff: str = ""
    state_ms: int | None = None
    fresh: int = 0


def page(conn: Connection, school: str, after: str = "", state: str = "") -> tuple[list[Wish], str]:
    """A page of the wishes by ISBN, in its order, and after which the next page begins ("": there is none)."""
    isbns = list(conn.execute(_isbns(school, after, state).limit(PAGE + 1)).scalars())
    found = _told(conn, school, isbns[:PAGE])
    return found, isbns[PAGE - 1] if len(isbns) > PAGE else ""


def every(conn: Connection, school: str, state: str = "") -> Iterator[Wish]:
    """All of them, a page at a time."""
    after = ""
    while True:
        found, after = page(conn, school, after, state)
        yield from found
        if not after:
            return


def one(conn: Connection, school: str, isbn: str) -> tuple[Wish, list[Voice]]:
    """The wishes for one book, the newest first. Raises CentralError where nobody wishes for it."""
    found = _told(conn, school, [isbn])
    if not found:
        raise CentralError(f"nobody wishes for {isbn}")
    query = select(voices).where(*_of(school, isbn)).order_by(voices.c.at_ms.desc(), voices.c.id)
    said = named_voices(conn, school, conn.execute(query.limit(MOST_TOLD)).all())
    return found[0], said


def decide(desk: Desk, isbn: str, state: State, *, title: str, answer: str) -> None:
    """Say what becomes of it. answer: what readers are told; without one the wish goes back to NEW in silence.

    Raises CentralError where nobody wishes for it, or the words are too long.
    """
    wish, _ = one(desk.conn, desk.school, isbn)
    title, answer = " ".join(title.split()), " ".join(answer.split())
    if len(answer) > LONGEST or len(title) > LONGEST_TITLE:
        raise CentralError(f"an answer has {LONGEST} characters at most, a title {LONGEST_TITLE}")
    if state is not State.NEW and not answer:
        raise CentralError("say what readers are told")
    _take_back(desk, isbn)
    told = {"state": state.value, "title": title, "answer": "", "post": ""}
    if state is not State.NEW:
        asked = wish.held or title or isbn
        told |= {"answer": answer, "post": _tell(desk, isbn, asked, answer)}
    row = {"school": desk.school, "isbn": isbn, "staff": desk.staff or "", "state_ms": desk.now_ms}
    upsert_many(desk.conn, decided, [row | told])


def _tell(desk: Desk, isbn: str, asked: str, answer: str) -> str:
    """Answer to everybody, and to each who gave a name; the id of what everybody sees."""
    day = today(desk.conn, desk.school, desk.now_ms)
    until = day + timedelta(days=ANSWER_DAYS)
    public = Post(new_id(), Answer(text=answer, asked=asked), day, until)
    query = select(voices.c.patron).where(*_of(desk.school, isbn), voices.c.patron.isnot(None))
    named = list(desk.conn.execute(query.distinct().limit(MOST_TOLD)).scalars())
    merged = whose(desk.conn, desk.school, named) if named else {}
    known = select(patrons.c.id).where(
        patrons.c.school == desk.school,
        one_of(desk.conn, patrons.c.id, sorted({merged.get(n, n) for n in named})),
    )
    there = set(desk.conn.execute(known).scalars()) if named else set()
    own = {
        name: Post(
            new_id(), Answer(text=answer, asked=asked), day, until, merged.get(name, name), on_page=False
        )
        for name in named
        if merged.get(name, name) in there
    }  # fmt: skip
    put(desk, [public, *own.values()])
    said = {"state": ANSWERED, "answer": answer, "state_ms": desk.now_ms, "staff": desk.staff or ""}
    mine = _of(desk.school, isbn)
    desk.conn.execute(update(voices).where(*mine).values(**said, read_ms=None))
    for name, post in own.items():
        desk.conn.execute(update(voices).where(*mine, voices.c.patron == name).values(post=post.id))
    return public.id


def _take_back(desk: Desk, isbn: str) -> None:
    """What was answered before is told nobody any more."""
    mine = _of(desk.school, isbn)
    query = select(voices.c.post, voices.c.public_post).where(*mine, voices.c.answer != "")
    before = select(decided.c.post).where(decided.c.school == desk.school, decided.c.isbn == isbn)
    names = {*desk.conn.execute(before).scalars()}
    for row in desk.conn.execute(query.limit(MOST_TOLD)).all():
        names |= {row.post, row.public_post}
    withdraw(desk, sorted(names - {""}))
    back = {"post": "", "public_post": "", "answer": "", "state": NEW, "read_ms": None}
    desk.conn.execute(update(voices).where(*mine).values(**back))
    desk.conn.execute(
        delete(decided).where(decided.c.school == desk.school, decided.c.isbn == isbn)
    )


def _of(school: str, isbn: str) -> tuple[Any, ...]:
    return (
        voices.c.school == school,
        voices.c.kind == Saying.PURCHASE.value,
        voices.c.isbn == isbn,
    )


_SAME = and_(decided.c.school == voices.c.school, decided.c.isbn == voices.c.isbn)


def _isbns(school: str, after: str, state: str) -> Any:
    """What is wished for, in order. Of few that were decided so, only those are looked at."""
    if state and state != State.NEW:
        ours = (decided.c.school == school, decided.c.state == state, decided.c.isbn > after)
        return select(decided.c.isbn).where(*ours).order_by(decided.c.isbn)
    all_of = (voices.c.school == school, voices.c.kind == Saying.PURCHASE.value)
    query = select(voices.c.isbn).where(*all_of, voices.c.isbn > after).distinct()
    if state:
        query = query.where(~exists().where(_SAME, decided.c.state != State.NEW.value))
    return query.order_by(voices.c.isbn)


def _counted(conn: Connection, school: str, isbns: Sequence[str]) -> Sequence[Any]:
    """How often and when last each of these was wished for, and what was decided, in order."""
    stands = func.coalesce(decided.c.state, State.NEW.value)
    columns = (stands.label("state"), *(decided.c[n] for n in _DECIDED))
    mine = (voices.c.school == school, voices.c.kind == Saying.PURCHASE.value)
    query = (
        select(voices.c.isbn, func.count().label("n"), func.max(voices.c.at_ms).label("last"), *columns)
        .outerjoin(decided, _SAME)
        .where(*mine, one_of(conn, voices.c.isbn, isbns))
        .group_by(voices.c.isbn, *(decided.c[n] for n in ("state", *_DECIDED)))
        .order_by(voices.c.isbn)
    )  # fmt: skip
    return conn.execute(query).all()


_DECIDED = ("title", "answer", "staff", "state_ms")


def _told(conn: Connection, school: str, isbns: Sequence[str]) -> list[Wish]:
    rows = _counted(conn, school, isbns)
    held = select(titles.c.isbn, titles.c.title).where(
        titles.c.school == school, one_of(conn, titles.c.isbn, isbns)
    )
    named = {row.isbn: row.title for row in conn.execute(held)} if isbns else {}
    fresh = _fresh(conn, school, rows)
    return [
        Wish(
            row.isbn, int(row.n), int(row.last), named.get(row.isbn, ""), State(row.state),
            row.title or "", row.answer or "", row.staff or "", row.state_ms, fresh.get(row.isbn, 0),
        )
        for row in rows
    ]  # fmt: skip


def _fresh(conn: Connection, school: str, rows: Sequence[Any]) -> dict[str, int]:
    """How many wishes for each book that was decided on are not answered: they came in since."""
    known = [row.isbn for row in rows if row.state != State.NEW]
    if not known:
        return {}
    query = (
        select(voices.c.isbn, func.count().label("n"))
        .where(
            voices.c.school == school,
            voices.c.kind == Saying.PURCHASE.value,
            one_of(conn, voices.c.isbn, known),
            voices.c.state == NEW,
        )
        .group_by(voices.c.isbn)
    )
    return {row.isbn: int(row.n) for row in conn.execute(query)}
