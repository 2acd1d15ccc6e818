"""15,000 entries that one station wrote while the line was down, taken in by the central record over real HTTP."""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from kiosk.store.store import FILE
from tests.bench.exchanging import STATION, enrol, exchange, found_centre, serving
from tests.bench.plan import BenchError, Plan
from tests.bench.rows import Row, median
from tests.bench.stores import lengthen_journal

NAME = "drain"
QUEUED = 15_000
ROUNDS = 3
PEER = "the same entries, executemany, 500 a commit"
_BATCH = 500


def run(plan: Plan) -> list[Row]:
    times: list[float] = []
    quiet: list[float] = []
    found_centre(plan.folder / "centre")
    for n in range(ROUNDS):
        centre = shutil.copytree(plan.folder / "centre", plan.folder / f"centre-{n}") / "config"
        with serving(centre) as url:
            station = enrol(plan.folder / f"station-{n}", centre, url)
            exchange(station)
            quiet.append(exchange(station))
            lengthen_journal(station.parent / "data", QUEUED)
            times.append(exchange(station))
        _check(centre.parent / "data" / "central.db")
    bare = _bare(station.parent / "data" / FILE, plan.folder / "bare.sqlite")
    return [
        Row(NAME, f"{QUEUED:,} entries of {STATION}", median(times), "s", PEER, bare, most=10),
        Row(NAME, "an exchange with nothing to send", median(quiet), "s", PEER, bare),
    ]


def _check(record: Path) -> None:
    with closing(sqlite3.connect(record)) as db:
        # What staff did, the rules' publishing for one, has outcomes as well.
        query = "SELECT count(*) FROM outcomes WHERE outcome <> 'quarantined' AND station = ?"
        there = db.execute(query, (STATION,))
        if (count := there.fetchone()[0]) != QUEUED:
            raise BenchError(f"the central record has taken in {count} entries, not {QUEUED}")


def _bare(store: Path, into: Path) -> float:
    with closing(sqlite3.connect(store)) as db:
        rows = db.execute("SELECT epoch, seq, hash, body FROM journal").fetchall()
    begun = time.monotonic()
    with closing(sqlite3.connect(into)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute(
            "CREATE TABLE e (epoch, seq, hash, body, PRIMARY KEY (epoch, seq)) WITHOUT ROWID"
        )
        for at in range(0, len(rows), _BATCH):
            with db:
                db.executemany("INSERT INTO e VALUES (?, ?, ?, ?)", rows[at : at + _BATCH])
    return time.monotonic() - begun
