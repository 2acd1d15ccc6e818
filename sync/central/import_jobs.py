"""Files of the catalogue that go in through the browser: kept in the record, checked and imported by a thread.

The row of a job says how far it is, so that any process can show it, and is asked whether to stop. Between the check
and the import nobody works on it. A worker says that it is there as long as it is; one that is silent for STALE_MS is
gone with its process: what it wrote stays, and the same file goes on from there.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select, update

from kiosk.calendar import Rules
from kiosk.errors import KioskError
from kiosk.imports.faults import ImportFailed, Problem
from kiosk.imports.read import read_file
from kiosk.imports.staging import Staging
from kiosk.imports.stopping import Stop
from kiosk.imports.values import Options
from sync.central.catalogue_compare import compare
from sync.central.catalogue_import import take_back, write
from sync.central.db import CentralError, Database, insert_many
from sync.central.desk import Desk
from sync.central.rules import rules_in_force
from sync.central.schema import imports

MAX_FILE_BYTES = 64 << 20
STALE_MS = 60_000
SHOWN = 200
_KEPT = 20
_PROBLEMS_MAX = 5_000
_BEAT_S = 1.0
# A step may say nothing for minutes, and a database that is busy holds up what is said.
_THERE_S = 10.0
# Steps of a job. Somebody works on those of BUSY.
CHECKING, CHECKED, WRITING, DONE, STOPPED, FAILED = (
    "checking", "checked", "writing", "done", "stopped", "failed",
)  # fmt: skip
BUSY = (CHECKING, WRITING)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is said of all copies of a file that are new and of which it does not say itself."""

    copy_type: str = ""
    arrived_on: str = ""
    source: str = ""
    donor: str = ""

    def options(self, rules: Rules, now_ms: int) -> Options:
        zone = ZoneInfo(rules.library.library.time_zone)
        return Options(
            rules.library,
            datetime.fromtimestamp(now_ms / 1000, zone).date(),
            copy_type=self.copy_type or None,
            arrived_on=date.fromisoformat(self.arrived_on) if self.arrived_on else None,
            source=self.source,
            donor=self.donor,
            keep_records=True,
        )


@dataclass(frozen=True, slots=True)
class Job:
    """counts: by kind (title, copy), of new, changed and same. problems: the first SHOWN of `rejected` and `notes`.

    lost: nobody works on it any more, though its step says so.
    """

    id: str
    name: str
    step: str
    begun_ms: int
    staff: str
    done: int
    total: int | None
    lost: bool
    rows: int
    unit: str
    counts: Mapping[str, Mapping[str, int]]
    rejected: int
    notes: int
    left_alone: int
    kept: int
    why: str
    problems: tuple[Problem, ...]

    @property
    def busy(self) -> bool:
        return self.step in BUSY and not self.lost


