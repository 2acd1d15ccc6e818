"""Fills an empty central record with a school that a station's store holds already: the demo's beginning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Table, select

from kiosk.pinyin import name_initials
from sync.central.catalogue_search import index_titles
from sync.central.db import insert_many
from sync.central.positions import next_positions
from sync.central.schema import cards, copies, holds, patrons, titles

# At once, so that SQLite's statement and PostgreSQL's arrays stay small.
_PORTION = 2_000
_TABLES: dict[str, tuple[Table, tuple[str, ...]]] = {
    "titles": (titles, ("id", "title", "author", "publisher", "year", "class_number", "isbn", "pinyin")),
    "patrons": (patrons, ("id", "name", "category", "grade", "class_name", "expires_on", "blocked")),
    "cards": (cards, ("number", "patron_id", "state")),
    "copies": (copies, ("barcode", "title_id", "copy_type", "state", "shelf", "room", "call_number")),
    "holds": (holds, ("id", "title_id", "patron_id", "placed_ms", "barcode")),
}  # fmt: skip
_LATER = {"patrons": {"gone_ms": None}, "holds": {"ended_ms": None}}
KINDS = tuple(_TABLES)


def fill(conn: Connection, school: str, found: Mapping[str, Iterable[Mapping[str, Any]]]) -> int:
    """Write the rows of each of KINDS, under the school's lock; the position from which stations go on."""
    for kind, (table, names) in _TABLES.items():
        more = {"school": school, **_LATER.get(kind, {})}
        rows = [{**{name: row[name] for name in names}, **more} for row in found[kind]]
        if kind == "patrons":
            rows = [{**row, "initials": name_initials(row["name"])} for row in rows]
        for at in range(0, len(rows), _PORTION):
            insert_many(conn, table, rows[at : at + _PORTION])
        if kind == "titles":
            index_titles(conn, school, [row["id"] for row in rows])
    return next_positions(conn, school, 1)


def is_filled(conn: Connection, school: str) -> bool:
    """Whether the school has any title."""
    any_title = select(titles.c.id).where(titles.c.school == school).limit(1)
    return conn.execute(any_title).first() is not None
