"""The rows of the store that an import may write: which columns are its own, and the statements.

Not its own: copies.state of a copy that is known already, copies.last_entry, cards.state, patrons.blocked, loans and
holds. They belong to the desk and the staff, and no file overwrites them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection

from kiosk.imports.staging import Item
from kiosk.pinyin import toned
from kiosk.store.search import DELETE, INSERT, index_rows

TABLES = {
    "patron": ("patrons", "id"),
    "card": ("cards", "number"),
    "title": ("titles", "id"),
    "copy": ("copies", "barcode"),
}
OWNED = {
    "patron": ("name", "category", "grade", "class_name", "major", "expires_on"),
    "card": ("patron_id",),
    "title": ("title", "author", "publisher", "year", "class_number", "isbn", "pinyin"),
    "copy": ("title_id", "copy_type", "shelf", "room", "call_number"),
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "patron": {"grade": None, "class_name": "", "major": "", "expires_on": None},
    "card": {"state": "active"},
    "title": dict.fromkeys(("author", "publisher", "year", "class_number", "isbn", "pinyin"), ""),
    "copy": {"state": "on_shelf", "shelf": "", "room": "", "call_number": ""},
}
# A row that an import brought in is taken out again only while nobody has used it.
_UNUSED = {
    "patron": (
        "id NOT IN (SELECT patron_id FROM cards) AND id NOT IN (SELECT patron_id FROM loans)"
        " AND id NOT IN (SELECT patron_id FROM holds)"
        " AND NOT EXISTS (SELECT 1 FROM journal_people j WHERE j.patron_id = patrons.id)"
    ),
    "card": (
        "patron_id NOT IN (SELECT patron_id FROM loans) AND patron_id NOT IN (SELECT patron_id FROM holds)"
        " AND NOT EXISTS (SELECT 1 FROM journal_people j WHERE j.patron_id = cards.patron_id)"
    ),
    "title": (
        "NOT EXISTS (SELECT 1 FROM copies c WHERE c.title_id = titles.id)"
        " AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.title_id = titles.id)"
    ),
    "copy": (
        "last_entry IS NULL AND NOT EXISTS (SELECT 1 FROM loans l WHERE l.barcode = copies.barcode)"
        " AND NOT EXISTS (SELECT 1 FROM journal j WHERE j.copy = copies.barcode)"
        " AND barcode NOT IN (SELECT barcode FROM holds WHERE barcode IS NOT NULL)"
    ),
}

Rows = dict[str, dict[str, Any]]


def current(conn: Connection, items: Sequence[Item]) -> Rows:
    """The import's own columns of the rows as they are; a row that is not there is left out."""
    table, key = TABLES[items[0].kind]
    columns = OWNED[items[0].kind]
    marks = ",".join("?" * len(items))
    sql = f"SELECT {key}, {', '.join(columns)} FROM {table} WHERE {key} IN ({marks})"
    rows = conn.exec_driver_sql(sql, tuple(i.key for i in items))
    return {row[0]: dict(zip(columns, row[1:], strict=True)) for row in rows}


def prepared(items: Sequence[Item], before: Rows) -> tuple[list[Item], dict[str, tuple[Any, ...]]]:
    """All that needs no lock: the pinyin of a title that is new or reads otherwise, and its row for the search."""
    if items[0].kind != "title":
        return list(items), {}
    ready = [_with_pinyin(i) for i in items]
    wholes = [{"n": 0, **DEFAULTS["title"], **before.get(i.key, {}), **i.vals} for i in ready]
    return ready, dict(zip((i.key for i in ready), index_rows(wholes), strict=True))


def write(conn: Connection, items: Sequence[Item], search: Mapping[str, tuple[Any, ...]]) -> None:
    """Insert what is new, set what is changed; done twice, it comes to the same."""
    kind = items[0].kind
    fresh = [i for i in items if i.fresh]
    if fresh:
        _insert(conn, kind, fresh)
    _update(conn, kind, ((i.key, i.vals) for i in items if not i.fresh))
    if kind == "title":
        _write_search(conn, search)


