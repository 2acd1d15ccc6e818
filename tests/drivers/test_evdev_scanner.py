"""The driver of scanners that type, from the kernel's struct upwards; the device's end is a pipe."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.errors import DriverError, ScannerHeld, ScannerNotFound
from drivers.evdev_device import InputDevice
from drivers.evdev_scanner import EvdevScanner
from drivers.framing import Framing
from drivers.key_events import EV_SYN, SYN_DROPPED, SYN_REPORT, KeyState
from tests.drivers.wires import CTRL, SHIFT, Ear, Typist, wait_until

PATH = "/dev/input/by-id/usb-ACME-event-kbd"


@pytest.fixture
def typist() -> Iterator[Typist]:
    typist = Typist()
    yield typist
    typist.unplug()


@pytest.fixture
def scanner(typist: Typist) -> Iterator[EvdevScanner]:
    scanner = EvdevScanner("cards", PATH, Framing(), open_device=typist.open)
    yield scanner
    scanner.stop()


def heard(scanner: EvdevScanner) -> Ear:
    ear = Ear()
    scanner.start(ear)
    wait_until(lambda: scanner.health()["state"] == "green", "green")
    return ear


def test_two_scanners_at_once_are_told_apart_by_device(
    scanner: EvdevScanner, typist: Typist
) -> None:
    other = Typist()
    books = EvdevScanner("books", PATH, Framing(), open_device=other.open)
    ear = heard(scanner)
    books.start(ear)
    wait_until(lambda: books.health()["state"] == "green", "green")
    typist.type("12")
    other.type("77")
    typist.type("3\r")
    ear.hears(1)
    other.type("8\r")
    ear.hears(2)
    assert [(scan.device, scan.text) for scan in ear.scans] == [("cards", "123"), ("books", "778")]
    books.stop()
    other.unplug()


def test_a_barcode_of_control_keys_types_nothing_and_the_next_scan_counts(
    scanner: EvdevScanner, typist: Typist
) -> None:
    ear = heard(scanner)
    typist.type("12")
    typist.press(CTRL, 47)
    typist.press(56, 62)
    typist.press(125, 19)
    typist.type("\r")
    assert ear.hears(1) == [""]
    assert scanner.health() == {
        "state": "yellow",
        "what": (
            "cards: the last scan was not believed, because it presses control keys: "
            "## Ctrl Ctrl+V Alt Alt+F4 Meta Meta+R"
        ),
        "do": "take the label away; if every scan does this, set the scanner to a US keyboard without Alt codes",
    }
    typist.type("123\r")
    assert ear.hears(2) == ["", "123"]
    assert scanner.health()["state"] == "green"


def test_dropped_events_are_told_and_the_key_state_is_read_again(
    scanner: EvdevScanner, typist: Typist
) -> None:
    ear = heard(scanner)
    typist.send((1, SHIFT, 1))
    typist.type("ab")
    typist.send((EV_SYN, SYN_DROPPED, 0), (EV_SYN, SYN_REPORT, 0))
    typist.type("c\r")
    assert ear.hears(1) == [""]
    told = "cards: the last scan was not believed, because the kernel dropped part of it: @@@"
    assert scanner.health()["what"] == told
    typist.type("a123\r")
    assert ear.hears(2)[1] == "a123"


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (
            errno.EBUSY,
            ScannerHeld,
            f"scanner cards: {PATH} is held by another program that this user may not look at",
        ),
        (errno.ENOENT, ScannerNotFound, f"scanner cards: {PATH} is not there"),
    ],
)
def test_a_device_that_cannot_be_opened_says_why(
    number: int, kind: type[DriverError], words: str
) -> None:
    def refuse(path: str) -> InputDevice:
        raise OSError(number, "no")

    scanner = EvdevScanner("cards", PATH, Framing(), open_device=refuse)
    with pytest.raises(kind) as caught:
        scanner._open()
    assert caught.value.what == words
    assert "device in station.toml" in caught.value.do


def test_a_device_whose_state_cannot_be_read_is_closed_again() -> None:
    closed: list[str] = []

    class Broken:
        where = "broken"

        def read(self, wait_s: float) -> list[tuple[tuple[int, int, int], int]]:
            raise AssertionError("never read")

        def state(self) -> KeyState:
            raise OSError(errno.ENODEV, "gone")

        def close(self) -> None:
            closed.append("closed")

    scanner = EvdevScanner("cards", PATH, Framing(), open_device=lambda path: Broken())
    with pytest.raises(ScannerNotFound):
        scanner._open()
    assert closed == ["closed"]


def test_a_scanner_named_by_numbers_that_is_not_plugged_in_is_told(tmp_path: Path) -> None:
    scanner = EvdevScanner("cards", "dead:beef", Framing())
    scanner.start(Ear())
    wait_until(lambda: scanner.health()["state"] == "red", "red")
    assert str(scanner.health()["what"]) == "scanner cards: no device answers to dead:beef"
    scanner.stop()