class Jobs:
    """Over one record. now_ms: its clock (UTC ms). there_s: how often a worker says that it is there."""

    def __init__(
        self, db: Database, now_ms: Callable[[], int], *, there_s: float = _THERE_S
    ) -> None:
        self._db = db
        self._now_ms = now_ms
        self._there_s = there_s

    def check(self, school: str, staff: str, name: str, content: bytes, wish: Wish) -> str:
        """Take a file and begin to check it; the job's id. Raises CentralError where another is being worked on."""
        key = secrets.token_hex(8)
        with self._db.begin(school) as conn:
            _only(conn, school)
            row = {"school": school, "id": key, "name": name[:200], "content": content}
            told = {"options": json.dumps(dataclasses.asdict(wish)), "staff": staff}
            now = {"begun_ms": self._now_ms(), "beat_ms": _beat(), "step": CHECKING}
            insert_many(conn, imports, [{**row, **told, **now}])
            _tidy(conn, school, key)
        self._begin(school, key)
        return key

    def go(self, school: str, key: str) -> None:
        """Begin to import a file that was checked. Twice asked is once done."""
        with self._db.begin(school) as conn:
            row = _row(conn, school, key)
            if row.step != CHECKED:
                return
            _only(conn, school)
            _set(conn, school, key, step=WRITING, done=0, total=None, beat_ms=_beat())
        self._begin(school, key)

    def stop(self, school: str, key: str) -> None:
        """Ask for its end; of a file that was checked, let go."""
        with self._db.begin(school) as conn:
            row = _row(conn, school, key)
            if row.step == CHECKED or _lost(row):
                _set(conn, school, key, step=STOPPED, content=None)
            elif row.step in BUSY:
                _set(conn, school, key, stop=True)

    def see(self, school: str, key: str, *, whole: bool = False) -> Job:
        """How far a job is; whole: with every problem that is kept. Raises CentralError for one that is not there."""
        with self._db.read() as conn:
            return _told(_row(conn, school, key), _PROBLEMS_MAX if whole else SHOWN)

    def recent(self, school: str) -> list[Job]:
        """The newest first."""
        query = _query(school).order_by(imports.c.begun_ms.desc()).limit(_KEPT)
        with self._db.read() as conn:
            return [_told(row) for row in conn.execute(query)]

    def _begin(self, school: str, key: str) -> None:
        threading.Thread(target=self.work, args=(school, key), name="import", daemon=True).start()

    def work(self, school: str, key: str) -> None:
        """Do what the job's step asks for, to its end, whatever that is."""
        try:
            with self._there(school, key):
                self._work(school, key)
        except KioskError as error:
            self._end(school, key, FAILED, {"why": str(error)})
        except BaseException:
            self._end(school, key, FAILED, {"why": ""})
            raise

    @contextlib.contextmanager
    def _there(self, school: str, key: str) -> Iterator[None]:
        """Say all the while that somebody works on it."""
        over = threading.Event()

        def tell() -> None:
            while not over.wait(self._there_s):
                with contextlib.suppress(CentralError), self._db.begin() as conn:
                    _set(conn, school, key, beat_ms=_beat())

        telling = threading.Thread(target=tell, name="import-there", daemon=True)
        telling.start()
        try:
            yield
        finally:
            over.set()
            telling.join()

    def _work(self, school: str, key: str) -> None:
        with self._db.read() as conn:
            query = select(imports).where(imports.c.school == school, imports.c.id == key)
            row = conn.execute(query).one()
            rules = rules_in_force(conn, school)
        if rules is None:
            raise CentralError("no rules were published yet")
        options = Wish(**json.loads(row.options)).options(rules, self._now_ms())
        beat = _Beat(self._db, school, key)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "file"
            file.write_bytes(row.content)
            staging = Staging.fresh(Path(folder), "catalogue", row.name)
            try:
                self._run(school, row, staging, file, options, beat)
            except ImportFailed as error:
                # The file lies in a folder of ours; whoever sent it knows it by its name.
                raise CentralError(str(error).replace(str(file), row.name)) from error
            finally:
                staging.close()

    def _run(
        self, school: str, row: Any, staging: Staging, file: Path, options: Options, beat: _Beat
    ) -> None:
        count = read_file(staging, "catalogue", file, options, progress=beat, stop=beat.end)
        told: dict[str, Any] = {"rows": count, "unit": staging.get("unit") or "line"}
        if beat.end.asked:
            self._end(school, row.id, STOPPED, told)
            return
        beat.begin("comparing", None)
        found = compare(self._db, school, staging, options)
        told["counts"] = {k: dataclasses.asdict(count) for k, count in found.counts.items()}
        told["left_alone"] = found.left_alone
        if row.step == CHECKING:
            self._end(school, row.id, STOPPED if beat.end.asked else CHECKED, told, staging)
            return
        now_ms = self._now_ms()
        whole = write(self._db, school, staging, now_ms=now_ms, progress=beat, stop=beat.end)
        if not whole:
            told["kept"] = take_back(self._db, school, staging, now_ms=now_ms)
        else:
            self._note(school, row, told["counts"])
        self._end(school, row.id, DONE if whole else STOPPED, told, staging)

    def _note(self, school: str, row: Any, counts: Mapping[str, Mapping[str, int]]) -> None:
        changed = {kind: count["new"] + count["changed"] for kind, count in counts.items()}
        told = f"imported {changed['title']} titles, {changed['copy']} copies"
        with self._db.begin(school) as conn:
            Desk(conn, school, row.staff, self._now_ms()).note(told)

    def _end(
        self,
        school: str,
        key: str,
        step: str,
        told: Mapping[str, Any],
        staging: Staging | None = None,
    ) -> None:
        problems = (
            sorted(staging.problems(), key=lambda p: (not p.rejected, p.line)) if staging else []
        )
        rejected = sum(p.rejected for p in problems)
        report = {**told, "rejected": rejected, "notes": len(problems) - rejected}
        kept = [dataclasses.astuple(p) for p in problems[:_PROBLEMS_MAX]]
        over = {} if step == CHECKED else {"content": None}
        with self._db.begin(school) as conn:
            values = {"report": json.dumps(report), "problems": json.dumps(kept)}
            _set(conn, school, key, step=step, beat_ms=_beat(), **values, **over)


