"""The catalogue as the console shows it: a page of titles, a title with its copies, new arrivals, what was donated.

Lists go on from a key, never from a count, so that the last page costs what the first does. Finding what is typed is
catalogue_search's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, func, select, tuple_

from sync.central.catalogue_search import Hit, hits_of
from sync.central.db import CentralError
from sync.central.schema import copies, holdings, loans, titles

PAGE = 50
# Copies on one page of a title: a class set of a textbook fits.
COPIES_PAGE = 100
# Copies on a page of arrivals or donations.
LIST_PAGE = 200
_LAST = "\U0010ffff"

TITLE_FIELDS = (
    "title", "author", "publisher", "place", "year", "pages", "price", "series", "subject", "language",
    "isbn", "class_number", "summary",
)  # fmt: skip
COPY_FIELDS = (
    "copy_type", "room", "shelf", "call_number", "arrived_on", "source", "donor", "price",
)  # fmt: skip
SOURCES = ("bought", "donated", "exchanged", "transferred")


@dataclass(frozen=True, slots=True)
class CopyRow:
    """A copy. state: a CopyState, as its entries say; out: lent, due_on then; lendable: it may leave the library."""

    barcode: str
    copy_type: str
    room: str
    shelf: str
    call_number: str
    arrived_on: date | None
    source: str
    donor: str
    price: str
    state: str
    lendable: bool
    out: bool
    kept: bool
    due_on: date | None


@dataclass(frozen=True, slots=True)
class TitlePage:
    """A title: its texts by TITLE_FIELDS, the hash of its cover, and a page of its copies.

    count: of all copies; after: the label after which the next page begins, None where there is none.
    """

    id: str
    texts: dict[str, str]
    pinyin: str
    cover: str
    copies: tuple[CopyRow, ...]
    count: int
    after: str | None


@dataclass(frozen=True, slots=True)
class Browsed:
    """A page of titles in order of class number; after: (class number, title, id) where the next begins."""

    hits: tuple[Hit, ...]
    after: tuple[str, str, str] | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """A copy that came, with its title. barcode: of the first where several of a title are told together."""

    title_id: str
    title: str
    author: str
    publisher: str
    class_number: str
    call_number: str
    barcode: str
    arrived_on: date | None
    source: str
    donor: str
    cover: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Arrivals:
    """A page of them; after: the key of the copy after which the next page begins."""

    rows: tuple[Arrival, ...]
    after: tuple[str, ...] | None


def browse(
    conn: Connection, school: str, class_number: str = "", after: tuple[str, str, str] | None = None
) -> Browsed:
    """Titles by class number, those only that begin with this one if one is given."""
    rows = conn.execute(browse_query(school, class_number, after)).all()
    hits = hits_of(conn, school, [row.id for row in rows[:PAGE]])
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return Browsed(hits, (last.class_number, last.title, last.id) if last else None)


def browse_query(school: str, class_number: str, after: tuple[str, str, str] | None) -> Any:
    """One statement, over the index that has its order."""
    key = (titles.c.class_number, titles.c.title, titles.c.id)
    query = select(*key).where(titles.c.school == school)
    if class_number:
        begins = titles.c.class_number >= class_number
        query = query.where(begins, titles.c.class_number < class_number + _LAST)
    if after:
        query = query.where(tuple_(*key) > tuple_(*after))
    return query.order_by(*key).limit(PAGE + 1)


def title_page(conn: Connection, school: str, title: str, after: str = "") -> TitlePage:
    """A title with the copies behind the label `after`. Raises CentralError for a title that is not there."""
    found = select(titles).where(titles.c.school == school, titles.c.id == title)
    row = conn.execute(found).mappings().first()
    if row is None:
        raise CentralError(f"there is no title {title}")
    rows = [_copy(each) for each in conn.execute(copies_query(school, title, after))]
    whose = (copies.c.school == school, copies.c.title_id == title)
    count = conn.execute(select(func.count()).select_from(copies).where(*whose)).scalar_one()
    return TitlePage(
        id=title,
        texts={name: row[name] for name in TITLE_FIELDS},
        pinyin=row["pinyin"],
        cover=row["cover"],
        copies=tuple(rows[:COPIES_PAGE]),
        count=count,
        after=rows[COPIES_PAGE - 1].barcode if len(rows) > COPIES_PAGE else None,
    )


def copies_query(school: str, title: str, after: str = "") -> Any:
    query = _of_copies(school).where(copies.c.title_id == title, copies.c.barcode > after)
    return query.order_by(copies.c.barcode).limit(COPIES_PAGE + 1)


def one_copy(conn: Connection, school: str, barcode: str) -> tuple[str, CopyRow]:
    """A copy, and the id of its title. Raises CentralError for one that is not there."""
    row = conn.execute(_of_copies(school).where(copies.c.barcode == barcode)).first()
    if row is None:
        raise CentralError(f"there is no copy {barcode}")
    return row.title_id, _copy(row)


def _of_copies(school: str) -> Any:
    held = and_(holdings.c.school == copies.c.school, holdings.c.barcode == copies.c.barcode)
    lent = and_(loans.c.school == holdings.c.school, loans.c.opened_by == holdings.c.opened_by)
    return (
        select(
            copies.c.title_id,
            copies.c.barcode,
            *(copies.c[name] for name in COPY_FIELDS),
            func.coalesce(holdings.c.state, copies.c.state).label("state"),
            func.coalesce(holdings.c.lendable, True).label("lendable"),
            holdings.c.opened_by.isnot(None).label("out"),
            holdings.c.kept_for.isnot(None).label("kept"),
            loans.c.due_on,
        )
        .select_from(copies.outerjoin(holdings, held).outerjoin(loans, lent))
        .where(copies.c.school == school)
    )


def _copy(row: Any) -> CopyRow:
    told = {name: row._mapping[name] for name in CopyRow.__slots__}
    return CopyRow(**told | {name: bool(told[name]) for name in ("lendable", "out", "kept")})


def arrivals(
    conn: Connection, school: str, since: date, after: tuple[str, ...] | None = None
) -> Arrivals:
    """Copies that came on this day or later, the newest first; those of a title that came together are told once."""
    rows = conn.execute(arrivals_query(school, since, after)).all()
    last = rows[LIST_PAGE - 1] if len(rows) > LIST_PAGE else None
    key = (last.arrived_on.isoformat(), last.barcode) if last else None
    return Arrivals(_together(rows[:LIST_PAGE]), key)


def arrivals_query(school: str, since: date, after: tuple[str, ...] | None) -> Any:
    query = _came(school).where(copies.c.arrived_on >= since)
    key = (copies.c.arrived_on, copies.c.barcode)
    if after:
        query = query.where(tuple_(*key) < tuple_(date.fromisoformat(after[0]), after[1]))
    return query.order_by(*(column.desc() for column in key)).limit(LIST_PAGE + 1)


def donated(
    conn: Connection, school: str, donor: str = "", after: tuple[str, ...] | None = None
) -> Arrivals:
    """Copies that were given, by donor; of those only whose name begins so, if one is given."""
    rows = conn.execute(donated_query(school, donor, after)).all()
    last = rows[LIST_PAGE - 1] if len(rows) > LIST_PAGE else None
    return Arrivals(_together(rows[:LIST_PAGE]), (last.donor, last.barcode) if last else None)


def donated_query(school: str, donor: str, after: tuple[str, ...] | None) -> Any:
    query = _came(school).where(copies.c.source == "donated")
    if donor:
        query = query.where(copies.c.donor >= donor, copies.c.donor < donor + _LAST)
    key = (copies.c.donor, copies.c.barcode)
    if after:
        query = query.where(tuple_(*key) > tuple_(*after))
    return query.order_by(*key).limit(LIST_PAGE + 1)


def _came(school: str) -> Any:
    title = and_(titles.c.school == copies.c.school, titles.c.id == copies.c.title_id)
    return (
        select(
            copies.c.title_id,
            titles.c.title,
            titles.c.author,
            titles.c.publisher,
            titles.c.class_number,
            copies.c.call_number,
            copies.c.barcode,
            copies.c.arrived_on,
            copies.c.source,
            copies.c.donor,
            titles.c.cover,
        )
        .select_from(copies.join(titles, title))
        .where(copies.c.school == school)
    )


def _together(rows: Iterable[Any]) -> tuple[Arrival, ...]:
    told: dict[tuple[object, ...], Arrival] = {}
    for row in rows:
        key = (row.title_id, row.arrived_on, row.source, row.donor)
        before = told.get(key)
        told[key] = Arrival(**row._mapping, count=before.count + 1 if before else 1)
    return tuple(told.values())
