"""A full school fetched by a new station: 100,000 copies of 40,000 titles, and 10,000 patrons, over real HTTP.

From `kiosk sync --once` in an empty store to its end, when everything can be borrowed and found. The first station
after a change waits for the snapshot to be made, the next ones do not.
"""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from kiosk.store.store import FILE
from tests.bench.exchanging import TITLES, enrol, exchange, found_centre, serving
from tests.bench.plan import COPIES, PATRONS, BenchError, Plan
from tests.bench.rows import Row, median

NAME = "snapshot"
ROUNDS = 3
PEER = "the same rows as JSON, executemany, one commit"
_TABLES = {"titles": TITLES, "copies": COPIES, "patrons": PATRONS, "cards": PATRONS}


def run(plan: Plan) -> list[Row]:
    centre = found_centre(plan.folder / "centre")
    later: list[float] = []
    with serving(centre) as url:
        for n in range(ROUNDS + 1):
            folder = plan.folder / f"station-{n}"
            later.append(exchange(enrol(folder, centre, url)))
            _check(folder / "data" / FILE)
    first = later.pop(0)
    bare = _bare(plan.folder / "station-0" / "data" / FILE, plan.folder / "bare.sqlite")
    return [
        Row(NAME, "whole, the first station", first, "s", PEER, bare, most=15),
        Row(NAME, "whole, the next ones", median(later), "s", PEER, bare, most=15),
    ]


def _check(store: Path) -> None:
    with closing(sqlite3.connect(store)) as db:
        for table, count in {**_TABLES, "title_search": TITLES}.items():
            there = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            if there != count:
                raise BenchError(f"the station has {there} {table}, not {count}")


def _bare(store: Path, into: Path) -> float:
    """Read the rows as JSON lines and write them to tables without an index, in one transaction."""
    lines: dict[str, list[str]] = {}
    with closing(sqlite3.connect(store)) as db:
        for table in _TABLES:
            lines[table] = [json.dumps(row) for row in db.execute(f"SELECT * FROM {table}")]
    begun = time.monotonic()
    with closing(sqlite3.connect(into)) as db, db:
        for table, texts in lines.items():
            rows = [json.loads(text) for text in texts]
            columns = ", ".join(f"c{n}" for n in range(len(rows[0])))
            db.execute(f"CREATE TABLE {table} ({columns})")
            marks = ", ".join("?" * len(rows[0]))
            db.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
    return time.monotonic() - begun
