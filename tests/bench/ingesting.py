"""Taking pushes in as the central record does, on a database of either kind, and what that took."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select, text

from sync.central.cli_serve import collect_seldom
from sync.central.db import Database
from sync.central.ingest import Taken, move_watermark, take_in
from sync.central.schema import lineages, metadata
from sync.continuity import Lineage, texts_of
from sync.wire import Push, read
from tests.bench.traffic import Batch, School
from tests.central import postgres
from tests.central.fleet import SCHOOL, enrol, found_school, publish_rules

_TICK_S = 0.01


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds an entry, by the wall and of processors (ours and the database's)."""

    wall_s: float
    cpu_s: float


def both(folder: Path) -> Iterator[Database]:
    """An empty central record on SQLite, then one on a PostgreSQL that writes durably."""
    folder.mkdir(parents=True, exist_ok=True)
    with opened(f"sqlite:///{folder / 'central.sqlite'}") as db:
        yield db
    with postgres.server(durable=True) as server, opened(server) as db:
        yield db


@contextlib.contextmanager
def opened(url: str) -> Iterator[Database]:
    with connected(url) as db:
        metadata.create_all(db.engine)
        yield db


@contextlib.contextmanager
def twin(db: Database, folder: Path) -> Iterator[Database]:
    """A copy of a record, to be written to and thrown away. Nobody may be connected to the first one."""
    db.close()
    if db.postgres:
        address = db.engine.url.render_as_string(hide_password=False)
        with postgres.database(address, "twin", like="postgres") as url, connected(url) as copy:
            yield copy
        return
    folder.mkdir()
    made = folder / "twin.sqlite"
    shutil.copy(str(db.engine.url.database), made)
    with connected(f"sqlite:///{made}") as copy:
        yield copy
    shutil.rmtree(folder)


@contextlib.contextmanager
def connected(url: str) -> Iterator[Database]:
    db = Database(url)
    yield db
    db.close()


def found(db: Database, school: School) -> None:
    """The school's copies and people, its rules, and its stations."""
    found_school(db, barcodes=school.barcodes, people=school.people, school=school.id)
    db.note_written("catalogue", len(school.barcodes) + len(school.people))  # as an import does
    publish_rules(db, school=school.id)
    for pen in school.pens:
        enrol(db, pen.station, school=school.id)


def spent(db: Database, work: Callable[[], int]) -> Spent:
    """Do the work, which answers how many entries it was, and say what each took."""
    # The journals of fifty stations lie in our memory, not in the central record's: they are none of its garbage.
    collect_seldom()
    server, cpu, wall = _server_s(db), time.process_time(), time.perf_counter()
    count = work()
    wall = time.perf_counter() - wall
    cpu = time.process_time() - cpu + _server_s(db) - server
    return Spent(wall / count, cpu / count)


def _server_s(db: Database) -> float:
    """Processor time of the connection's own PostgreSQL process; SQLite works within ours."""
    if not db.postgres:
        return 0.0
    with db.read() as conn:
        pid = conn.execute(text("SELECT pg_backend_pid()")).scalar_one()
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_S


def take_all(db: Database, pushes: Sequence[Batch], school: str = SCHOOL) -> int:
    """Take the pushes in, each in a transaction of its own, from the bytes on the line on; how many entries."""
    now_ms = 0
    for batch in pushes:
        # What a station without a clock did lies before this moment, so it must be a likely one.
        now_ms = max(now_ms, batch.sent_ms)
        message = read(Push, batch.raw)
        texts = texts_of(message.entries)
        with db.begin(school) as conn:
            query = select(lineages).where(
                lineages.c.school == school, lineages.c.station == batch.station
            )
            row = conn.execute(query).one()
            lineage = Lineage(batch.station, row.epoch, row.durable, row.head, row.hardware)
            told = take_in(conn, school, lineage, message.entries, now_ms=now_ms, texts=texts)
            assert isinstance(told, Taken), told
            move_watermark(
                conn, school, batch.station, row.epoch, durable=told.durable, head=told.head
            )
        db.note_written("entries", batch.count)
    return sum(batch.count for batch in pushes)
