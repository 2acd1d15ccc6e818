"""Find titles of the central record by whatever is typed; the one door to its index, on SQLite and PostgreSQL.

Title, author, series, subject, ISBN, class number, in any part; pinyin and first letters of pinyin; and a whole
barcode. What is typed is read by kiosk/store/query.py and what is indexed made by kiosk/store/search.py, so a librarian
finds what a child finds. SQLite keeps it in FTS5; PostgreSQL in a tsvector of the same tokens, each of which begins
with its school and its column: what other schools have costs nothing.

Whoever writes titles calls index_titles (or forget_titles) in the same transaction, under the school's lock.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, and_, case, delete, func, select

from kiosk.store.query import Phrase, Query, Wanted, fts5, parse
from kiosk.store.search import index_rows
from sync.central.catalogue_tables import copies, title_numbers, titles
from sync.central.db import insert_many, one_of
from sync.central.schema import holdings, schools

# Titles of one rank that are looked at more closely: they bound the work of one query.
RANKED_MAX = 200
LIMIT = 50
_PORTION = 2_000
_INDEXED = ("id", "title", "author", "series", "subject", "class_number", "isbn", "pinyin")
# What each token of a column begins with in PostgreSQL.
_COLUMNS = {"words": "w", "pinyin": "p", "initials": "i", "numbers": "n"}
_PUT_SQLITE = (
    "INSERT OR REPLACE INTO title_search (rowid, words, pinyin, initials, numbers)"
    " VALUES (?, ?, ?, ?, ?)"
)
_PUT_POSTGRES = (
    "INSERT INTO title_search (n, terms) SELECT new.n::integer, new.terms::tsvector"
    " FROM ROWS FROM (json_array_elements_text(%s::json), json_array_elements_text(%s::json)) AS new(n, terms)"
    " ON CONFLICT (n) DO UPDATE SET terms = excluded.terms"
)
# CROSS: the index first, whatever SQLite believes of the rest.
_FIND_SQLITE = (
    "SELECT k.title_id FROM title_search s CROSS JOIN title_numbers k ON k.n = s.rowid"
    " WHERE s.title_search MATCH ? AND k.school = ? LIMIT ?"
)
_FIND_POSTGRES = "SELECT n FROM title_search WHERE terms @@ %s::tsquery LIMIT %s"


@dataclass(frozen=True, slots=True)
class Hit:
    """A title that was found. copies: those the library still has; available: those on the shelf now.

    barcode: the copy whose label was typed; "" where none was.
    """

    id: str
    title: str
    author: str
    publisher: str
    year: str
    class_number: str
    isbn: str
    cover: str
    copies: int = 0
    available: int = 0
    barcode: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The best titles, best first. more: there are others, which more letters would bring nearer."""

    hits: tuple[Hit, ...]
    more: bool = False


def search(conn: Connection, school: str, typed: str, limit: int = LIMIT) -> Found:
    """The best titles for what was typed: exactly it, then those that begin with it, then the rest; shorter ones first.

    Any text is allowed. At most RANKED_MAX titles of each of the three ranks are looked at.
    """
    query = parse(typed)
    if query is None:
        return Found(())
    barcode = typed.strip()
    owner = title_of(conn, school, barcode)
    ranked = _ranked(conn, school, query, owner, limit + 1)
    hits = hits_of(conn, school, ranked[:limit])
    marked = tuple(replace(hit, barcode=barcode) if hit.id == owner else hit for hit in hits)
    return Found(marked, more=len(ranked) > limit)


def title_of(conn: Connection, school: str, barcode: str) -> str | None:
    """The title whose copy has exactly this label."""
    if not barcode.isprintable() or len(barcode) > 64:
        return None
    query = select(copies.c.title_id).where(copies.c.school == school, copies.c.barcode == barcode)
    return conn.execute(query).scalar()


def hits_of(conn: Connection, school: str, ids: Sequence[str]) -> tuple[Hit, ...]:
    """These titles with how many copies there are, in the order given."""
    rows = _rows(conn, school, ids)
    counts = copies_of(conn, school, list(rows)) if rows else {}
    return tuple(_hit(rows[i], *counts.get(i, (0, 0))) for i in ids if i in rows)


