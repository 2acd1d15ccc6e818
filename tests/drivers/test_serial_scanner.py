"""The serial driver on pseudo-terminals and sockets: real bytes, real locks, real rights."""

from __future__ import annotations

import contextlib
import errno
import grp
import itertools
import os
import socket
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from drivers.errors import ScannerHeld, ScannerMisnamed, ScannerNotFound, ScannerNotPermitted
from drivers.framing import Framing
from drivers.serial_scanner import SerialScanner, address_of, ports_here
from tests.drivers.wires import Ear, Terminal, wait_until

NOBODY = 65534


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.close()


@pytest.fixture
def scanner(terminal: Terminal) -> Iterator[SerialScanner]:
    scanner = SerialScanner("books", str(terminal.path), Framing())
    yield scanner
    scanner.stop()


def is_state(scanner: SerialScanner, state: str) -> None:
    wait_until(lambda: scanner.health()["state"] == state, f"{state}; it is {scanner.health()}")


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """As a user without rights or groups; whoever is no root is one already."""
    if os.geteuid() != 0:
        yield
        return
    groups, group = os.getgroups(), os.getegid()
    os.setgroups([])
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)


def opens(port: str) -> bool:
    """Whether a plain `cat` could read along."""
    try:
        os.close(os.open(port, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK))
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        return False
    return True


def test_the_port_is_locked_for_this_program_and_free_after_stop(
    scanner: SerialScanner, terminal: Terminal
) -> None:
    os.chmod(terminal.port, 0o666)
    scanner.start(Ear())
    is_state(scanner, "green")
    with pytest.raises(serial.SerialException):
        serial.Serial(terminal.port, exclusive=True)
    with as_nobody():
        assert opens(terminal.port) is False
    scanner.stop()
    serial.Serial(terminal.port, exclusive=True).close()
    with as_nobody():
        assert opens(terminal.port) is True


