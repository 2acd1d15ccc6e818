"""Two at the same copy in the same moment, on a real file: exactly one gets it."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from kiosk.desk_values import Who
from kiosk.domain import Reason, Receipt
from tests.faults import ledger
from tests.kiosk.acts import read_by
from tests.kiosk.school import CITY, IN_WINDOW, MORE, TEACHER, XIAOMAN, School

ROUNDS = 50
PUPIL, OTHER = Who("p1", XIAOMAN), Who("p3", TEACHER)

# What one of two processes does: says that it is ready, waits for the word, lends every copy, tells how each went.
LENDER = """
import sys
from datetime import datetime
from pathlib import Path
from kiosk.desk import Desk
from kiosk.desk_values import Who
from kiosk.clock import MovableClock
from kiosk.journal import Journal
from kiosk.rulebook import Rulebook
from kiosk.store.store import Store
folder, patron, card, *barcodes = sys.argv[1:]
rules = Rulebook(Path(folder) / "config" / "library.toml").current
start = datetime.fromisoformat("2026-11-25T11:45:00+08:00")
clock = MovableClock(start.tzinfo, start, running=False)
desk = Desk(Store.open(Path(folder) / "data"), Journal("kiosk-1", clock), lambda: rules, room="main")
print("ready", flush=True)
for barcode in barcodes:
    sys.stdin.readline()
    receipt = desk.checkout(Who(patron, card), barcode, clock.now())
    print(receipt.verdict.reason.value, flush=True)
"""


def at_once(school: School, *acts: tuple[Who, str]) -> list[Receipt]:
    """Each act in a thread of its own, let go by one barrier."""
    barrier = threading.Barrier(len(acts))
    receipts: list[Receipt] = []

    def act(who: Who, barcode: str) -> None:
        barrier.wait()
        receipts.append(school.desk.checkout(who, barcode, school.now))

    threads = [threading.Thread(target=act, args=one) for one in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return receipts


def test_two_threads_that_lend_the_same_copy_at_once_lend_it_once(tmp_path: Path) -> None:
    school = School(tmp_path)
    winners: Counter[str] = Counter()
    for _ in range(ROUNDS):
        receipts = at_once(school, (PUPIL, CITY), (OTHER, CITY))
        (won,) = [r for r in receipts if r.verdict.allowed]
        (lost,) = [r for r in receipts if not r.verdict.allowed]
        assert lost.verdict.reason is Reason.ON_LOAN
        assert won.patron is not None
        winners[won.patron.id] += 1
        assert ledger.loans(school.store.folder)[CITY].patron_id == won.patron.id
        school.desk.checkin(CITY, school.now)
    assert len(ledger.hold_whole(school.store.folder)) == 3 * ROUNDS
    assert sum(winners.values()) == ROUNDS
    school.close()


def test_two_threads_never_pass_a_patrons_limit_together(tmp_path: Path) -> None:
    school = School(tmp_path)
    for _ in range(10):
        receipts = at_once(school, *((PUPIL, barcode) for barcode in MORE[:6]))
        assert sum(r.verdict.allowed for r in receipts) == 3
        for barcode in MORE[:6]:
            school.desk.checkin(barcode, school.now)
    ledger.hold_whole(school.store.folder)
    school.close()


def test_two_processes_that_lend_the_same_copy_at_once_lend_it_once(tmp_path: Path) -> None:
    school = School(tmp_path)
    barcodes = MORE[:3]
    command = [sys.executable, "-c", LENDER, str(tmp_path)]
    pair = [
        subprocess.Popen(
            [*command, *who, *barcodes], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for who in (("p1", XIAOMAN), ("p3", TEACHER))
    ]
    assert [said(one) for one in pair] == ["ready", "ready"]
    for _ in barcodes:
        for one in pair:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        assert sorted(said(one) for one in pair) == ["ok", "on_loan"]
    for one in pair:
        one.communicate()
        assert one.returncode == 0
    assert len(ledger.hold_whole(school.store.folder)) == 2 * len(barcodes)
    school.close()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize("threads", [4])
def test_two_hundred_scans_from_four_threads_are_each_done_once_and_in_order(
    tmp_path: Path, threads: int
) -> None:
    school = School(tmp_path).open()
    each = 200 // threads
    barrier = threading.Barrier(threads)

    def pour(number: int) -> None:
        barrier.wait()
        for n in range(each):
            assert school.scanner.scan(f"T{number}-{n:03d}")

    pouring = [threading.Thread(target=pour, args=(n,)) for n in range(threads)]
    for thread in pouring:
        thread.start()
    for thread in pouring:
        thread.join()
    school.station.settled()
    texts = [read_by(entry) for entry in ledger.hold_whole(school.store.folder)]
    assert len(texts) == len(set(texts)) == 200
    for number in range(threads):
        mine = [text for text in texts if text.startswith(f"T{number}-")]
        assert mine == [f"T{number}-{n:03d}" for n in range(each)]
    assert school.station.waiting == 0
    school.close()


def test_books_scanned_by_four_hands_are_lent_and_taken_back_in_turn(tmp_path: Path) -> None:
    """Each copy is scanned four times on the idle screen and lent by nobody: every scan is a return, none is lost."""
    school = School(tmp_path).open()
    threads = [
        threading.Thread(target=lambda: [school.scanner.scan(barcode) for barcode in MORE])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    school.station.settled()
    counted = Counter(e["copy"] for e in ledger.hold_whole(school.store.folder))
    assert counted == dict.fromkeys(MORE, 4)
    school.close()


def test_scans_that_wait_when_the_station_stops_are_still_done(tmp_path: Path) -> None:
    school = School(tmp_path).open()
    school.clock.set(IN_WINDOW)
    for barcode in MORE:
        school.scanner.scan(barcode)
    school.station.stop()
    assert len(ledger.hold_whole(school.store.folder)) == len(MORE)
    school.close()