def _rows(conn: Connection, school: str, ids: Collection[str]) -> dict[str, Any]:
    """What is shown of these titles; all of it, for SQLite would read an index that holds less from end to end."""
    names = ("id", "title", "author", "publisher", "year", "class_number", "isbn", "cover")
    query = select(*(titles.c[name] for name in names)).where(
        titles.c.school == school, one_of(conn, titles.c.id, ids)
    )
    return {row.id: row for row in conn.execute(query)} if ids else {}


def copies_of(conn: Connection, school: str, ids: Collection[str]) -> dict[str, tuple[int, int]]:
    """By title: how many copies the library still has, and how many of them are on the shelf."""
    on = and_(holdings.c.school == copies.c.school, holdings.c.barcode == copies.c.barcode)
    state = func.coalesce(holdings.c.state, copies.c.state)
    there = state.not_in(("withdrawn", "lost", "missing"))
    inside = and_(
        state == "on_shelf", holdings.c.opened_by.is_(None), holdings.c.kept_for.is_(None)
    )
    query = (
        select(
            copies.c.title_id,
            func.sum(case((there, 1), else_=0)),
            func.sum(case((inside, 1), else_=0)),
        )
        .select_from(copies.outerjoin(holdings, on))
        .where(copies.c.school == school, copies.c.title_id.in_(ids))
        .group_by(copies.c.title_id)
    )
    return {title: (int(kept), int(on_shelf)) for title, kept, on_shelf in conn.execute(query)}


def index_titles(conn: Connection, school: str, ids: Collection[str]) -> None:
    """Make the index say of these titles what the record says of them now."""
    wanted = list(dict.fromkeys(ids))
    for at in range(0, len(wanted), _PORTION):
        query = select(*(titles.c[name] for name in _INDEXED)).where(
            titles.c.school == school, one_of(conn, titles.c.id, wanted[at : at + _PORTION])
        )
        rows = {row["id"]: dict(row) for row in conn.execute(query).mappings()}
        numbers = _numbered(conn, school, rows)
        _put(conn, school, [{"n": numbers[i], **row} for i, row in rows.items()])


def forget_titles(conn: Connection, school: str, ids: Collection[str]) -> None:
    """Take titles that are gone out of the index."""
    numbers = list(_numbers_of(conn, school, ids).values())
    if numbers:
        column = "n" if conn.dialect.name == "postgresql" else "rowid"
        listed = ", ".join(str(n) for n in numbers)
        conn.exec_driver_sql(f"DELETE FROM title_search WHERE {column} IN ({listed})")
        gone = title_numbers.c.n.in_(numbers)
        conn.execute(delete(title_numbers).where(gone))


def index_all(conn: Connection) -> None:
    """Index every title of every school, as after a change of what the index holds."""
    for school in conn.execute(select(schools.c.id)).scalars().all():
        last: str | None = ""
        while last is not None:
            query = select(titles.c.id).where(titles.c.school == school, titles.c.id > last)
            ids = conn.execute(query.order_by(titles.c.id).limit(_PORTION)).scalars().all()
            index_titles(conn, school, ids)
            last = ids[-1] if ids else None


def match(conn: Connection, school: str, wanted: Wanted, limit: int) -> list[str]:
    """At most so many titles that fit, in no order."""
    statement, told = match_statement(conn, school, wanted, limit)
    if conn.dialect.name != "postgresql":
        return [row[0] for row in conn.exec_driver_sql(statement, told)]
    with _by_index_only(conn):
        numbers = [row[0] for row in conn.exec_driver_sql(statement, told)]
    query = select(title_numbers.c.title_id).where(title_numbers.c.n.in_(numbers))
    # Two schools may share a mark.
    return list(conn.execute(query.where(title_numbers.c.school == school)).scalars())


@contextlib.contextmanager
def _by_index_only(conn: Connection) -> Iterator[None]:
    """PostgreSQL would rather read the whole table for the first few hits, which is slow where there are none."""
    conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
    conn.exec_driver_sql("SET LOCAL enable_indexscan = off")
    yield
    conn.exec_driver_sql("SET LOCAL enable_seqscan = on")
    conn.exec_driver_sql("SET LOCAL enable_indexscan = on")