def take_out(conn: Connection, items: Sequence[Item]) -> int:
    """Undo: delete what was new and is not in use, set back what was changed; the number of new rows kept."""
    kind = items[0].kind
    table, key = TABLES[kind]
    fresh = [i for i in items if i.before is None]
    numbers = _numbers(conn, [i.key for i in fresh]) if kind == "title" else {}
    if fresh:
        marks = ",".join("?" * len(fresh))
        keys = tuple(i.key for i in fresh)
        conn.exec_driver_sql(
            f"DELETE FROM {table} WHERE {key} IN ({marks}) AND {_UNUSED[kind]}", keys
        )
    left = current(conn, fresh) if fresh else {}
    gone = [(n,) for found, n in numbers.items() if found not in left]
    if gone:
        conn.exec_driver_sql(DELETE, gone)
    _set_back(conn, kind, [i for i in items if i.before is not None])
    return len(left)


def _set_back(conn: Connection, kind: str, items: list[Item]) -> None:
    """A row that somebody else has changed since stays as it is."""
    # The pinyin of a new wording was not in the plan, but was written with it.
    items = [_with_pinyin(i) for i in items] if kind == "title" else items
    now = current(conn, items) if items else {}
    written = {i.key: {c: v for c, v in i.vals.items() if c in OWNED[kind]} for i in items}
    ours = [i for i in items if i.key in now and now[i.key] | written[i.key] == now[i.key]]
    _update(conn, kind, ((i.key, {c: (i.before or {})[c] for c in written[i.key]}) for i in ours))
    if kind == "title":
        wholes = [{"n": 0, **(i.before or {})} for i in ours]
        _write_search(conn, dict(zip((i.key for i in ours), index_rows(wholes), strict=True)))


def _insert(conn: Connection, kind: str, items: list[Item]) -> None:
    table, key = TABLES[kind]
    for names, group in groupby(items, key=lambda i: (*i.vals,)):
        own = [c for c in names if c in OWNED[kind] and kind != "card"]
        then = f"UPDATE SET {', '.join(f'{c} = excluded.{c}' for c in own)}" if own else "NOTHING"
        sql = (
            f"INSERT INTO {table} ({', '.join((key, *names))}) VALUES (?{', ?' * len(names)})"
            f" ON CONFLICT ({key}) DO {then}"
        )
        conn.exec_driver_sql(sql, [(i.key, *i.vals.values()) for i in group])


def _update(conn: Connection, kind: str, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    table, key = TABLES[kind]
    ordered = sorted(rows, key=lambda row: tuple(row[1]))
    for names, group in groupby(ordered, key=lambda row: tuple(row[1])):
        sql = f"UPDATE {table} SET {', '.join(f'{c} = ?' for c in names)} WHERE {key} = ?"
        conn.exec_driver_sql(sql, [(*values.values(), k) for k, values in group])


def _with_pinyin(item: Item) -> Item:
    if "title" not in item.vals:
        return item
    vals = {**item.vals, "pinyin": toned(item.vals["title"])}
    return Item(item.seq, item.kind, item.key, vals, item.fresh, item.begun, item.before)


def _write_search(conn: Connection, search: Mapping[str, tuple[Any, ...]]) -> None:
    numbers = _numbers(conn, list(search))
    rows = [(numbers[key], *row[1:]) for key, row in search.items() if key in numbers]
    if rows:
        conn.exec_driver_sql(INSERT, rows)


def _numbers(conn: Connection, keys: list[str]) -> dict[str, int]:
    """Titles' own numbers, which tie them to the search."""
    marks = ",".join("?" * len(keys))
    rows = conn.exec_driver_sql(f"SELECT id, n FROM titles WHERE id IN ({marks})", tuple(keys))
    return {row[0]: row[1] for row in rows}
