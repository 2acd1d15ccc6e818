"""Schools side by side: entries taken in by processes of their own, on one PostgreSQL, as behind a proxy."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Sequence
from multiprocessing.synchronize import Barrier
from typing import Any

from sync.central.cli_serve import collect_seldom
from tests.bench.ingesting import connected, found, opened, take_all
from tests.bench.traffic import School
from tests.central import postgres


def seconds_an_entry(schools: int, processes: int, entries: int) -> float:
    """By the wall, from the first entry to the last one's commit; the schools are dealt out to the processes."""
    start = multiprocessing.get_context("spawn")
    marks = [f"{n}-" for n in range(schools)]
    with postgres.server(durable=True) as url:
        with opened(url):
            pass
        begin, spans = start.Barrier(processes), start.Queue()
        told = [(url, marks[n::processes], entries // schools) for n in range(processes)]
        own = [start.Process(target=_take_schools, args=(*some, begin, spans)) for some in told]
        for process in own:
            process.start()
        ended = [spans.get(timeout=600) for _ in own]
        for process in own:
            process.join()
    first, last = min(began for began, _, _ in ended), max(at for _, at, _ in ended)
    return (last - first) / sum(count for _, _, count in ended)


def _take_schools(url: str, marks: Sequence[str], entries: int, begin: Barrier, spans: Any) -> None:
    written = []
    for mark in marks:
        school = School(
            stations=25, copies=10_000, patrons=2_500, chance=random.Random(mark), mark=mark
        )
        school.write(entries, from_day=0, days=20)
        written.append((school, school.pushes(repeats=0.05)))
    with connected(url) as db:
        for school, _ in written:
            found(db, school)
        collect_seldom()
        begin.wait()
        began = time.time()
        count = sum(take_all(db, pushes, school.id) for school, pushes in written)
        spans.put((began, time.time(), count))