def match_statement(
    conn: Connection, school: str, wanted: Wanted, limit: int
) -> tuple[str, tuple[Any, ...]]:
    """The one statement that asks the index, and what is put into it."""
    if conn.dialect.name == "postgresql":
        return _FIND_POSTGRES, (_tsquery(wanted, _mark(school)), limit)
    return _FIND_SQLITE, (fts5(wanted), school, limit)


def _ranked(
    conn: Connection, school: str, query: Query, owner: str | None, limit: int
) -> list[str]:
    found: dict[str, None] = {} if owner is None else {owner: None}
    for wanted in (query.exact, query.starts, query.inside):
        if len(found) < limit and wanted:
            fresh = [i for i in match(conn, school, wanted, RANKED_MAX) if i not in found]
            found |= dict.fromkeys(_shorter_first(conn, school, fresh))
    return list(found)


def _shorter_first(conn: Connection, school: str, ids: list[str]) -> list[str]:
    found = _rows(conn, school, ids).values()
    return [row.id for row in sorted(found, key=lambda row: (len(row.title), row.title, row.id))]


def _hit(row: Any, kept: int, on_shelf: int) -> Hit:
    return Hit(**row._mapping, copies=kept, available=on_shelf)


def _numbered(conn: Connection, school: str, ids: Iterable[str]) -> dict[str, int]:
    """The titles' own numbers; new ones get one."""
    wanted = list(ids)
    known = _numbers_of(conn, school, wanted)
    new = [i for i in wanted if i not in known]
    insert_many(conn, title_numbers, [{"school": school, "title_id": i} for i in new])
    return known | (_numbers_of(conn, school, new) if new else {})


def _numbers_of(conn: Connection, school: str, ids: Collection[str]) -> dict[str, int]:
    query = select(title_numbers.c.title_id, title_numbers.c.n).where(
        title_numbers.c.school == school, one_of(conn, title_numbers.c.title_id, ids)
    )
    return {row.title_id: row.n for row in conn.execute(query)}


def _put(conn: Connection, school: str, rows: list[dict[str, Any]]) -> None:
    ready = index_rows([_as_indexed(row) for row in rows])
    if not ready:
        return
    if conn.dialect.name == "postgresql":
        numbers = json.dumps([row[0] for row in ready])
        terms = json.dumps([_tsvector(row[1:], _mark(school)) for row in ready])
        conn.exec_driver_sql(_PUT_POSTGRES, (numbers, terms))
        return
    conn.exec_driver_sql(_PUT_SQLITE, ready)


def _as_indexed(row: Mapping[str, Any]) -> dict[str, Any]:
    # Series and subject are looked for as authors are: by word, pinyin and first letters, behind the title.
    behind = " ".join(filter(None, (row["author"], row["series"], row["subject"])))
    return {**row, "author": behind}


def _mark(school: str) -> str:
    """What each token of a school begins with. Two schools that share it are told apart in `match`."""
    return hashlib.sha256(school.encode()).hexdigest()[:6]


def _tsvector(columns: Sequence[str], mark: str) -> str:
    """The tokens of the four columns with their places, in PostgreSQL's own spelling of a tsvector.

    The column stands in the token: a weight is not in the index, and would have to be looked up in every title.
    """
    places: dict[str, list[str]] = {}
    for column, letter in zip(columns, _COLUMNS.values(), strict=True):
        for at, token in enumerate(column.split(), 1):
            places.setdefault(letter + token, []).append(str(at))
    return " ".join(f"'{mark}{token}':{','.join(at)}" for token, at in places.items())


def _tsquery(wanted: Wanted, mark: str) -> str:
    return " | ".join(
        f"({' & '.join(_tsquery_phrase(phrase, mark) for phrase in phrases)})" for phrases in wanted
    )


def _tsquery_phrase(phrase: Phrase, mark: str) -> str:
    each = [f"'{mark}{_COLUMNS[phrase.column]}{token}'" for token in phrase.tokens]
    if phrase.unfinished:
        each[-1] += ":*"
    return f"({' <-> '.join(each)})"
