"""The people of a school as the console shows them: a page of the list, and everything about one of them.

Lists go on from a key, never from a count, so that the last page costs what the first does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, select, tuple_

from sync.central.db import CentralError
from sync.central.schema import blocks, cards, copies, holds, loans, patrons, titles
from sync.standing import UNKNOWN

PAGE = 50
# Of what is long over, a page of a patron shows the newest.
PAST = 20
_LONGEST = 80
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which people. text: the beginning of a name, or a whole number of a card or patron; after: (name, id)."""

    text: str = ""
    class_name: str = ""
    after: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A patron in a list. left: gone from the school."""

    id: str
    name: str
    category: str
    grade: int | None
    class_name: str
    blocked: str | None
    left: bool
    major: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A page of the list; after: where the next begins, None where there is none."""

    rows: tuple[Row, ...]
    after: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class CardOf:
    number: str
    state: str


@dataclass(frozen=True, slots=True)
class LoanOf:
    """A loan of a patron. closed_ms None: still out. Instants are UTC milliseconds."""

    barcode: str
    title: str
    opened_ms: int
    due_on: date | None
    closed_ms: int | None


@dataclass(frozen=True, slots=True)
class Person:
    """All that the record knows of a patron. blocks: (from, to, why), the newest first."""

    row: Row
    expires_on: date | None
    cards: tuple[CardOf, ...]
    out: tuple[LoanOf, ...]
    past: tuple[LoanOf, ...]
    waiting: tuple[str, ...]
    blocks: tuple[tuple[int, int | None, str], ...]


def find_people(conn: Connection, school: str, wanted: Wanted) -> Found:
    """A page of the people who are meant, by name."""
    text = wanted.text.strip()[:_LONGEST]
    if text and (exact := _by_number(conn, school, text)):
        return Found(tuple(exact), None)
    query = people_query(school, wanted, text)
    rows = [row_of(row) for row in conn.execute(query)]
    after = (rows[PAGE - 1].name, rows[PAGE - 1].id) if len(rows) > PAGE else None
    return Found(tuple(rows[:PAGE]), after)


def people_query(school: str, wanted: Wanted, text: str) -> Any:
    """One statement, over an index that has its order."""
    query = select(patrons).where(patrons.c.school == school)
    if wanted.class_name:
        query = query.where(patrons.c.class_name == wanted.class_name)
    if text:
        query = query.where(patrons.c.name >= text, patrons.c.name < text + _LAST)
    if wanted.after:
        query = query.where(tuple_(patrons.c.name, patrons.c.id) > tuple_(*wanted.after))
    return query.order_by(patrons.c.name, patrons.c.id).limit(PAGE + 1)


def _by_number(conn: Connection, school: str, text: str) -> list[Row]:
    mine = select(patrons).where(patrons.c.school == school)
    found = conn.execute(mine.where(patrons.c.id == text)).all()
    if not found:
        on = and_(cards.c.school == patrons.c.school, cards.c.patron_id == patrons.c.id)
        query = mine.join(cards, on).where(cards.c.number == text)
        found = conn.execute(query).all()
    return [row_of(row) for row in found]


def row_of(row: Any) -> Row:
    left = row.gone_ms is not None
    return Row(
        row.id, row.name, row.category, row.grade, row.class_name, row.blocked, left, row.major
    )


def person(conn: Connection, school: str, patron: str) -> Person:
    """Raises CentralError for nobody."""
    row = conn.execute(
        select(patrons).where(patrons.c.school == school, patrons.c.id == patron)
    ).first()
    if row is None:
        raise CentralError(f"there is no patron {patron}")
    theirs = conn.execute(
        select(cards.c.number, cards.c.state)
        .where(cards.c.school == school, cards.c.patron_id == patron)
        .order_by(cards.c.number)
    )
    spans = conn.execute(
        select(blocks.c.from_ms, blocks.c.to_ms, blocks.c.why)
        .where(blocks.c.school == school, blocks.c.patron_id == patron)
        .order_by(blocks.c.from_ms.desc())
        .limit(PAST)
    )
    return Person(
        row=row_of(row),
        expires_on=row.expires_on,
        cards=tuple(CardOf(*card) for card in theirs),
        out=_loans(conn, loans_query(school, patron, out=True)),
        past=_loans(conn, loans_query(school, patron, out=False)),
        waiting=_waiting(conn, school, patron),
        blocks=tuple((span.from_ms, span.to_ms, span.why) for span in spans),
    )


def loans_query(school: str, patron: str, *, out: bool) -> Any:
    """The loans of one patron that stand, or the newest of those that are over."""
    copy = and_(copies.c.school == loans.c.school, copies.c.barcode == loans.c.barcode)
    title = and_(titles.c.school == copies.c.school, titles.c.id == copies.c.title_id)
    query = (
        select(
            loans.c.barcode, titles.c.title, loans.c.opened_ms, loans.c.due_on, loans.c.closed_ms
        )
        .select_from(loans.outerjoin(copies, copy).outerjoin(titles, title))
        .where(loans.c.school == school, loans.c.patron == patron)
    )
    if out:
        return query.where(loans.c.closed_ms.is_(None)).order_by(loans.c.opened_ms)
    past = query.where(loans.c.closed_ms.isnot(None))
    return past.order_by(loans.c.closed_ms.desc()).limit(PAST)


def _loans(conn: Connection, query: Any) -> tuple[LoanOf, ...]:
    return tuple(
        LoanOf(row.barcode, row.title or "", row.opened_ms, row.due_on, row.closed_ms)
        for row in conn.execute(query)
    )


def _waiting(conn: Connection, school: str, patron: str) -> tuple[str, ...]:
    title = and_(titles.c.school == holds.c.school, titles.c.id == holds.c.title_id)
    query = (
        select(titles.c.title)
        .select_from(holds.join(titles, title))
        .where(holds.c.school == school, holds.c.patron_id == patron, holds.c.ended_ms.is_(None))
        .order_by(holds.c.placed_ms)
    )
    return tuple(conn.execute(query).scalars())


def masked(number: str) -> str:
    """A card's number where it need not be known: its last two letters."""
    return "•" * max(0, len(number) - 2) + number[-2:] if len(number) > 3 else "•" * len(number)


def unknown_number(name: str) -> str | None:
    """The number of a card that nobody has, where one stands in the place of a person; None for anybody's name."""
    return name.removeprefix(UNKNOWN) if name.startswith(UNKNOWN) else None


def still_out(conn: Connection, school: str, people: Sequence[str]) -> dict[str, int]:
    """How many copies each of these people has now; whoever has none is left out."""
    counts: dict[str, int] = {}
    query = select(loans.c.patron).where(
        loans.c.school == school, loans.c.patron.in_(people), loans.c.closed_ms.is_(None)
    )
    for name in conn.execute(query).scalars() if people else ():
        counts[str(name)] = counts.get(str(name), 0) + 1
    return counts


def card_there(conn: Connection, school: str, number: str) -> bool:
    """Whether somebody has, or had, a card of this number."""
    query = select(cards.c.number).where(cards.c.school == school, cards.c.number == number)
    return conn.execute(query).first() is not None
