"""Recordings: what "spy:" writes beside the scanning, how much of it, and that it plays again as it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.station import ScannerSettings
from drivers.evdev_scanner import EvdevScanner
from drivers.make import make_scanners
from drivers.recording import Recorder, events_of, load
from drivers.scan import Scanner
from tests.contract.test_scanners import test_a_recording_gives_what_its_device_scanned as plays
from tests.drivers.wires import Ear, Terminal, Typist, wait_until

HEAD = {"kind": "serial", "device": "x", "made": "by a test", "settings": {}}
Spied = Callable[..., Scanner]


@pytest.fixture
def spied(tmp_path: Path) -> Iterator[Spied]:
    """A scanner of station.toml's table, with its spy writing into tmp_path."""
    made: list[Scanner] = []

    def make(**table: object) -> Scanner:
        settings = ScannerSettings.model_validate({"name": "front desk", **table})
        made.extend(make_scanners([settings], spy_folder=tmp_path / "spy"))
        return made[-1]

    yield make
    for scanner in made:
        scanner.stop()


def says(scanner: Scanner, words: str) -> None:
    wait_until(lambda: words in str(scanner.health()["what"]), f"{words}: {scanner.health()}")


def test_a_spied_serial_scanner_scans_as_before_and_all_its_bytes_are_kept(
    spied: Spied, tmp_path: Path
) -> None:
    terminal, ear = Terminal(tmp_path), Ear()
    scanner = spied(kind="serial", port=f"spy:{terminal.path}", ends_with="crlf")
    scanner.start(ear)
    says(scanner, "serial scanner on")
    terminal.send(b"\x5dC0AB1\r\n", b"B\xff\r\n")
    assert ear.hears(2) == ["AB1", ""]
    scanner.stop()
    terminal.close()
    file = tmp_path / "spy/front_desk.jsonl"
    kept = load(file)
    assert b"".join(raw for _, raw in kept.reads) == b"\x5dC0AB1\r\nB\xff\r\n"
    assert (kept.expect, kept.settings) == (["AB1", ""], {"ends_with": "crlf"})
    assert file.stat().st_mode & 0o777 == 0o600
    plays(file, tmp_path)


def test_a_spied_keyboard_scanner_scans_as_before_and_all_its_keys_are_kept(
    spied: Spied, tmp_path: Path
) -> None:
    typist, ear = Typist(), Ear()
    scanner = spied(kind="keyboard", device="spy:/dev/input/by-id/x", prefix="A")
    assert isinstance(scanner, EvdevScanner)
    scanner._open_device = typist.open
    scanner.start(ear)
    typist.type("a20240001\rA20240001\r")
    assert ear.hears(2) == ["", "20240001"]
    scanner.stop()
    typist.unplug()
    file = tmp_path / "spy/front_desk.jsonl"
    kept = load(file)
    events = [event for _, raw in kept.reads for event in events_of(raw)]
    assert events[:2] == [(1, 30, 1), (0, 0, 0)]
    assert (kept.expect, kept.settings) == (["", "20240001"], {"prefix": "A"})
    plays(file, tmp_path)


def test_a_spy_is_yellow_and_says_that_card_numbers_are_written(
    spied: Spied, tmp_path: Path
) -> None:
    terminal = Terminal(tmp_path)
    scanner = spied(kind="serial", port=f"spy:{terminal.path}")
    scanner.start(Ear())
    says(scanner, f"is written to {tmp_path}/spy/front_desk.jsonl, card numbers too")
    health = scanner.health()
    assert health["state"] == "yellow"
    assert str(health["do"]).startswith('once the trouble is found: take "spy:" out')
    scanner.stop()
    terminal.close()


def test_a_spy_that_cannot_write_says_so_and_the_scanning_goes_on(
    spied: Spied, tmp_path: Path
) -> None:
    (tmp_path / "spy").write_text("a file where the folder should be")
    terminal, ear = Terminal(tmp_path), Ear()
    scanner = spied(kind="serial", port=f"spy:{terminal.path}")
    scanner.start(ear)
    says(scanner, "serial scanner on")
    terminal.send(b"1\r", b"2\r")
    assert ear.hears(2) == ["1", "2"]
    says(scanner, "no longer recorded: ")
    assert scanner.health()["state"] == "yellow"
    scanner.stop()
    terminal.close()


def test_without_a_folder_nothing_is_recorded(tmp_path: Path) -> None:
    terminal, ear = Terminal(tmp_path), Ear()
    table = {"name": "a", "kind": "serial", "port": f"spy:{terminal.path}"}
    (scanner,) = make_scanners([ScannerSettings.model_validate(table)])
    scanner.start(ear)
    says(scanner, "serial scanner on")
    terminal.send(b"1\r")
    assert ear.hears(1) == ["1"]
    assert scanner.health()["state"] == "green"
    scanner.stop()
    terminal.close()
    assert list(tmp_path.iterdir()) == []


def test_a_recording_is_bounded_and_keeps_the_newest(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "x.jsonl", HEAD, most_bytes=1_000)
    for number in range(200):
        recorder.read(b"%06d\r" % number)
    recorder.close()
    old, new = tmp_path / "x.jsonl.old", tmp_path / "x.jsonl"
    assert sorted(tmp_path.iterdir()) == [new, old]
    assert all(file.stat().st_size < 1_100 for file in (old, new))
    kept = [raw for file in (old, new) for _, raw in load(file).reads]
    assert kept == [b"%06d\r" % number for number in range(200 - len(kept), 200)]


def test_what_was_recorded_before_is_set_aside_not_overwritten(tmp_path: Path) -> None:
    for text in (b"1\r", b"2\r"):
        recorder = Recorder(tmp_path / "x.jsonl", HEAD)
        recorder.read(text)
        recorder.close()
    assert load(tmp_path / "x.jsonl.old").reads[0][1] == b"1\r"
    assert load(tmp_path / "x.jsonl").reads[0][1] == b"2\r"


def test_a_recording_that_broke_off_is_read_up_to_its_last_whole_line(tmp_path: Path) -> None:
    lines = [json.dumps(HEAD), '{"ms": 0, "hex": "310d"}', '{"ms": 0, "te']
    (tmp_path / "x.jsonl").write_text("\n".join(lines))
    assert load(tmp_path / "x.jsonl").reads == [(0, b"1\r")]