def test_a_port_held_by_another_program_names_it_and_is_taken_once_it_is_free(
    scanner: SerialScanner, terminal: Terminal
) -> None:
    hold = (
        "import serial, sys; port = serial.Serial(sys.argv[1], exclusive=True);"
        "print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", hold, str(terminal.path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        with pytest.raises(ScannerHeld) as caught:
            scanner._open()
        assert str(caught.value).startswith(
            f"scanner books: {terminal.path} is held by process {other.pid} ({sys.executable} -c import serial"
        )
        assert str(caught.value).endswith("); stop it, or set another port in station.toml")
        ear = Ear()
        scanner.start(ear)
        is_state(scanner, "red")
        assert f"process {other.pid}" in str(scanner.health()["what"])
        other.communicate("")
    is_state(scanner, "green")
    terminal.send(b"123\r")
    assert ear.hears(1) == ["123"]


def test_a_port_named_by_two_scanners_says_that_it_is_this_program(
    scanner: SerialScanner, terminal: Terminal
) -> None:
    scanner.start(Ear())
    is_state(scanner, "green")
    twin = SerialScanner("twin", str(terminal.path), Framing())
    with pytest.raises(ScannerHeld) as caught:
        twin._open()
    assert caught.value.do == "this program opened it itself: do two scanners name it as port?"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a port away to a group")
def test_a_port_that_the_user_may_not_open_names_the_group_to_join(terminal: Terminal) -> None:
    group = grp.getgrgid(20)
    os.chown(terminal.port, 0, group.gr_gid)
    os.chmod(terminal.port, 0o660)
    with as_nobody(), pytest.raises(ScannerNotPermitted) as caught:
        SerialScanner("books", terminal.port, Framing())._open()
    assert str(caught.value) == (
        f"scanner books: {terminal.port} may be opened by group {group.gr_name} only, "
        "and nobody does not belong to it; "
        f"run: sudo usermod -aG {group.gr_name} nobody, then restart the station"
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="root is another user's stand-in here")
def test_a_port_that_no_group_may_open_does_not_advise_to_join_root(terminal: Terminal) -> None:
    os.chown(terminal.port, 0, 0)
    os.chmod(terminal.port, 0o660)
    with as_nobody(), pytest.raises(ScannerNotPermitted) as caught:
        SerialScanner("books", terminal.port, Framing())._open()
    assert caught.value.what == f"scanner books: {terminal.port} may not be opened by nobody"
    assert caught.value.do == f"look at its rights with: ls -l {terminal.port}"


def test_a_port_that_is_not_there_says_so_and_what_to_do(tmp_path: Path) -> None:
    scanner = SerialScanner("books", str(tmp_path / "gone"), Framing())
    with pytest.raises(ScannerNotFound) as caught:
        scanner._open()
    assert caught.value.what == f"scanner books: {tmp_path / 'gone'} is not there"
    assert caught.value.do.startswith("plug it in, or correct port in station.toml")


@pytest.mark.parametrize(
    ("port", "baud", "words"),
    [("sokcet://localhost:1", 9600, "not known"), ("loop://", -5, "baudrate")],
)
def test_a_port_or_speed_that_cannot_be_is_told(port: str, baud: int, words: str) -> None:
    with pytest.raises(ScannerMisnamed, match=words) as caught:
        SerialScanner("books", port, Framing(), baud=baud)._open()
    assert caught.value.do == "correct port in station.toml"


def test_a_bare_name_is_looked_for_where_devices_lie(tmp_path: Path) -> None:
    assert address_of("null") == "/dev/null"
    assert address_of("usb-ACME-if00", tmp_path) == f"{tmp_path}/usb-ACME-if00"
    assert address_of("/dev/ttyS9") == "/dev/ttyS9"
    assert address_of("socket://10.0.0.9:4001") == "socket://10.0.0.9:4001"
    (tmp_path / "usb-ACME-if00").touch()
    assert ports_here(tmp_path) == ["usb-ACME-if00"]
    assert ports_here(tmp_path / "none") == []


def test_a_scanner_on_the_network_is_read_through_a_socket() -> None:
    ear = Ear()
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"socket://127.0.0.1:{server.getsockname()[1]}"
        scanner = SerialScanner("books", address, Framing())
        scanner.start(ear)
        far, _ = server.accept()
        is_state(scanner, "green")
        far.sendall(b"123\r45")
        far.sendall(b"6\r")
        assert ear.hears(2) == ["123", "456"]
        far.close()
        is_state(scanner, "red")
        far, _ = server.accept()
        is_state(scanner, "green")
        far.sendall(b"789\r")
        assert ear.hears(3)[2] == "789"
        far.close()
        scanner.stop()


def test_stop_returns_promptly_while_nothing_is_read_and_while_the_port_is_gone(
    scanner: SerialScanner, terminal: Terminal, tmp_path: Path
) -> None:
    scanner.start(Ear())
    is_state(scanner, "green")
    gone = SerialScanner("gone", str(tmp_path / "gone"), Framing())
    gone.start(Ear())
    is_state(gone, "red")
    for one in (scanner, gone):
        began = time.monotonic()
        one.stop()
        assert time.monotonic() - began < 1.5
    assert not [t for t in threading.enumerate() if t.name in ("scanner books", "scanner gone")]


def test_the_wait_between_tries_grows_and_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[float] = []

    def open_line() -> None:
        tries.append(time.monotonic())
        raise OSError(errno.EIO, "Input/output error")

    from drivers import keeper
    from drivers.delivery import Delivery

    monkeypatch.setattr(keeper, "LONGEST_WAIT_S", 0.3)
    kept = keeper.Keeper(Delivery("books"), open_line)  # type: ignore[arg-type]
    kept.start(Ear())
    wait_until(lambda: len(tries) >= 8, "eight tries")
    kept.stop()
    waits = [after - before for before, after in itertools.pairwise(tries)]
    assert waits[0] >= 0.1
    assert waits[1] >= 0.2
    assert all(0.3 <= wait < 2 for wait in waits[2:])


def test_the_terminals_settings_are_raw(scanner: SerialScanner, terminal: Terminal) -> None:
    ear = Ear()
    scanner.start(ear)
    is_state(scanner, "green")
    terminal.send(b"\x03\x04\x1a\x11\x13A\r")
    assert ear.hears(1) == ["\x03\x04\x1a\x11\x13A"]
    local_flags = termios.tcgetattr(terminal._far)[3]
    assert not local_flags & (termios.ECHO | termios.ICANON | termios.ISIG)
