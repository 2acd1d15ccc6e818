"""A snapshot of the central record, staged beside the store in a file of its own, written from there in short steps.

What has been fetched stays through a crash. `mark` remembers which of our entries the snapshot can know of: a copy with
a later one is left as this station knows it, and comes again with the feed.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from kiosk.store.erasing import ERASING
from kiosk.store.feed import (
    ORDER,
    TABLES,
    Change,
    fed_pace,
    forget_counted,
    unanswered,
    write_rows,
)
from kiosk.store.lineage import CURSOR
from kiosk.store.outgoing import copies_since, durable
from kiosk.store.store import Store
from kiosk.store.tx import Tx

FILE = "snapshot.sqlite"
_PORTION = 2_000
_TABLES = (
    "CREATE TABLE IF NOT EXISTS mark (identity TEXT NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS chunk (hash TEXT NOT NULL PRIMARY KEY)",
    """CREATE TABLE IF NOT EXISTS row (
        n INTEGER PRIMARY KEY, chunk TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS row_kind ON row (kind, n)",
)


def have_chunks(store: Store, wanted: Sequence[str]) -> set[str]:
    """Which of the chunks lie here already; chunks of another snapshot are thrown away."""
    identity = " ".join(wanted)
    with _staging(store.folder) as db:
        known = db.execute("SELECT identity FROM mark").fetchone()
        if known is None or known[0] != identity:
            with store.read() as tx:
                epoch = int(tx.value("epoch") or 1)
                seq = durable(tx, epoch)
            db.execute("DELETE FROM mark")
            db.execute("INSERT INTO mark VALUES (?, ?, ?)", (identity, epoch, seq))
        here = {row[0] for row in db.execute("SELECT hash FROM chunk")}
        for old in here - set(wanted):
            db.execute("DELETE FROM row WHERE chunk = ?", (old,))
            db.execute("DELETE FROM chunk WHERE hash = ?", (old,))
    return here & set(wanted)


def stage_chunk(store: Store, name: str, kind: str, rows: Iterable[tuple[str, str]]) -> None:
    """Keep a chunk's rows (key, and the row as JSON), all or none."""
    with _staging(store.folder) as db:
        db.execute("INSERT INTO chunk VALUES (?)", (name,))
        db.executemany(
            "INSERT INTO row (chunk, kind, key, value) VALUES (?, ?, ?, ?)",
            ((name, kind, key, value) for key, value in rows),
        )


def apply_snapshot(store: Store, cursor: int, *, between: Callable[[], None]) -> None:
    """Make the store what is staged, then keep the cursor. Broken off anywhere, it can be done again.

    between: as in `feed.apply_page`.
    """
    forget_counted(store)
    with _staging(store.folder) as db:
        epoch, seq = db.execute("SELECT epoch, seq FROM mark").fetchone()

        def spared(tx: Tx) -> frozenset[str]:
            return copies_since(tx, epoch, seq) | unanswered(tx)

        pace = fed_pace()
        for kind in ORDER:
            for rows in _portions(db, kind):
                write_rows(store, kind, rows, spared, between=between, pace=pace)
        for kind in reversed(TABLES):
            gone: list[Change] = [(key, None) for key in _not_staged(store, db, kind)]
            write_rows(store, kind, gone, spared, between=between, pace=pace)
    with store.begin_fed() as tx:
        # Places in a queue from before the enrolment: the queues are the central record's now.
        tx.conn.exec_driver_sql("DELETE FROM holds WHERE id IS NULL")
    with store.begin() as tx:
        tx.set_value(CURSOR, str(cursor))
        tx.set_value(ERASING, "1")
    forget(store)


def forget(store: Store) -> None:
    """Throw what is staged away."""
    (store.folder / FILE).unlink(missing_ok=True)


def _portions(db: sqlite3.Connection, kind: str) -> Iterator[list[Change]]:
    after = 0
    while True:
        rows = db.execute(
            "SELECT n, key, value FROM row WHERE kind = ? AND n > ? ORDER BY n LIMIT ?",
            (kind, after, _PORTION),
        ).fetchall()
        if not rows:
            return
        after = rows[-1][0]
        values = json.loads(f"[{','.join(value for _, _, value in rows)}]")
        yield [(key, value) for (_, key, _), value in zip(rows, values, strict=True)]


def _not_staged(store: Store, db: sqlite3.Connection, kind: str) -> list[str]:
    table, key, _ = TABLES[kind]
    staged = {row[0] for row in db.execute("SELECT key FROM row WHERE kind = ?", (kind,))}
    with store.read() as tx:
        rows = tx.conn.exec_driver_sql(f"SELECT {key} FROM {table} WHERE {key} IS NOT NULL")
        return [row[0] for row in rows if row[0] not in staged]


@contextlib.contextmanager
def _staging(folder: Path) -> Iterator[sqlite3.Connection]:
    """The staging file, in a transaction. One that cannot be read is thrown away: everything in it can be fetched."""
    path = folder / FILE
    db = _opened(path)
    try:
        with db:
            yield db
    finally:
        db.close()


def _opened(path: Path) -> sqlite3.Connection:
    for _ in range(2):
        db = sqlite3.connect(path)
        try:
            for table in _TABLES:
                db.execute(table)
            return db
        except sqlite3.DatabaseError:
            db.close()
            path.unlink(missing_ok=True)
    raise sqlite3.DatabaseError(f"{path} cannot be made; look at the rights of its folder")
