"""Writing while the desk is open: short steps, undone when cancelled, finished after a crash."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk.errors import StoreHeld
from kiosk.imports import finish_interrupted
from kiosk.imports.progress import Silent
from kiosk.imports.staging import FILE, Staging
from kiosk.imports.stopping import Stop
from kiosk.sample.large import write_csv
from kiosk.store.lock import FolderLock
from kiosk.store.store import Store
from kiosk.store.tx import Tx
from tests.kiosk.imports.taking import Taking, counts

COPIES = 1_800


class At(Silent):
    """Does something once, when so many rows of a part of the import are done."""

    def __init__(self, part: str, rows: int, act: Callable[[], None]) -> None:
        self._part, self._rows, self._act = part, rows, act
        self._now, self._done, self._acted = "", 0, False

    def begin(self, what: str, total: int | None) -> None:
        self._now, self._done = what.split(" ")[0], 0
        self._try()

    def advance(self, count: int) -> None:
        self._done += count
        self._try()

    def _try(self) -> None:
        if self._now == self._part and self._done >= self._rows and not self._acted:
            self._acted = True
            self._act()


class Crash(Exception):
    """Stands for a process that ends at this very place."""


def _crash() -> None:
    raise Crash


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    path = tmp_path / "large.csv"
    write_csv(path, COPIES)
    return path


@pytest.mark.parametrize(
    ("part", "rows"), [("reading", 0), ("comparing", 0), ("writing", 0), ("writing", 1_200)]
)
def test_a_cancelled_import_leaves_the_store_as_it_was(
    school: Taking, catalogue: Path, part: str, rows: int
) -> None:
    school.take(
        "catalogue", "条码号,题名,分类号\n00000001,红楼梦,X\n00000700,旧书,X\n09999999,别的,X\n"
    )
    before = school.all()
    stop = Stop()
    report = school.take("catalogue", catalogue, progress=At(part, rows, stop.ask), stop=stop)
    assert report.cancelled
    assert report.summary() == ["cancelled: the store is as it was before"]
    assert school.all() == before
    assert not (school.store.folder / FILE).exists()


def test_what_was_lent_while_the_import_ran_stays_when_it_is_cancelled(
    school: Taking, catalogue: Path
) -> None:
    school.run(
        "INSERT INTO patrons (id, name, category, class_name) VALUES ('p', '李小满', 'student', '')"
    )
    stop = Stop()

    def lend_and_cancel() -> None:
        school.lend("00000001", "p")
        stop.ask()

    # 600 titles come first, then the copies.
    report = school.take(
        "catalogue", catalogue, progress=At("writing", 1_000, lend_and_cancel), stop=stop
    )
    assert school.rows("SELECT barcode FROM copies") == [("00000001",)]
    assert school.rows("SELECT title FROM titles") == [("红楼梦",)]
    assert school.one("SELECT count(*) FROM title_search") == 1
    assert school.rows("SELECT barcode, patron_id FROM loans") == [("00000001", "p")]
    assert report.kept == 2
    assert report.summary()[-1] == "except 2 new rows that were used meanwhile; they stay"


def test_patrons_who_borrowed_meanwhile_stay_with_their_cards(school: Taking) -> None:
    school.run("INSERT INTO titles VALUES (1, 't', '书', '', '', '', '', '', '')")
    school.run(
        "INSERT INTO copies VALUES ('00000001', 't', 'book', 'on_shelf', '', '', '', NULL, 1)"
    )
    stop = Stop()

    def lend_and_cancel() -> None:
        school.lend("00000001", "S5")
        stop.ask()

    rows = "".join(f"S{n},{n:010d},名{n},学生\n" for n in range(1_200))
    progress = At("writing", 1_800, lend_and_cancel)
    report = school.take(
        "patrons", "学号,卡号,姓名,读者类型\n" + rows, progress=progress, stop=stop
    )
    assert (report.cancelled, report.kept) == (True, 2)
    assert school.rows("SELECT id FROM patrons") == [("S5",)]
    assert school.rows("SELECT number FROM cards") == [("0000000005",)]


def test_a_row_that_somebody_changed_meanwhile_keeps_that_change(
    school: Taking, catalogue: Path
) -> None:
    school.take(
        "catalogue",
        "条码号,题名,书架\n00000001,红楼梦,旧\n00000002,红楼梦,旧\n00000003,红楼梦,旧\n",
    )
    stop = Stop()

    def move_and_cancel() -> None:
        school.run("UPDATE copies SET shelf = 'B7' WHERE barcode = '00000001'")
        stop.ask()

    school.take("catalogue", catalogue, progress=At("writing", 1_000, move_and_cancel), stop=stop)
    shelves = school.rows("SELECT shelf FROM copies ORDER BY barcode")
    assert shelves == [("B7",), ("旧",), ("旧",)]


def test_a_copy_that_came_from_elsewhere_meanwhile_is_set_as_the_file_says(
    school: Taking, catalogue: Path
) -> None:
    def come() -> None:
        school.run("INSERT INTO titles VALUES (1, 't', '书', '', '', '', '', '', '')")
        school.run(
            "INSERT INTO copies VALUES ('00000001', 't', 'book', 'lost', 'B7', '', '', NULL, 1)"
        )

    school.take("catalogue", catalogue, progress=At("writing", 0, come))
    seen = "SELECT shelf, state FROM copies WHERE barcode = '00000001'"
    assert school.one(seen) == ("3", "lost")
    assert school.one("SELECT count(*) FROM copies WHERE title_id = 't'") == 0


def test_a_copy_that_came_from_elsewhere_meanwhile_outlives_a_cancelled_import(
    school: Taking, catalogue: Path
) -> None:
    stop = Stop()

    class Both(At):
        def advance(self, count: int) -> None:
            super().advance(count)
            if self._now == "writing" and self._done > 1_000:
                stop.ask()

    def come() -> None:
        school.run("INSERT INTO titles VALUES (1, 't', '书', '', '', '', '', '', '')")
        school.run(
            "INSERT INTO copies VALUES ('00000001', 't', 'book', 'lost', 'B7', '', '', NULL, 1)"
        )

    school.take("catalogue", catalogue, progress=Both("writing", 0, come), stop=stop)
    assert school.rows("SELECT barcode, title_id, shelf FROM copies") == [("00000001", "t", "B7")]


class Meddled(Store):
    """A store in which somebody else writes just before the lock is taken, once."""

    act: Callable[[], None] | None = None

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        act, self.act = self.act, None
        if act is not None:
            act()
        with super().begin() as tx:
            yield tx


def test_a_change_between_note_and_write_is_what_is_set_back(school: Taking) -> None:
    head = "学号,卡号,姓名,读者类型\n"
    school.take("patrons", head + "S0,0000000000,旧,学生\n")
    rows = "".join(f"S{n},{n:010d},新,学生\n" for n in range(400))
    own, stop = school.store, Stop()
    meddled = Meddled(own.folder)

    class MeddleThenCancel(At):
        def advance(self, count: int) -> None:
            if self._now == "writing":
                stop.ask()

    def change() -> None:
        meddled.act = lambda: school.run("UPDATE patrons SET name = '中' WHERE id = 'S0'")

    school.store = meddled
    report = school.take(
        "patrons", head + rows, progress=MeddleThenCancel("writing", 0, change), stop=stop
    )
    meddled.close()
    school.store = own
    assert report.cancelled
    assert school.rows("SELECT id, name FROM patrons") == [("S0", "中")]


def test_how_a_row_was_is_noted_once(tmp_path: Path) -> None:
    staging = Staging.fresh(tmp_path, "patrons", "a.csv")
    staging.plan([("patron", "S1", {"name": "新"}, False)])
    for name in ("旧", "新"):
        staging.note_before(staging.after(0, 9), {"S1": {"name": name}}, done=0)
    assert staging.after(0, 9)[0].before == {"name": "旧"}
    staging.close()


@pytest.mark.parametrize("rows", [0, 1, 400, 1_900])
def test_an_import_that_was_killed_is_finished_at_the_next_start(
    school: Taking, catalogue: Path, tmp_path: Path, rows: int
) -> None:
    whole = Taking(tmp_path / "whole")
    whole.take("catalogue", catalogue)
    with pytest.raises(Crash):
        school.take("catalogue", catalogue, progress=At("writing", rows, _crash))
    assert school.one("SELECT count(*) FROM copies") < COPIES
    assert finish_interrupted(school.store) == (
        "finished the import of large.csv, which had been broken off"
    )
    assert school.all() == whole.all()
    assert not (school.store.folder / FILE).exists()
    assert finish_interrupted(school.store) == ""
    whole.store.close()


def test_an_import_that_was_killed_is_finished_before_the_next_one(
    school: Taking, catalogue: Path
) -> None:
    with pytest.raises(Crash):
        school.take("catalogue", catalogue, progress=At("writing", 100, _crash))
    report = school.take("catalogue", catalogue)
    assert report.summary()[0] == "finished the import of large.csv, which had been broken off"
    assert counts(report) == {"title": (0, 0, 600), "copy": (0, 0, COPIES)}


def test_undoing_that_was_killed_is_finished_at_the_next_start(
    school: Taking, catalogue: Path
) -> None:
    before = school.all()
    stop = Stop()

    class CancelThenCrash(At):
        def begin(self, what: str, total: int | None) -> None:
            super().begin(what, total)
            self._undoing = what == "undoing"

        def advance(self, count: int) -> None:
            super().advance(count)
            if self._undoing and self._done > 100:
                raise Crash

    with pytest.raises(Crash):
        school.take(
            "catalogue", catalogue, progress=CancelThenCrash("writing", 1_800, stop.ask), stop=stop
        )
    assert school.all() != before
    assert finish_interrupted(school.store) == (
        "finished undoing the import of large.csv, which had been broken off"
    )
    assert school.all() == before


def test_a_crash_before_anything_was_written_leaves_nothing_to_finish(
    school: Taking, catalogue: Path
) -> None:
    before = school.all()
    with pytest.raises(Crash):
        school.take("catalogue", catalogue, progress=At("comparing", 0, _crash))
    assert finish_interrupted(school.store) == ""
    assert school.all() == before


def test_a_loan_made_between_crash_and_finish_is_kept(school: Taking, catalogue: Path) -> None:
    school.run(
        "INSERT INTO patrons (id, name, category, class_name) VALUES ('p', '李小满', 'student', '')"
    )
    with pytest.raises(Crash):
        school.take("catalogue", catalogue, progress=At("writing", 1_000, _crash))
    school.lend("00000001", "p")
    finish_interrupted(school.store)
    assert school.one("SELECT last_entry FROM copies WHERE barcode = '00000001'") == "kiosk-1:1:1"
    assert school.one("SELECT count(*) FROM copies") == COPIES


def test_only_one_import_runs_at_a_time_and_the_other_is_named(
    school: Taking, catalogue: Path
) -> None:
    with FolderLock(school.store.folder, "import.lock"):
        with pytest.raises(
            StoreHeld, match=r"another import is running: .* is in use by process \d+"
        ):
            school.take("catalogue", catalogue)
        assert finish_interrupted(school.store) == ""


def test_the_desk_writes_between_the_steps(school: Taking, catalogue: Path) -> None:
    """What is asserted is that the desk gets its turn again and again, not how fast."""
    over = threading.Event()
    turns: list[float] = []
    desk_store = Store.open(school.store.folder)

    def desk() -> None:
        while not over.is_set():
            with desk_store.begin() as tx:
                tx.set_value("desk", str(len(turns)))
            turns.append(time.monotonic())
            time.sleep(0.002)

    written: list[float] = []
    thread = threading.Thread(target=desk)
    thread.start()
    begin = At("writing", 0, lambda: written.append(time.monotonic()))
    school.take("catalogue", catalogue, progress=begin)
    ended = time.monotonic()
    over.set()
    thread.join()
    desk_store.close()
    during = [t for t in turns if written[0] < t < ended]
    assert len(during) >= 10


def test_reading_and_comparing_never_take_the_write_lock(school: Taking, catalogue: Path) -> None:
    """The desk holds the lock the whole time; a dry run does not even notice."""
    with school.store.begin() as tx:
        tx.set_value("desk", "busy")
        report = school.take("catalogue", catalogue, dry_run=True)
    assert counts(report)["copy"] == (COPIES, 0, 0)
