"""A station on a disk that is really full: returns go on from the reserve, and nothing that was said is lost."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.faults import ledger
from tests.faults.demo import Demo, free_port, kiosk, kiosk_here, shown_on, small_school
from tests.faults.disks import Disk, small_disk
from tests.kiosk.school import CITY, INSECTS, MORE, SEA, XIAOMAN

RESERVE_MB = 4
# A return takes some 50 KB until the log is folded in: so many, and a disk without reserve is full.
MANY = 400


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path, 32) as made:
        small_school(made.folder)
        path = made.folder / "config" / "station.toml"
        text = path.read_text(encoding="utf-8")
        text = re.sub(r"(?m)^reserve_mb = \d+", f"reserve_mb = {RESERVE_MB}", text)
        text = re.sub(r"(?m)^stop_checkouts_below_mb = \d+", "stop_checkouts_below_mb = 8", text)
        path.write_text(re.sub(r"(?m)^repeat_ms = \d+", "repeat_ms = 0", text), encoding="utf-8")
        yield made


@contextmanager
def running(disk: Disk) -> Iterator[Demo]:
    # Without the demo's central record, which would lie on the same small disk.
    demo = Demo(disk.folder, free_port(), alone=True)
    try:
        yield demo.ready()
    finally:
        demo.close()


def reserve(disk: Disk) -> Path:
    return disk.folder / "data" / "reserve.bin"


def scanned(demo: Demo, *texts: str) -> Any:
    """The screen after these scans, each of which has been heard, or seen to end the visit."""
    screen = demo.screen()
    for text in texts:
        demo.scan(text)
        if text == "CMD-FINISH":
            screen = demo.screen(lambda s: s["place"] == "idle")
        else:
            screen = demo.screen(partial(_heard, screen["cue_n"]))
    return screen


def _heard(before: int, screen: Any) -> bool:
    return bool(screen["cue_n"] > before)


def all_taken(demo: Demo, disk: Disk) -> None:
    """The disk is full, and the reserve is gone too: the station says so, and never "scan again"."""
    reserve(disk).unlink()
    disk.fill()
    for number in range(MANY):
        notice = scanned(demo, MORE[number % len(MORE)]).get("notice")
        if notice:
            break
    assert notice["reason"] == "store_full", notice
    assert "try_again" not in str(notice)


def all_is_well(demo: Demo) -> None:
    """Checkouts and returns go on, and the journal and the loans are whole."""
    screen = scanned(demo, XIAOMAN, MORE[3])
    assert shown_on(screen, ["lent"]) >= {MORE[3]}
    scanned(demo, "CMD-FINISH", MORE[3])
    checked = kiosk_here("journal", "verify", "--config", str(demo.folder / "config"))
    assert (checked.exit_code, "0 faults" in checked.stdout) == (0, True)
    ledger.hold_whole(demo.store)
    assert MORE[3] not in ledger.loans(demo.store)


def test_a37_returns_and_cards_go_on_from_the_reserve_when_checkouts_have_stopped(
    disk: Disk,
) -> None:
    with running(disk) as demo:
        scanned(demo, XIAOMAN, CITY, SEA, "CMD-FINISH")
        disk.fill()
        before = reserve(disk).stat().st_size
        assert before == RESERVE_MB << 20
        for _ in range(20):
            for barcode in (CITY, SEA):
                screen = scanned(demo, barcode)
                assert screen["place"] == "returns", screen
        # Only a part of the reserve has been given away: what filled the disk cannot take it all at once.
        assert 0 < reserve(disk).stat().st_size < before
        screen = scanned(demo, XIAOMAN)
        assert screen["visit"]["name"] == "李小满"
        screen = scanned(demo, INSECTS)
        assert [line["reason"] for line in screen["visit"]["lines"]] == ["store_full"]
        assert demo.get("/health")["store"]["state"] == "red"
        assert ledger.loans(demo.store) == {}
        disk.free()
        scanned(demo, "CMD-FINISH")
        demo.screen(lambda s: reserve(disk).stat().st_size == RESERVE_MB << 20)
        all_is_well(demo)


def test_without_any_room_the_screen_says_so_and_all_goes_on_once_there_is_some(
    disk: Disk,
) -> None:
    with running(disk) as demo:
        scanned(demo, XIAOMAN, CITY, "CMD-FINISH")
        all_taken(demo, disk)
        said = len(ledger.entries(demo.store))
        for text in (CITY, XIAOMAN, "99999999"):
            assert scanned(demo, text)["notice"]["reason"] == "store_full"
        assert len(ledger.entries(demo.store)) == said
        disk.free()
        screen = scanned(demo, CITY)
        assert shown_returned(screen) == [CITY]
        demo.screen(lambda s: reserve(disk).exists() and not s["status"]["store_full"])
        all_is_well(demo)
        assert "Traceback" not in demo.said()


def shown_returned(screen: Any) -> list[str]:
    return [line["barcode"] for line in screen["returns"]["lines"] if line["kind"] == "returned"]


def test_a_station_ends_when_asked_on_a_full_disk_and_starts_again_by_its_reserve(
    disk: Disk,
) -> None:
    with running(disk) as demo:
        scanned(demo, XIAOMAN, CITY, SEA, "CMD-FINISH")
        disk.fill()
        ends_cleanly(demo)
    disk.fill()
    with running(disk) as demo:
        assert set(ledger.loans(demo.store)) == {CITY, SEA}
        assert shown_returned(scanned(demo, CITY)) == [CITY]
        disk.free()
        all_is_well(demo)


def test_a_station_that_cannot_start_for_want_of_room_says_so_and_starts_when_there_is_some(
    disk: Disk,
) -> None:
    with running(disk) as demo:
        scanned(demo, XIAOMAN, CITY, SEA, "CMD-FINISH")
        all_taken(demo, disk)
        ends_cleanly(demo)
    disk.fill()
    refused = kiosk("run", "--demo", "--config", str(disk.folder / "config"), "--port", "0")
    assert refused.returncode == 1
    assert re.search(r"Error: the disk of \S+/data is full.* free some space", refused.stderr)
    assert "Traceback" not in refused.stderr
    disk.free()
    with running(disk) as demo:
        assert set(ledger.loans(demo.store)) <= {CITY, SEA}
        all_is_well(demo)


def ends_cleanly(demo: Demo) -> None:
    demo.process.send_signal(signal.SIGTERM)
    assert demo.process.wait(15) == 0, demo.said()
    assert "Traceback" not in demo.said()
