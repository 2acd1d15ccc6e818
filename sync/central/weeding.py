"""Books that nobody has borrowed for years: a list along the shelves, from which staff choose what is withdrawn.

The list looks at a bounded number of copies for each page, and says how far it has come: in a collection that is read,
the next candidate may stand far along. When a copy was last lent is asked of the loans, by their index.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, Text, and_, func, select

from kiosk.domain import CopyState
from sync.central.db import given, one_of
from sync.central.schema import copies, holdings, loans
from sync.central.scope import Place, Scope, place, within

PAGE = 50
WINDOW, WINDOWS = 500, 4
_GONE = (CopyState.WITHDRAWN, CopyState.LOST, CopyState.MISSING)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is looked for. before_ms: not lent since; until_year: published no later ("" any); copies: of its title.

    here_before: what has arrived since is too young (None: nobody is). state: where the copies are by the record.
    """

    before_ms: int
    here_before: date | None = None
    scope: Scope = field(default_factory=Scope)
    until_year: str = ""
    copies: int = 1
    state: CopyState = CopyState.ON_SHELF


@dataclass(frozen=True, slots=True)
class Candidate:
    """A copy that may go. last_ms: when it was last lent (None: never, as far as the record goes back)."""

    barcode: str
    title_id: str
    title: str
    author: str
    year: str
    room: str
    shelf: str
    call_number: str
    state: str
    last_ms: int | None
    copies: int
    loans: int


@dataclass(frozen=True, slots=True)
class Found:
    """A page. looked_at: copies that were looked at for it; after: where the next begins (None: that was all)."""

    rows: tuple[Candidate, ...]
    looked_at: int
    after: Place | None


def candidates(conn: Connection, school: str, wish: Wish, after: Place | None = None) -> Found:
    """The next candidates; fewer than a page of them where they are rare."""
    found: list[tuple[Any, int | None]] = []
    counts: Counter[str] = Counter()
    looked_at = 0
    for _ in range(WINDOWS):
        rows = conn.execute(within(school, wish.scope, after, WINDOW)).all()
        unread = _unread(conn, school, wish, rows)
        counts |= _copies(conn, school, {row.title_id for row in rows if row.barcode in unread})
        for row in rows:
            looked_at += 1
            after = place(row)
            if row.barcode in unread and (wish.copies < 2 or counts[row.title_id] >= wish.copies):
                found.append((row, unread[row.barcode]))
                if len(found) == PAGE:
                    return Found(_listed(conn, school, found, counts), looked_at, after)
        if len(rows) < WINDOW:
            return Found(_listed(conn, school, found, counts), looked_at, None)
    return Found(_listed(conn, school, found, counts), looked_at, after)


def _unread(
    conn: Connection, school: str, wish: Wish, rows: Sequence[Any]
) -> dict[str, int | None]:
    """Of these copies, those that nobody borrowed within the years; each with its last loan."""
    fit = [row.barcode for row in rows if _fits(row, wish)]
    last = conn.execute(last_query(conn, school, fit)).all() if fit else ()
    return {row.name: row.last_ms for row in last if (row.last_ms or 0) < wish.before_ms}


def last_query(conn: Connection, school: str, barcodes: Collection[str]) -> Any:
    """When each of these copies was lent last: one look into the index for each."""
    asked = given(conn, [{"name": barcode} for barcode in barcodes], name=Text)
    last = (
        select(func.max(loans.c.opened_ms))
        .where(loans.c.school == school, loans.c.barcode == asked.c.name)
        .correlate(asked)
        .scalar_subquery()
    )
    return select(asked.c.name, last.label("last_ms"))


def all_candidates(conn: Connection, school: str, wish: Wish) -> Iterator[Candidate]:
    """The whole list, a page after the other: for a file or for paper."""
    after: Place | None = None
    while True:
        page = candidates(conn, school, wish, after)
        yield from page.rows
        after = page.after
        if after is None:
            return


def _fits(row: Any, wish: Wish) -> bool:
    if row.opened_by or row.kept_for or row.state != wish.state:
        return False
    if wish.here_before and row.arrived_on and row.arrived_on >= wish.here_before:
        return False
    return not wish.until_year or (row.year or "") <= wish.until_year


def _copies(conn: Connection, school: str, title_ids: Collection[str]) -> Counter[str]:
    """How many copies these titles have that are not withdrawn, lost or missing."""
    state = func.coalesce(holdings.c.state, copies.c.state)
    held = and_(holdings.c.school == copies.c.school, holdings.c.barcode == copies.c.barcode)
    query = (
        select(copies.c.title_id, func.count())
        .select_from(copies.outerjoin(holdings, held))
        .where(
            copies.c.school == school,
            one_of(conn, copies.c.title_id, title_ids),
            state.not_in(_GONE),
        )
        .group_by(copies.c.title_id)
    )
    return Counter({row[0]: row[1] for row in conn.execute(query)}) if title_ids else Counter()


def _listed(
    conn: Connection, school: str, rows: Sequence[tuple[Any, int | None]], counts: Counter[str]
) -> tuple[Candidate, ...]:
    lent = _lent(conn, school, [row.barcode for row, _ in rows])
    return tuple(
        Candidate(
            row.barcode, row.title_id, row.title or "", row.author or "", row.year or "", row.room,
            row.shelf, row.call_number, row.state, last_ms, counts[row.title_id], lent[row.barcode],
        )
        for row, last_ms in rows
    )  # fmt: skip


def _lent(conn: Connection, school: str, barcodes: Collection[str]) -> Counter[str]:
    query = (
        select(loans.c.barcode, func.count())
        .where(loans.c.school == school, one_of(conn, loans.c.barcode, barcodes))
        .group_by(loans.c.barcode)
    )
    return Counter({row[0]: row[1] for row in conn.execute(query)}) if barcodes else Counter()
