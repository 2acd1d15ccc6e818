"""What every scanner keeps: simulator, serial port, keyboard, camera on a video file, recordings, a real device.

A real one: `pytest tests/contract --scanner /dev/ttyACM0` (or an input device, or a camera); it asks a person to scan.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from config.station import ScannerSettings
from drivers.evdev_scanner import EvdevScanner
from drivers.make import make_scanner
from drivers.recording import Recording, events_of, load
from drivers.scan import Scan, Scanner
from tests.contract.benches import LONGEST, Bench, ask, real_scanner, started, state
from tests.drivers.wires import Ear, Terminal, Typist, wait_until

RECORDINGS = sorted((Path(__file__).parent / "recordings").glob("*.jsonl"))
PERSON_S = 60
MANY = [f"b-{number:06}" for number in range(200)]


def test_scans_arrive_in_order_none_lost_none_doubled(bench: Bench) -> None:
    ear = started(bench)
    bench.scan(*MANY)
    ear.hears(len(MANY))
    bench.scan("last")
    assert ear.hears(len(MANY) + 1) == [*MANY, "last"]


def test_a_scan_says_which_device_and_when(bench: Bench) -> None:
    ear = started(bench)
    before = time.monotonic_ns() // 1_000_000
    bench.scan("20240001")
    ear.hears(1)
    (scan,) = ear.scans
    assert scan == Scan("20240001", bench.symbology, bench.scanner.name, scan.at_ms)
    assert before - 1 <= scan.at_ms <= time.monotonic_ns() // 1_000_000


def test_a_scan_that_arrives_in_pieces_is_one_scan(bench: Bench) -> None:
    ear = started(bench)
    bench.slowly("20240001-longer")
    bench.scan("next")
    assert ear.hears(2) == ["20240001-longer", "next"]


def test_a_second_start_and_a_second_stop_change_nothing(bench: Bench) -> None:
    first = started(bench)
    second = started(bench)
    bench.scan("1234")
    assert second.hears(1) == ["1234"]
    assert first.scans == []
    bench.scanner.stop()
    bench.scanner.stop()


def test_after_stop_nothing_is_heard_and_after_start_it_goes_on(bench: Bench) -> None:
    ear = started(bench)
    bench.scan("1")
    ear.hears(1)
    bench.scanner.stop()
    ear_again = started(bench)
    bench.scan("2")
    assert ear_again.hears(1) == ["2"]
    assert ear.texts == ["1"]


def test_stop_leaves_no_thread_behind_and_is_prompt(bench: Bench) -> None:
    before = set(threading.enumerate())
    started(bench)
    began = time.monotonic()
    bench.scanner.stop()
    assert time.monotonic() - began < 1.5
    assert set(threading.enumerate()) <= before


def test_a_damaged_scan_is_reported_and_the_next_one_is_sound(wired: Bench) -> None:
    ear = started(wired)
    wired.damage("20240001")
    assert ear.hears(1) == [""]
    wait_until(lambda: state(wired) == "yellow", "yellow")
    health = wired.scanner.health()
    assert "the last scan was not believed" in str(health["what"])
    assert health["do"]
    # What was seen may be a card's number: health and log do not show it.
    assert "2024" not in str(health)
    wired.scan("20240001")
    assert ear.hears(2) == ["", "20240001"]
    wait_until(lambda: state(wired) == "green", "green")


def test_a_scan_longer_than_the_limit_is_no_scan(wired: Bench) -> None:
    ear = started(wired)
    wired.scan("9" * LONGEST, "9" * (LONGEST + 1), "9" * 5_000, "next")
    assert ear.hears(4) == ["9" * LONGEST, "", "", "next"]


def test_a_listener_that_fails_is_told_and_the_next_scan_is_read(bench: Bench) -> None:
    ear = started(bench, Ear(fail_on="bad"))
    bench.scan("bad")
    wait_until(lambda: state(bench) == "red", "red")
    assert bench.scanner.health() == {
        "state": "red",
        "what": f"{bench.scanner.name}: the station did not take a scan (RuntimeError('the desk tripped'))",
        "do": "scan again; if it stays, restart the station",
    }
    bench.scan("good")
    assert ear.hears(2) == ["bad", "good"]
    wait_until(lambda: state(bench) == "green", "green")


def test_unplugged_is_red_and_after_replug_it_goes_on_without_a_restart(bench: Bench) -> None:
    ear = started(bench)
    for turn in range(2):
        bench.scan(f"before-{turn}")
        ear.hears(2 * turn + 1)
        bench.unplug()
        wait_until(lambda: state(bench) == "red", "red")
        health = bench.scanner.health()
        assert bench.scanner.name in str(health["what"])
        assert "plug" in str(health["do"])
        bench.replug()
        wait_until(lambda: state(bench) == "green", "green")
        bench.scan(f"after-{turn}")
        ear.hears(2 * turn + 2)
    assert ear.texts == ["before-0", "after-0", "before-1", "after-1"]


def test_a_scanner_that_is_plugged_in_after_the_start_is_found(bench: Bench) -> None:
    bench.unplug()
    ear = Ear()
    bench.scanner.start(ear)
    wait_until(lambda: state(bench) == "red", "red")
    bench.replug()
    wait_until(lambda: state(bench) == "green", "green")
    bench.scan("1")
    assert ear.hears(1) == ["1"]


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_a_recording_gives_what_its_device_scanned(path: Path, tmp_path: Path) -> None:
    recording, ear = load(path), Ear()
    play = {"serial": _play_serial, "keyboard": _play_keyboard}[recording.kind]
    play(recording, tmp_path, ear)
    assert ear.texts == recording.expect


def test_there_are_recordings_of_both_kinds() -> None:
    assert {load(path).kind for path in RECORDINGS} == {"serial", "keyboard"}


def _recorded(recording: Recording, **where: str) -> Scanner:
    """A scanner that is set as the recorded one was."""
    table = {"name": "recorded", "kind": recording.kind, **recording.settings, **where}
    return make_scanner(ScannerSettings.model_validate(table))


def _play_serial(recording: Recording, folder: Path, ear: Ear) -> None:
    terminal = Terminal(folder)
    scanner = _recorded(recording, port=str(terminal.path))
    scanner.start(ear)
    wait_until(lambda: scanner.health()["state"] == "green", "green")
    began = time.monotonic()
    for ms, raw in recording.reads:
        time.sleep(max(0.0, began + ms / 1000 - time.monotonic()))
        terminal.send(raw, pause_s=0)
    ear.hears(len(recording.expect))
    scanner.stop()
    terminal.close()


def _play_keyboard(recording: Recording, folder: Path, ear: Ear) -> None:
    typist = Typist()
    scanner = _recorded(recording, device="/dev/input/by-id/x")
    assert isinstance(scanner, EvdevScanner)
    scanner._open_device = typist.open
    scanner.start(ear)
    began = time.monotonic()
    for ms, raw in recording.reads:
        time.sleep(max(0.0, began + ms / 1000 - time.monotonic()))
        typist.send(*events_of(raw))
    ear.hears(len(recording.expect))
    scanner.stop()
    typist.unplug()


@pytest.fixture
def real(request: pytest.FixtureRequest) -> Iterator[Scanner]:
    port = request.config.getoption("--scanner")
    if not port:
        pytest.skip("no real scanner named: pytest tests/contract --scanner PORT")
    scanner = real_scanner(port)
    yield scanner
    scanner.stop()


def by_hand(request: pytest.FixtureRequest, words: str, done: Callable[[], bool]) -> None:
    """Ask the person for something, and wait until it is done."""
    ask(request, f"{words}; there are {PERSON_S} seconds.")
    end = time.monotonic() + PERSON_S
    while not done():
        assert time.monotonic() < end, f"not done: {words}"
        time.sleep(0.05)


def heard(ear: Ear, count: int) -> bool:
    return len(ear.scans) >= count


def green(scanner: Scanner) -> bool:
    return scanner.health()["state"] == "green"


@pytest.mark.hardware
def test_a_real_scanner_is_opened_reads_is_let_go_and_opened_again(
    real: Scanner, request: pytest.FixtureRequest
) -> None:
    scans: list[Scan] = []
    for times in (3, 1):
        ear = Ear()
        real.start(ear)
        wait_until(lambda: green(real), "green")
        words = f"Scan one and the same barcode {times} times on {real.name}"
        by_hand(request, words, partial(heard, ear, times))
        real.stop()
        assert not green(real)
        scans += ear.scans
    (text,) = {scan.text for scan in scans}
    assert 0 < len(text) <= LONGEST
    assert {scan.device for scan in scans} == {real.name}


@pytest.mark.hardware
def test_a_real_scanner_comes_back_after_it_was_unplugged(
    real: Scanner, request: pytest.FixtureRequest
) -> None:
    ear = Ear()
    real.start(ear)
    wait_until(lambda: green(real), "green")
    by_hand(request, f"Unplug {real.name}", lambda: real.health()["state"] == "red")
    assert "plug" in str(real.health()["do"])
    by_hand(request, f"Plug {real.name} in again", lambda: green(real))
    by_hand(request, f"Scan something on {real.name}", lambda: bool(ear.scans))
    assert ear.texts[0]
