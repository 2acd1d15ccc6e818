"""The simulator's hands."""

from __future__ import annotations

from drivers.simulator import SimulatedScanner
from tests.drivers.wires import Ear


def test_nobody_hears_a_scan_that_was_made_before_start_after_stop_or_unplugged() -> None:
    scanner, ear = SimulatedScanner("front"), Ear()
    assert scanner.scan("1") is False
    scanner.start(ear)
    assert scanner.scan("2") is True
    scanner.unplug()
    assert scanner.scan("3") is False
    scanner.replug()
    assert scanner.scan("4") is True
    scanner.stop()
    assert scanner.stutter("5") is False
    assert scanner.garble("6") is False
    assert ear.texts == ["2", "4"]


def test_stutter_sends_the_same_scan_several_times() -> None:
    scanner, ear = SimulatedScanner("front"), Ear()
    scanner.start(ear)
    assert scanner.stutter("123", times=3)
    assert ear.texts == ["123"] * 3


def test_a_garbled_scan_is_reported_and_is_no_other_barcode() -> None:
    scanner, ear = SimulatedScanner("front"), Ear()
    scanner.start(ear)
    assert scanner.garble("20240001")
    assert ear.texts == [""]
    assert scanner.health() == {
        "state": "yellow",
        "what": (
            "front: the last scan was not believed, because it is not text in the encoding of the settings: "
            "#######<ff>"
        ),
        "do": "scan again; if it stays, check encoding and baud in station.toml",
    }
    scanner.scan("1")
    assert scanner.health() == {"state": "green", "what": "front: simulated scanner", "do": ""}


def test_any_text_may_be_scanned_and_none_raises() -> None:
    scanner, ear = SimulatedScanner("front"), Ear()
    scanner.start(ear)
    for text in ("图书1", "\x1b[2J\x03\x16", "\ud800", "7" * 4096, "", "12\r"):
        assert scanner.scan(text)
    assert ear.texts == ["图书1", "\x1b[2J\x03\x16", "", "", "12"]


def test_unplugged_is_red_and_says_what_to_do() -> None:
    scanner = SimulatedScanner("front")
    assert scanner.health()["state"] == "green"
    scanner.unplug()
    assert scanner.health() == {
        "state": "red",
        "what": "front: simulated scanner is unplugged",
        "do": "plug it in again on the panel",
    }
