"""100,000 copies from CSV and from CNMARC into an empty store, while a second connection asks for the write lock."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from kiosk.sample import large
from kiosk.store.store import FILE
from tests.bench.catalogues import Imported, empty_library, importing, peer
from tests.bench.plan import COPIES, Plan
from tests.bench.rows import Row

NAME = "import_catalogue"
ASK_EVERY_S = 0.001

_CSV_PEER = """
import csv, sqlite3, sys
db = sqlite3.connect(sys.argv[2])
db.execute("PRAGMA journal_mode=WAL")
db.execute("CREATE TABLE copies (a TEXT PRIMARY KEY, b, c, d, e, f, g, h)")
with open(sys.argv[1], encoding="utf-8-sig", newline="") as file:
    rows = csv.reader(file)
    next(rows)
    db.executemany("INSERT INTO copies VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
db.commit()
"""
_MARC_PEER = """
import sys
from pymarc import MARCReader
with open(sys.argv[1], "rb") as file:
    assert all(record is not None for record in MARCReader(file, to_unicode=True, force_utf8=True))
"""


# Our form, how its file is made, and the peer that reads the same file.
_FORMS: tuple[tuple[str, str, Callable[[Path, int], None], str, str], ...] = (
    ("CSV", "csv", large.write_csv, "csv + executemany into one table", _CSV_PEER),
    ("CNMARC", "mrc", large.write_cnmarc, "pymarc, reading only", _MARC_PEER),
)


def run(plan: Plan) -> list[Row]:
    rows: list[Row] = []
    lock: tuple[str, float] | None = None
    for form, ending, write, beside, code in _FORMS:
        folder = plan.folder / form
        config = empty_library(folder)
        file = folder / f"catalogue.{ending}"
        write(file, COPIES)
        ours, held_ms = _watched(file, config, folder / "data" / FILE)
        bare = peer(code, file, folder / "peer.sqlite")
        # Only the first peer writes; it has the lock from beginning to end, and stands beside both forms.
        lock = lock or (f"{beside}, one transaction", bare.seconds * 1000)
        rows += [
            Row(NAME, f"{form}, time", ours.seconds, "s", beside, bare.seconds, most=60),
            Row(NAME, f"{form}, memory", ours.peak_mb, "MB", beside, bare.peak_mb, most=300),
            Row(NAME, f"{form}, longest write lock", held_ms, "ms", *lock, most=100),
        ]
    return rows


def _watched(file: Path, config: Path, store: Path) -> tuple[Imported, float]:
    """Import, asking for the write lock all the time: how it went, and the longest time the lock was refused in ms."""
    longest = 0.0
    with (
        closing(sqlite3.connect(store, isolation_level=None, timeout=0)) as db,
        importing(file, config) as running,
    ):
        free_at = time.monotonic()
        while not running.done():
            if _takes(db):
                free_at = time.monotonic()
            else:
                longest = max(longest, time.monotonic() - free_at)
            time.sleep(ASK_EVERY_S)
        return running.wait(), longest * 1000


def _takes(db: sqlite3.Connection) -> bool:
    try:
        db.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return False
    db.execute("ROLLBACK")
    return True
