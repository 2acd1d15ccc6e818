"""The staging file beside the store: what a file holds, what is to be changed, and how each row was before.

While a file is read and compared, only this file is written: the store's write lock is never touched. The phase in
it tells what a crash has left behind: `reading` (forget it), `applying` (finish it), `undoing` (finish undoing it).
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.imports.faults import Problem

FILE = "import.sqlite"
# Held while the store is written, so that what is begun can be taken back on a disk that others have filled.
ROOM = "import.room"
ROOM_MB = 8
# What SQLite says of a file in which the tables are not there yet.
_NOT_BEGUN = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)

_TABLES = """
CREATE TABLE run (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE staged (
    kind TEXT NOT NULL, key TEXT NOT NULL, owner TEXT NOT NULL, line INTEGER NOT NULL, vals TEXT NOT NULL,
    PRIMARY KEY (kind, key)) WITHOUT ROWID;
CREATE INDEX staged_owner ON staged (kind, owner);
CREATE TABLE problems (
    n INTEGER PRIMARY KEY, line INTEGER NOT NULL, rejected INTEGER NOT NULL, what TEXT NOT NULL, remedy TEXT NOT NULL);
CREATE TABLE work (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, vals TEXT NOT NULL, fresh INTEGER NOT NULL,
    begun INTEGER NOT NULL DEFAULT 0, before TEXT);
CREATE INDEX work_begun ON work (begun);
"""


@dataclass(frozen=True, slots=True)
class Item:
    """One row to write: its columns in `vals`; fresh: the store did not have it. before: as it was (None: absent)."""

    seq: int
    kind: str
    key: str
    vals: dict[str, Any]
    fresh: bool
    begun: bool = False
    before: dict[str, Any] | None = None


class Staging:
    """One import's own SQLite file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.conn = sqlite3.connect(path, isolation_level=None)
        self.conn.execute("PRAGMA journal_mode=WAL")
        self.conn.execute("PRAGMA synchronous=OFF")

    @classmethod
    def fresh(cls, folder: Path, kind: str, source: str) -> Staging:
        """An empty one, in place of whatever was there."""
        remove(folder)
        try:
            staging = cls(folder / FILE)
            staging.conn.executescript(_TABLES)
            staging.set(phase="reading", kind=kind, source=source)
        except sqlite3.Error:
            remove(folder)
            raise
        return staging

    def close(self) -> None:
        self.conn.close()

    def get(self, key: str) -> str | None:
        row = self.conn.execute("SELECT value FROM run WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def set(self, **values: str | int) -> None:
        pairs = [(k, str(v)) for k, v in values.items()]
        self.conn.executemany("INSERT OR REPLACE INTO run VALUES (?, ?)", pairs)

    def durable(self) -> None:
        """From here on a commit survives a power cut, as the store's own do."""
        self.conn.execute("PRAGMA synchronous=FULL")
        self.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        self.conn.execute("BEGIN IMMEDIATE")
        try:
            yield self.conn
            self.conn.execute("COMMIT")
        except BaseException:
            # A full disk has taken it back already.
            if self.conn.in_transaction:
                self.conn.execute("ROLLBACK")
            raise

    def stage(self, kind: str, key: str, owner: str, line: int, vals: dict[str, Any]) -> None:
        """The first of a kind and key counts: a title stands in a table once a copy."""
        row = (kind, key, owner, line, _json(vals))
        self.conn.execute("INSERT OR IGNORE INTO staged VALUES (?, ?, ?, ?, ?)", row)

    def report(self, problem: Problem) -> None:
        row = (problem.line, problem.rejected, problem.what, problem.remedy)
        self.conn.execute(
            "INSERT INTO problems (line, rejected, what, remedy) VALUES (?, ?, ?, ?)", row
        )

    def problems(self) -> Iterator[Problem]:
        sql = "SELECT line, what, remedy, rejected FROM problems ORDER BY line, n"
        for line, what, remedy, rejected in self.conn.execute(sql):
            yield Problem(line, what, remedy, bool(rejected))

    def plan(self, rows: Iterable[tuple[str, str, dict[str, Any], bool]]) -> None:
        """Add rows to write: kind, key, columns, fresh; in the order in which they are to be written."""
        self.conn.executemany(
            "INSERT INTO work (kind, key, vals, fresh) VALUES (?, ?, ?, ?)",
            ((kind, key, _json(vals), fresh) for kind, key, vals, fresh in rows),
        )

    def planned(self) -> int:
        return int(self.conn.execute("SELECT count(*) FROM work").fetchone()[0])

    def planned_bytes(self) -> int:
        """How much is to be written, as text."""
        sql = "SELECT coalesce(sum(length(CAST(vals AS BLOB)) + length(key)), 0) FROM work"
        return int(self.conn.execute(sql).fetchone()[0])

    def after(self, seq: int, limit: int) -> list[Item]:
        """The next rows to write, all of one kind."""
        sql = "SELECT * FROM work WHERE seq > ? ORDER BY seq LIMIT ?"
        return _one_kind([_item(row) for row in self.conn.execute(sql, (seq, limit))])

    def begun_before(self, seq: int, limit: int) -> list[Item]:
        """The rows to undo next, last written first, all of one kind."""
        sql = "SELECT * FROM work WHERE seq < ? AND begun = 1 ORDER BY seq DESC LIMIT ?"
        return _one_kind([_item(row) for row in self.conn.execute(sql, (seq, limit))])

    def note_before(self, items: list[Item], before: dict[str, dict[str, Any]], done: int) -> None:
        """Keep how the rows were before they are written; what was noted at an earlier try stays."""
        rows = [
            (_json(before[i.key]) if i.key in before else None, i.seq) for i in items if not i.begun
        ]
        with self.writing() as conn:
            conn.executemany("UPDATE work SET begun = 1, before = ? WHERE seq = ?", rows)
            self.set(done=done)


def remove(folder: Path) -> None:
    """Take the file away; its log first, so that a crash never leaves a log without its file."""
    for name in (f"{FILE}-wal", f"{FILE}-shm", FILE, ROOM):
        (folder / name).unlink(missing_ok=True)


def left_behind(folder: Path) -> Staging | None:
    """What an import that was killed has left, if there is anything to finish."""
    if not (folder / FILE).exists():
        return None
    try:
        staging = Staging(folder / FILE)
        phase = staging.get("phase")
    except sqlite3.DatabaseError as error:
        # Only killed before its tables were there it is nothing: the store was not touched yet.
        if error.sqlite_errorcode not in _NOT_BEGUN:
            raise
        phase = None
    if phase in ("applying", "undoing"):
        staging.durable()
        return staging
    if phase is not None:
        staging.close()
    remove(folder)
    return None


def _one_kind(items: list[Item]) -> list[Item]:
    return [i for i in items if i.kind == items[0].kind]


def _item(row: tuple[Any, ...]) -> Item:
    seq, kind, key, vals, fresh, begun, before = row
    noted = None if before is None else json.loads(before)
    return Item(seq, kind, key, json.loads(vals), bool(fresh), bool(begun), noted)


def _json(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False)
