"""What the central record sends down, written into the store: pages of changes, and the end of a revoked station.

The own-write rule: a row of a copy is left out while the station has entries on that copy that the central record has
not answered. Every entry that arrives there, read or kept unread, gives its copy a new place in the feed, and the holds
that the copy may be kept for with it, so what was left out comes again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kiosk.pinyin import toned
from kiosk.store.erasing import ERASING
from kiosk.store.lineage import AS_OF, COUNTED, CURSOR, REVOKED, RULES
from kiosk.store.outgoing import copies_since, durable
from kiosk.store.pace import Pace
from kiosk.store.search import DELETE, INSERT, index_rows
from kiosk.store.store import Store
from kiosk.store.tx import Tx

Row = Mapping[str, Any]
Change = tuple[str, Row | None]  # key; None: it is gone

# Table, its key, and what is fed of it. In this order: a copy's row, which names the last entry known on it, comes
# after its loan, so that the desk never claims to have seen more than it has.
TABLES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "title": (
        "titles",
        "id",
        ("title", "author", "publisher", "year", "class_number", "isbn", "pinyin"),
    ),
    "patron": (
        "patrons",
        "id",
        ("name", "category", "grade", "class_name", "expires_on", "blocked", "lent"),
    ),
    "card": ("cards", "number", ("patron_id", "state")),
    "loan": (
        "loans",
        "barcode",
        ("patron_id", "opened_ms", "due_on", "renewals", "entry", "boxed"),
    ),
    "hold": ("holds", "id", ("title_id", "patron_id", "placed_ms", "barcode")),
    "copy": (
        "copies",
        "barcode",
        (
            "title_id",
            "copy_type",
            "state",
            "shelf",
            "room",
            "call_number",
            "last_entry",
            "lendable",
        ),
    ),
    "message": ("messages", "id", ("patron_id", "text", "from_ms", "to_ms")),
    "post": ("posts", "id", ("kind", "patron_id", "body", "from_on", "until_on")),
    "erased": ("erased", "who", ("at_ms",)),
}
ORDER = ("rules", *TABLES)
OF_A_COPY = frozenset(("copy", "loan"))
_DESKS_TOO = OF_A_COPY | {"hold"}
# What a loan's row does not carry belongs to the loan that this station knew.
_LOAN_TOO = (
    ", excused_on = CASE WHEN loans.patron_id = excluded.patron_id THEN loans.excused_on END"
)
# Rows of one step at most; how many fit, the time that they take decides.
_MOST = 2_000
_PEOPLE = ("patrons", "cards", "holds", "messages", "posts")


def apply_page(
    store: Store,
    changes: Mapping[str, Sequence[Change]],
    cursor: int,
    *,
    between: Callable[[], None],
    pace: Pace | None = None,
) -> None:
    """Take a page in, kind by kind in short steps, and then keep the cursor; done twice, it comes to the same.

    between: called before each step; what it raises breaks the work off there. pace: that of the pages before.
    """
    pace = pace or fed_pace()
    if changes.get("patron"):
        forget_counted(store)
    for kind in ORDER:
        write_rows(store, kind, changes.get(kind, ()), unanswered, between=between, pace=pace)
    with store.begin() as tx:
        tx.set_value(CURSOR, str(cursor))
        if changes.get("erased") or any(value is None for _, value in changes.get("patron", ())):
            tx.set_value(ERASING, "1")


def all_read(store: Store, as_of_ms: int) -> None:
    """Everything that the central record had to tell at this moment of its clock has been taken in."""
    with store.begin() as tx:
        tx.set_value(AS_OF, str(as_of_ms))
        epoch = int(tx.value("epoch") or 1)
        tx.set_value(COUNTED, f"{epoch}:{durable(tx, epoch)}")


def forget_counted(store: Store) -> None:
    """Counts come in: until all is read, nobody knows which of our entries they hold."""
    with store.begin() as tx:
        tx.set_value(COUNTED, "")


def unanswered(tx: Tx) -> frozenset[str]:
    """Copies with entries of ours that the central record has not answered."""
    epoch = int(tx.value("epoch") or 1)
    return copies_since(tx, epoch, durable(tx, epoch))


def write_rows(
    store: Store,
    kind: str,
    rows: Sequence[Change],
    spared: Callable[[Tx], frozenset[str]],
    *,
    between: Callable[[], None],
    pace: Pace | None = None,
) -> None:
    """Write rows of one kind in steps of milliseconds. spared: the copies that this station knows better.

    pace: that of the portions written before, where these rows are one of many.
    """
    pace, at = pace or fed_pace(), 0
    while at < len(rows):
        between()
        step = rows[at : at + pace.rows]
        at += len(step)
        _write_step(store, kind, step, spared, pace=pace)


def fed_pace() -> Pace:
    return Pace(most=_MOST)


def _write_step(
    store: Store,
    kind: str,
    step: Sequence[Change],
    spared: Callable[[Tx], frozenset[str]],
    *,
    pace: Pace,
) -> None:
    if kind == "title":
        step = [(key, _with_pinyin(value) if value else None) for key, value in step]
    fresh = _unlike(store, kind, step) if kind in TABLES else step
    if not fresh:
        return
    search = _search_rows(fresh) if kind == "title" else {}
    pace.rest()
    with store.begin_fed() as tx:
        began = time.monotonic()
        own = spared(tx) if kind in _DESKS_TOO else frozenset()
        _write(tx, kind, _but(tx, kind, fresh, own), search)
    pace.took(len(step), time.monotonic() - began)


def _unlike(store: Store, kind: str, rows: Sequence[Change]) -> list[Change]:
    """The rows that the store does not have like this: most of a snapshot is known already, and a lock is dear."""
    if kind in _DESKS_TOO:
        # What the desk writes meanwhile must not be overlooked: these are always written.
        return list(rows)
    table, key, columns = TABLES[kind]
    marks = ",".join("?" * len(rows))
    with store.read() as tx:
        found = tx.conn.exec_driver_sql(
            f"SELECT {key}, {', '.join(columns)} FROM {table} WHERE {key} IN ({marks})",
            tuple(one for one, _ in rows),
        )
        known = {row[0]: tuple(row[1:]) for row in found}
    return [(k, value) for k, value in rows if known.get(k) != _columns(kind, columns, value)]


def _columns(kind: str, columns: Sequence[str], value: Row | None) -> tuple[Any, ...] | None:
    return tuple(_plain(kind, c, value[c]) for c in columns) if value is not None else None


def wipe(store: Store) -> None:
    """Forget every person but those beside the journal, and overwrite them on the disk."""
    with store.begin_fed() as tx:
        for table in _PEOPLE:
            tx.conn.exec_driver_sql(f"DELETE FROM {table}")
        tx.conn.exec_driver_sql("UPDATE loans SET patron_id = ''")
        tx.set_value(CURSOR, "0")
        tx.set_value(REVOKED, "1")
    store.fold_log()


def _but(tx: Tx, kind: str, rows: Iterable[Change], own: frozenset[str]) -> list[Change]:
    if kind in OF_A_COPY:
        return [row for row in rows if row[0] not in own]
    if kind == "hold" and own:
        # For whom such a copy is kept, if for anybody, this station knows better until its entry is answered.
        return [(k, _kept_as_here(tx, k, v) if v and v["barcode"] in own else v) for k, v in rows]
    return list(rows)


def _kept_as_here(tx: Tx, key: str, value: Row) -> Row:
    here = tx.conn.exec_driver_sql("SELECT barcode FROM holds WHERE id = ?", (key,)).scalar()
    return {**value, "barcode": here}


def _write(
    tx: Tx, kind: str, rows: Sequence[Change], search: Mapping[str, tuple[Any, ...]]
) -> None:
    if kind == "rules":
        for _, value in rows:
            if value:
                tx.set_value(RULES, value["text"])
        return
    gone = [key for key, value in rows if value is None]
    here = [(key, value) for key, value in rows if value is not None]
    if gone:
        remove(tx.conn, kind, gone)
    if here:
        _upsert(tx.conn, kind, here)
    if search:
        _write_search(tx.conn, search)


def remove(conn: Connection, kind: str, keys: Sequence[str]) -> None:
    table, key, _ = TABLES[kind]
    if kind == "title":
        numbers = _numbers(conn, keys)
        if numbers:
            conn.exec_driver_sql(DELETE, [(n,) for n in numbers.values()])
    conn.exec_driver_sql(f"DELETE FROM {table} WHERE {key} = ?", [(one,) for one in keys])


def _upsert(conn: Connection, kind: str, rows: Sequence[tuple[str, Row]]) -> None:
    table, key, columns = TABLES[kind]
    sets = ", ".join(f"{c} = excluded.{c}" for c in columns)
    conn.exec_driver_sql(
        f"INSERT INTO {table} ({key}, {', '.join(columns)}) VALUES (?{', ?' * len(columns)})"
        f" ON CONFLICT ({key}) DO UPDATE SET {sets}{_LOAN_TOO if kind == 'loan' else ''}",
        [(k, *(_columns(kind, columns, value) or ())) for k, value in rows],
    )


def _plain(kind: str, column: str, value: Any) -> Any:
    if kind == "card" and value == "stolen":
        return "lost"  # at the desk it is the same: the card opens nothing
    if kind == "loan" and column == "patron_id":
        return value or ""  # somebody who is not to be named
    return value


def _search_rows(rows: Sequence[Change]) -> dict[str, tuple[Any, ...]]:
    """What needs no lock: the rows of the search index."""
    titles = [(key, value) for key, value in rows if value is not None]
    ready = index_rows([{"n": 0, **value} for _, value in titles])
    return dict(zip((key for key, _ in titles), ready, strict=True))


def _with_pinyin(value: Row) -> Row:
    return value if value["pinyin"] else {**value, "pinyin": toned(value["title"])}


def _write_search(conn: Connection, search: Mapping[str, tuple[Any, ...]]) -> None:
    numbers = _numbers(conn, list(search))
    conn.exec_driver_sql(INSERT, [(numbers[key], *row[1:]) for key, row in search.items()])


def _numbers(conn: Connection, keys: Sequence[str]) -> dict[str, int]:
    """Titles' own numbers, which tie them to the search."""
    marks = ",".join("?" * len(keys))
    rows = conn.exec_driver_sql(f"SELECT id, n FROM titles WHERE id IN ({marks})", tuple(keys))
    return {row[0]: row[1] for row in rows}
