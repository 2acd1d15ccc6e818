"""Find a book: what is written to the search index for a title, and the titles found for what was typed.

The index (title_search, FTS5) has one row a title with four columns, all made of our own tokens:

* words: title, then author; every Chinese character is a token, a run of other letters or digits is one;
* pinyin, initials: one token for every place in the title and the author where typing may begin (`hongloumeng
  loumeng meng`, `hlm lm m`), so that a query by prefix matches in the middle too;
* numbers: ISBN with 13 and with 10 digits, class number.

BEGIN stands before the first token of a title and END after its last, so that one query tells apart the titles that
are exactly what was typed, those that begin with it, and those that have it inside. Copies are not in the index: a
copy that comes or goes changes nothing in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, select

from kiosk.isbn import isbn10, isbn13
from kiosk.pinyin import INITIALS_MAX, JOINED_MAX, Piece, pieces
from kiosk.screen import Book, Found
from kiosk.store.query import BEGIN, END, Query, Wanted, fts5, parse, words
from kiosk.store.schema import copies, holds, loans, titles

# Titles counted for `total`, and titles of one rank looked at more closely: they bound the work of one query.
COUNTED_MAX = 2_000
RANKED_MAX = 200

INSERT = (
    "INSERT OR REPLACE INTO title_search (rowid, words, pinyin, initials, numbers)"
    " VALUES (?, ?, ?, ?, ?)"
)
DELETE = "DELETE FROM title_search WHERE rowid = ?"

# What people did, behind their names in a catalogue: nobody searches for it.
_ROLES = re.compile(r"\s(?:等|[主总]?[著编绘译撰选校注辑修订文图]+)(?=\s|$)|[\[\]()（）〔〕]")

_GONE = ("withdrawn", "lost", "missing")


def index_rows(rows: Iterable[Mapping[str, Any]]) -> list[tuple[int, str, str, str, str]]:
    """Parameters of INSERT for many rows of `titles`; each needs n, title, author, class_number, isbn, pinyin."""
    return [_index_row(row) for row in rows]


def find(
    conn: Connection, typed: str, limit: int = 20, *, in_library_types: frozenset[str]
) -> tuple[tuple[Found, ...], int]:
    """The best titles for what was typed, best first, and how many fit (counted up to COUNTED_MAX).

    Titles that are exactly it stand first, then those that begin with it, then the rest; among equals those with
    a copy on the shelf, then the shorter. Any text is allowed. `in_library_types`: copy types that are never lent.
    """
    query = parse(typed)
    if query is None:
        return (), 0
    owner = _title_of_barcode(conn, typed.strip())
    matched = {row[0] for row in _match(conn, query.inside, COUNTED_MAX)}
    ranked = _ranked(conn, query, owner, limit)
    shown = _found(conn, ranked[:limit], typed.strip(), in_library_types)
    return shown, len(matched.union(ranked))


def found_by_id(
    conn: Connection, ids: Sequence[str], in_library_types: frozenset[str]
) -> dict[str, Found]:
    """These titles, as far as they are known, by their ids."""
    query = select(titles.c.id, titles.c.n).where(titles.c.id.in_(ids))
    numbers = {row.id: row.n for row in conn.execute(query)}
    found = _found(conn, list(numbers.values()), "", in_library_types) if numbers else ()
    return dict(zip(numbers, found, strict=True))


def _ranked(conn: Connection, query: Query, owner: int | None, limit: int) -> list[int]:
    """Title numbers, best rank first, no more ranks looked at than needed to fill `limit`."""
    found: dict[int, None] = {} if owner is None else {owner: None}
    for match in (query.exact, query.starts, query.inside):
        if len(found) < limit and match:
            fresh = [row[0] for row in _match(conn, match, RANKED_MAX) if row[0] not in found]
            found |= dict.fromkeys(_nearest_first(conn, fresh))
    return list(found)


def _match(conn: Connection, wanted: Wanted, limit: int) -> Sequence[Any]:
    return conn.exec_driver_sql(
        "SELECT rowid FROM title_search WHERE title_search MATCH ? LIMIT ?", (fts5(wanted), limit)
    ).fetchall()


def _title_of_barcode(conn: Connection, barcode: str) -> int | None:
    """The title whose copy has exactly this label."""
    if not barcode.isprintable() or len(barcode) > 64:
        return None
    owner = select(titles.c.n).join(copies, copies.c.title_id == titles.c.id)
    return conn.execute(owner.where(copies.c.barcode == barcode)).scalar()


_WAITING = select(holds.c.barcode).where(holds.c.barcode.is_not(None))
_IN = case(
    (copies.c.state != "on_shelf", 0),
    (loans.c.barcode.is_not(None), 0),
    (copies.c.barcode.in_(_WAITING), 0),
    else_=1,
)
_COPIES = titles.join(copies, copies.c.title_id == titles.c.id, isouter=True).join(
    loans, loans.c.barcode == copies.c.barcode, isouter=True
)
_RANK = (
    select(titles.c.n)
    .select_from(_COPIES)
    .where(titles.c.n.in_(bindparam("wanted", expanding=True)))
    .group_by(titles.c.n)
    .order_by(func.coalesce(func.max(_IN), 0).desc(), func.length(titles.c.title), titles.c.n)
)
_DETAIL = (
    select(titles, copies, loans.c.due_on, _IN.label("is_in"))
    .select_from(_COPIES)
    .where(titles.c.n.in_(bindparam("wanted", expanding=True)))
    .order_by(copies.c.barcode)
)


def _nearest_first(conn: Connection, wanted: list[int]) -> Sequence[int]:
    return conn.execute(_RANK, {"wanted": wanted}).scalars().all() if wanted else []


def _found(
    conn: Connection, wanted: list[int], barcode: str, in_library_types: frozenset[str]
) -> tuple[Found, ...]:
    rows: dict[int, list[Any]] = {n: [] for n in wanted}
    for row in conn.execute(_DETAIL, {"wanted": wanted}):
        rows[row.n].append(row)
    return tuple(_one(rows[n], barcode, in_library_types) for n in wanted)


def _one(rows: list[Any], barcode: str, in_library_types: frozenset[str]) -> Found:
    kept = [r for r in rows if r.barcode is not None and r.state not in _GONE]
    inside = [r for r in kept if r.is_in]
    due = [r.due_on for r in kept if r.due_on is not None]
    near = next((r for r in rows if r.barcode == barcode), (inside or kept or rows)[0])
    return Found(
        book=Book(
            barcode=barcode if near.barcode == barcode else "",
            title=near.title,
            author=near.author,
            class_number=near.class_number,
            call_number=near.call_number or "",
            shelf=near.shelf or "",
            pinyin=near.pinyin,
        ),
        copies=len(kept),
        available=len(inside),
        in_library_only=bool(kept) and all(r.copy_type in in_library_types for r in kept),
        expected_on=min(due) if due and not inside else None,
    )


def _index_row(row: Mapping[str, Any]) -> tuple[int, str, str, str, str]:
    title = pieces(row["title"], row["pinyin"])
    author = pieces(_ROLES.sub(" ", row["author"]))
    return (
        row["n"],
        " ".join([BEGIN, *words(row["title"]), END, *words(row["author"])]),
        _suffixes(title, author, full=True),
        _suffixes(title, author, full=False),
        _numbers(row["isbn"], row["class_number"]),
    )


def _suffixes(title: tuple[Piece, ...], author: tuple[Piece, ...], *, full: bool) -> str:
    longest = JOINED_MAX if full else INITIALS_MAX
    tokens: dict[str, None] = {}
    for at, text in enumerate((title, author)):
        keys = [key for piece in text for key in _keys(piece, full=full)]
        for i in range(len(keys)):
            tokens[_cut(keys, i, longest)] = None
        if at == 0 and keys:
            whole = "".join(keys)
            tokens[BEGIN + (whole + END if len(whole) <= longest else whole[:longest])] = None
    return " ".join(_with_u(tokens)) if full else " ".join(tokens)


def _keys(piece: Piece, *, full: bool) -> list[str]:
    return [piece.plain if full or not piece.chinese else piece.plain[:1]]


def _cut(keys: list[str], start: int, longest: int) -> str:
    text = ""
    for key in keys[start:]:
        text += key
        if len(text) >= longest:
            break
    return text[:longest]


def _with_u(tokens: Iterable[str]) -> list[str]:
    """Each token, and for lü, nü (kept as lv, nv) the form typed with u as well."""
    forms = [t for token in tokens for t in (token, token.replace("lv", "lu").replace("nv", "nu"))]
    return list(dict.fromkeys(forms))


def _numbers(isbn: str, class_number: str) -> str:
    full = isbn13(isbn) or isbn
    tokens = [*words(full), *words(isbn10(full)), END, *words(class_number)]
    return " ".join(dict.fromkeys(tokens)) if not class_number else " ".join(tokens)
