"""Imports on a disk that is really full, or becomes so: the store is as it was, or it is told what is to be done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk.bootstrap_demo import lay_out
from kiosk.errors import StoreFull
from kiosk.imports import finish_interrupted
from kiosk.imports.staging import FILE, ROOM
from kiosk.imports.stopping import Stop
from kiosk.sample.large import write_csv
from kiosk.store.store import Store
from tests.faults.demo import kiosk
from tests.faults.disks import Disk, small_disk
from tests.kiosk.imports.taking import Taking
from tests.kiosk.imports.test_steps import At

COPIES = 1_800
AS_IT_WAS = (
    r"nothing of large\.csv was imported, for the disk of \S+/data has too little room: "
    r"\d+ MB free, \d+ MB of them kept for lending, about \d+ MB needed; the store is as it was"
)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path, 32) as made:
        yield made


@pytest.fixture
def school(disk: Disk) -> Iterator[Taking]:
    """A store with something in it already, which is new in part and changed in part by the large file."""
    made = Taking(disk.folder)
    made.take(
        "catalogue", "条码号,题名,分类号\n00000001,红楼梦,X\n00000700,旧书,X\n09999999,别的,X\n"
    )
    yield made
    made.store.close()


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    path = tmp_path / "large.csv"
    write_csv(path, COPIES)
    return path


@pytest.mark.parametrize(
    ("part", "dry_run"),
    [
        ("reading", False),
        ("reading", True),
        ("comparing", False),
        ("comparing", True),
        ("writing", False),
    ],
)
def test_a_disk_that_fills_up_meanwhile_leaves_the_store_as_it_was(
    school: Taking, disk: Disk, catalogue: Path, part: str, dry_run: bool
) -> None:
    before = school.all()
    rows = 900 if part == "writing" else 0
    with pytest.raises(StoreFull, match=AS_IT_WAS):
        school.take("catalogue", catalogue, progress=At(part, rows, disk.fill), dry_run=dry_run)
    assert school.all() == before
    left_nothing(school)
    disk.free()
    report = school.take("catalogue", catalogue)
    assert report.comparison.counts["copy"].new == COPIES - 2


def left_nothing(school: Taking) -> None:
    assert not [name for name in (FILE, ROOM) if (school.store.folder / name).exists()]


def test_an_import_that_would_stop_the_checkouts_is_not_begun(
    school: Taking, catalogue: Path
) -> None:
    before, own = school.all(), school.store
    school.store = Store(own.folder, stop_below_mb=own.free_mb() - 9)
    with pytest.raises(StoreFull, match=AS_IT_WAS):
        school.take("catalogue", catalogue)
    school.store.close()
    school.store = own
    assert school.all() == before
    left_nothing(school)


class FillAgain(At):
    """Whatever fills the disk takes also what the import lets go of."""

    def __init__(self, disk: Disk, ask: Callable[[], None]) -> None:
        super().__init__("writing", 900, ask)
        self._disk = disk

    def begin(self, what: str, total: int | None) -> None:
        if what == "undoing":
            self._disk.fill()
        super().begin(what, total)


@pytest.mark.parametrize("why", ["the disk", "Ctrl-C"])
def test_what_cannot_be_taken_back_waits_and_the_station_starts_without_it(
    school: Taking, disk: Disk, catalogue: Path, why: str
) -> None:
    before, stop = school.all(), Stop()
    ask = stop.ask if why == "Ctrl-C" else disk.fill
    with pytest.raises(StoreFull, match="an import is half done, and the disk of"):
        school.take("catalogue", catalogue, progress=FillAgain(disk, ask), stop=stop)
    assert school.all() != before
    said = finish_interrupted(school.store)
    assert said.startswith("an import is half done and cannot be finished now"), said
    with pytest.raises(StoreFull, match="an import is half done, and the disk of"):
        school.take("catalogue", catalogue)
    disk.free()
    assert finish_interrupted(school.store) == (
        "finished undoing the import of large.csv, which had been broken off"
    )
    assert school.all() == before
    left_nothing(school)


def test_the_command_says_it_in_one_sentence(school: Taking, disk: Disk, catalogue: Path) -> None:
    config = lay_out(disk.folder)
    before = school.all()
    disk.fill()
    done = kiosk("import", "catalogue", str(catalogue), "--config", str(config))
    assert school.all() == before
    said = done.stderr.splitlines()
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert said[-1].startswith(
        f"Error: nothing of large.csv was imported, for the disk of {disk.folder}"
    )
    assert said[-1].endswith("the store is as it was: free some space, and import it again")
