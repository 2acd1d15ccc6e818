"""100,000 entries of 50 stations taken in, beside bare writes of the same rows and an ORM loop, on both databases.

CPU is this process's and the database's together, so that a busy machine tells less in it than in the wall time.
"""

from __future__ import annotations

import gzip
import random
from collections.abc import Sequence
from pathlib import Path

from sync.central.db import Database
from tests.bench.ingest_peers import orm_loop, write_bare
from tests.bench.ingest_schools import seconds_an_entry
from tests.bench.ingesting import Spent, both, found, spent, take_all, twin
from tests.bench.plan import Plan
from tests.bench.rows import Row, median
from tests.bench.traffic import Batch, School

NAME = "ingest"
ENTRIES = 100_000
ORM_ENTRIES = 1_000
HISTORY = 200_000
SLICE = 8_000
FRESH = 20_000
BUSIEST = 2_000
# In turns, each over a copy of the record, since a busy moment would decide a single one.
TRIALS = 3


def run(plan: Plan) -> list[Row]:
    rows: list[Row] = []
    school = _school()
    school.write(ENTRIES, from_day=0, days=20)
    pushes = school.pushes(repeats=0.05)
    for db in both(plan.folder):
        rows += _beside_peers(db, school, pushes)
    rows.append(_side_by_side())
    rows.append(_on_the_wire(pushes))
    rows += _with_history(plan)
    return rows


def _school() -> School:
    return School(stations=50, copies=20_000, patrons=5_000, chance=random.Random(4))


def _beside_peers(db: Database, school: School, pushes: Sequence[Batch]) -> list[Row]:
    found(db, school)
    ours = spent(db, lambda: take_all(db, pushes))
    bare = spent(db, lambda: write_bare(db))
    orm = spent(db, lambda: orm_loop(db, ORM_ENTRIES))
    kind = "PostgreSQL" if db.postgres else "SQLite"
    executed = "executemany of the same rows"
    loop = "ORM, an entry a commit"

    def row(metric: str, mine: float, peer: str, theirs: float, **target: float) -> Row:
        return Row(NAME, f"{kind}, {metric}", mine * 1e6, "us", peer, theirs * 1e6, **target)

    return [
        row("time an entry", ours.wall_s, executed, bare.wall_s, most=200, most_ratio=4),
        row("CPU an entry", ours.cpu_s, executed, bare.cpu_s, most=200, most_ratio=4),
        row("time an entry", ours.wall_s, loop, orm.wall_s),
        row("CPU an entry", ours.cpu_s, loop, orm.cpu_s),
    ]


def _side_by_side() -> Row:
    """As many entries of as many stations in two schools: a process for each, beside one for both."""
    two, one = (seconds_an_entry(2, processes, ENTRIES) for processes in (2, 1))
    metric = "PostgreSQL, time an entry, two schools in two processes"
    return Row(NAME, metric, two * 1e6, "us", "in one process", one * 1e6, most=200)


def _on_the_wire(pushes: Sequence[Batch]) -> Row:
    count = sum(batch.count for batch in pushes)
    packed = sum(len(gzip.compress(batch.raw)) for batch in pushes) / count
    plain = sum(len(batch.raw) for batch in pushes) / count
    return Row(NAME, "on the wire, an entry", packed, "B", "not packed", plain)


def _with_history(plan: Plan) -> list[Row]:
    """The same traffic over a young record, and over one with a long history on the copies it speaks of."""
    rows: list[Row] = []
    for young, old in zip(both(plan.folder / "young"), both(plan.folder / "old"), strict=True):
        begun, grown = _aged(young, 0), _aged(old, HISTORY)
        without, beyond = [], []
        for _ in range(TRIALS):
            without.append(_fresh_over(young, begun, plan.folder / "twin"))
            beyond.append(_fresh_over(old, grown, plan.folder / "twin"))
        kind = "PostgreSQL" if old.postgres else "SQLite"
        rows += [
            Row(
                NAME, f"{kind}, {what} an entry after {HISTORY:,}", mine * 1e6, "us",
                "after none", peer * 1e6, most_ratio=1.25,
            )
            for what, mine, peer in (
                ("time", median([s.wall_s for s in beyond]), median([s.wall_s for s in without])),
                ("CPU", median([s.cpu_s for s in beyond]), median([s.cpu_s for s in without])),
            )
        ]  # fmt: skip
    return rows


def _aged(db: Database, history: int) -> list[Batch]:
    """Let so much happen in the record; what stations send after that."""
    school = _school()
    found(db, school)
    for n in range(history // SLICE):
        take_all(db, _written(school, SLICE, from_day=n * 4))
    return _written(school, FRESH, from_day=4 * history // SLICE)


def _fresh_over(db: Database, fresh: Sequence[Batch], folder: Path) -> Spent:
    with twin(db, folder) as copy:
        return spent(copy, lambda: take_all(copy, fresh))


def _written(school: School, entries: int, *, from_day: int) -> list[Batch]:
    """What stations write and send in four days, on the busiest copies alone."""
    before = {pen.station: len(pen.wires) for pen in school.pens}
    school.write(entries, from_day=from_day, days=4, busiest=BUSIEST)
    return school.pushes(since=before)
