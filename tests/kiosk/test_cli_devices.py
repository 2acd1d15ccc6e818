"""`kiosk probe` and `kiosk record` over pseudo-terminals; what runs until Ctrl-C as a process."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.recording import load
from tests.contract.test_scanners import test_a_recording_gives_what_its_device_scanned as plays
from tests.drivers.wires import Terminal
from tests.faults.demo import KIOSK, kiosk_here


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.close()


class Command:
    """A running command: `line` waits for the next line that it prints."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [*KIOSK, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().rstrip("\n")

    def end(self) -> tuple[int, str]:
        """Ctrl-C; exit code and the rest of what it said."""
        self._process.send_signal(signal.SIGINT)
        assert self._process.stdout
        with self._process.stdout as out:
            said = out.read()
        return self._process.wait(timeout=20), said


def test_probe_lists_a_port_with_the_lines_to_paste(terminal: Terminal) -> None:
    done = kiosk_here("probe", "--port", str(terminal.path))
    assert done.exit_code == 0
    assert f"serial  {terminal.path}  serial port\n" in done.stdout
    assert f'    kind = "serial"\n    port = "{terminal.path}"\n' in done.stdout


def test_probe_tells_which_device_scanned_and_how_it_frames(terminal: Terminal) -> None:
    probe = Command("probe", "--scan", "--port", str(terminal.path))
    while not probe.line().startswith("Scan something now"):
        pass
    terminal.send(b"\x02]C020240001\x03\r\n")
    assert probe.line() == f"{terminal.path}: Code 128 '20240001', ended by CRLF"
    assert probe.line() == "    [[scanners]]"
    code, said = probe.end()
    assert code == 0
    assert 'ends_with = "crlf"\n    prefix = "\\u0002"\n    suffix = "\\u0003"' in said


def test_probe_says_what_to_try_when_nothing_is_heard(terminal: Terminal) -> None:
    done = kiosk_here("probe", "--scan", "--seconds", "1", "--port", str(terminal.path))
    assert done.exit_code == 1
    assert "stop it first" in done.stderr


def test_a_device_that_goes_away_while_it_is_listened_to_is_told(
    terminal: Terminal, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = Terminal(tmp_path / "other")
    ports = ("--port", str(terminal.path), "--port", str(other.path))
    probe = Command("probe", "--scan", *ports)
    while not probe.line().startswith("Scan something now"):
        pass
    terminal.unplug()
    other.send(b"1234\r")
    assert probe.line().startswith(f"{other.path}: '1234'")
    assert f"serial  {terminal.path} cannot be listened to: it went away" in probe.end()[1]
    other.close()


def test_a_recording_is_made_until_ctrl_c_and_plays_again(
    terminal: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "books.jsonl"
    station = tmp_path / "config/station.toml"
    station.parent.mkdir()
    station.write_text(
        '[station]\nid = "a"\nname = "a"\n[[scanners]]\nname = "books"\nkind = "serial"\n'
        f'port = "spy:{terminal.path}"\nends_with = "crlf"\n'
    )
    record = Command("record", "books", str(file), "--config", str(station.parent), "--note", "two")
    assert record.line() == (
        f"Card numbers will stand in {file}: scan cards that belong to nobody."
    )
    assert record.line() == "Recording."
    terminal.send(b"20240001\r\n", b"B\xb1-77\r\n", pause_s=0.2)
    assert record.line() == "scan: ########"
    assert record.line() == "scan: damaged"
    assert record.end() == (0, f"{file}: 2 reads\n")
    made = load(file)
    assert (made.expect, made.settings) == (["20240001", ""], {"ends_with": "crlf"})
    (tmp_path / "again").mkdir()
    plays(file, tmp_path / "again")


def test_a_recording_of_nothing_leaves_no_file(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    record = Command("record", str(terminal.path), str(file), "--config", str(tmp_path))
    record.line()
    assert record.line() == "Recording."
    code, said = record.end()
    assert (code, "nothing was read" in said) == (1, True)
    assert not file.exists()


def test_a_device_that_is_not_there_is_told_while_it_is_waited_for(tmp_path: Path) -> None:
    record = Command("record", str(tmp_path / "no"), str(tmp_path / "x"), "--config", str(tmp_path))
    record.line()
    assert record.line().startswith(f"scanner {tmp_path}/no: {tmp_path}/no is not there; plug it")
    assert record.end()[0] == 1


@pytest.mark.parametrize(
    ("device", "words"),
    [
        ("front", "is a simulator; serial and keyboard scanners are recorded"),
        ("books", "station.toml names no scanner 'books'; there is: front"),
        ("", "names no device"),
        ("/" * 300, "names no device"),
    ],
)
def test_what_cannot_be_recorded_is_told(device: str, words: str, tmp_path: Path) -> None:
    done = kiosk_here("record", device, str(tmp_path / "x"))
    assert done.exit_code == 1
    assert words in done.stderr
    assert not (tmp_path / "x").exists()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("mine")
    done = kiosk_here("record", "/dev/ttyACM0", str(tmp_path / "x"))
    assert "is there already; choose another name" in done.stderr
    assert (tmp_path / "x").read_text() == "mine"