class _Beat:
    """Progress into the job's row, at most once a second, and out of it whether to stop."""

    def __init__(self, db: Database, school: str, key: str) -> None:
        self._db, self._school, self._key = db, school, key
        self._done, self._total, self._told = 0, None, 0.0
        self.end = Stop()

    _total: int | None

    def begin(self, what: str, total: int | None) -> None:
        self._done, self._total = 0, total
        self._tell()

    def advance(self, count: int) -> None:
        self._done += count
        if time.monotonic() - self._told >= _BEAT_S:
            self._tell()

    def _tell(self) -> None:
        self._told = time.monotonic()
        with self._db.begin() as conn:
            _set(conn, self._school, self._key, done=self._done, total=self._total, beat_ms=_beat())
            row = _row(conn, self._school, self._key)
            # A machine that stood still for minutes may find that its job was given up.
            if row.stop or row.step not in BUSY:
                self.end.ask()


def _beat() -> int:
    # Not the record's clock, which a demo moves by hours: how long a worker is silent is measured.
    return time.time_ns() // 1_000_000


_COLUMNS = tuple(c for c in imports.c if c.name != "content")


def _query(school: str) -> Any:
    return select(*_COLUMNS).where(imports.c.school == school)


def _row(conn: Connection, school: str, key: str) -> Any:
    row = conn.execute(_query(school).where(imports.c.id == key)).first()
    if row is None:
        raise CentralError(f"there is no import {key}")
    return row


def _set(conn: Connection, school: str, key: str, **values: Any) -> None:
    where = (imports.c.school == school, imports.c.id == key)
    conn.execute(update(imports).where(*where).values(**values))


def _lost(row: Any) -> bool:
    return row.step in BUSY and _beat() - row.beat_ms > STALE_MS


def _only(conn: Connection, school: str) -> None:
    """Two at once would each undo what the other has checked."""
    for row in conn.execute(_query(school).where(imports.c.step.in_(BUSY))):
        if not _lost(row):
            raise CentralError(f"another import is running: {row.name}")


def _tidy(conn: Connection, school: str, newest: str) -> None:
    """Of the others only the newest are kept, and no file that was checked and forgotten."""
    others = (imports.c.school == school, imports.c.id != newest)
    query = select(imports.c.id).where(*others).order_by(imports.c.begun_ms.desc())
    old = conn.execute(query.offset(_KEPT)).scalars().all()
    conn.execute(imports.delete().where(*others, imports.c.id.in_(old)))
    waiting = (*others, imports.c.step == CHECKED)
    conn.execute(update(imports).where(*waiting).values(step=STOPPED, content=None))


def _told(row: Any, most: int = SHOWN) -> Job:
    report = json.loads(row.report or "{}")
    problems = json.loads(row.problems or "[]")
    return Job(
        id=row.id,
        name=row.name,
        step=row.step,
        begun_ms=row.begun_ms,
        staff=row.staff,
        done=row.done,
        total=row.total,
        lost=_lost(row),
        rows=report.get("rows", 0),
        unit=report.get("unit", "line"),
        counts=report.get("counts", {}),
        rejected=report.get("rejected", 0),
        notes=report.get("notes", 0),
        left_alone=report.get("left_alone", 0),
        kept=report.get("kept", 0),
        why=report.get("why", ""),
        problems=tuple(Problem(*each) for each in problems[:most]),
    )
