"""The far end of a scanner's wire: a pseudo-terminal for a serial scanner, a pipe for one that types."""

from __future__ import annotations

import contextlib
import errno
import os
import queue
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path

from drivers.evdev_device import EVENT, Event, read_events
from drivers.key_events import EV_KEY, EV_SYN, SYN_REPORT, KeyState
from drivers.scan import Scan

PATIENCE_S = 10.0
SHIFT, CTRL, ENTER = 42, 29, 28
_ROWS = {2: "1234567890-=", 16: "qwertyuiop[]", 30: "asdfghjkl;'`", 44: "zxcvbnm,./", 57: " "}
CODES = {char: first + at for first, row in _ROWS.items() for at, char in enumerate(row)}
CODES["\r"] = ENTER


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Fails by name after ten seconds; no test sleeps for a fixed time and hopes."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, f"waited {PATIENCE_S} s for {what}"
        time.sleep(0.005)


class Ear:
    """A listener that keeps what it was told; `fail_on` names a text on which it raises."""

    def __init__(self, fail_on: str | None = None) -> None:
        self.scans: list[Scan] = []
        self.threads: set[str] = set()
        self._fail_on = fail_on

    def __call__(self, scan: Scan) -> None:
        self.scans.append(scan)
        self.threads.add(threading.current_thread().name)
        if scan.text == self._fail_on:
            raise RuntimeError("the desk tripped")

    @property
    def texts(self) -> list[str]:
        return [scan.text for scan in self.scans]

    def hears(self, count: int) -> list[str]:
        wait_until(lambda: len(self.scans) >= count, f"{count} scans; heard {self.texts}")
        return self.texts


class Terminal:
    """A serial scanner behind a link that keeps its name over unplug and replug; it writes in a thread of its own."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "scanner"
        self._jobs: queue.Queue[bytes | None] = queue.Queue()
        self._thread = threading.Thread(target=self._write, name="device", daemon=True)
        self._thread.start()
        self.replug()

    def send(self, *pieces: bytes, pause_s: float = 0.02) -> None:
        """Hand pieces to the device; it pauses after each."""
        self._pause_s = pause_s
        for piece in pieces:
            self._jobs.put(piece)

    def unplug(self) -> None:
        self._jobs.join()
        self.path.unlink()
        os.close(self._far)

    def replug(self) -> None:
        self._far, near = os.openpty()
        tty.setraw(near)
        self.port = os.ttyname(near)
        # Only the driver holds the near end, so that whoever else has it open can be found.
        os.close(near)
        self.path.symlink_to(self.port)

    def close(self) -> None:
        self._jobs.put(None)
        self._thread.join()
        if self.path.is_symlink():
            self.unplug()

    def _write(self) -> None:
        while (piece := self._jobs.get()) is not None:
            while piece:
                piece = piece[os.write(self._far, piece) :]
            time.sleep(self._pause_s)
            self._jobs.task_done()
        self._jobs.task_done()


class PipeDevice:
    """Stands where the kernel's device would: events come through a pipe in the kernel's own struct."""

    where = "keyboard scanner on a pipe"

    def __init__(self, descriptor: int, state: Callable[[], KeyState]) -> None:
        self._descriptor = descriptor
        self.state = state

    def read(self, wait_s: float) -> list[tuple[Event, int]]:
        return read_events(self._descriptor, wait_s)

    def close(self) -> None:
        os.close(self._descriptor)


class Typist:
    """A scanner that types; `open` is what the driver opens it with."""

    def __init__(self) -> None:
        self.state = KeyState()
        self.opened = 0
        self._far: int | None = None
        self._near: int | None = None
        self.replug()

    def open(self, path: str) -> PipeDevice:
        if self._near is None:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        self.opened += 1
        return PipeDevice(os.dup(self._near), lambda: self.state)

    def send(self, *events: Event) -> None:
        assert self._far is not None
        now = time.monotonic_ns() // 1000
        for event in events:
            os.write(self._far, EVENT.pack(*divmod(now, 1_000_000), *event))

    def type(self, text: str) -> None:
        for char in text:
            self.send(*keys_of(char))

    def press(self, *codes: int) -> None:
        """Keys held together, as in a shortcut."""
        self.send(*((EV_KEY, code, 1) for code in codes), (EV_SYN, SYN_REPORT, 0))
        self.send(*((EV_KEY, code, 0) for code in reversed(codes)), (EV_SYN, SYN_REPORT, 0))

    def unplug(self) -> None:
        for end in (self._far, self._near):
            if end is not None:
                with contextlib.suppress(OSError):
                    os.close(end)
        self._far = self._near = None

    def replug(self) -> None:
        self._near, self._far = os.pipe()


def keys_of(char: str) -> list[Event]:
    """The events of one character as a US keyboard sends them."""
    shifted = char.isupper()
    code = CODES[char.lower()]
    keys = [(EV_KEY, code, 1), (EV_SYN, SYN_REPORT, 0), (EV_KEY, code, 0), (EV_SYN, SYN_REPORT, 0)]
    return [(EV_KEY, SHIFT, 1), *keys, (EV_KEY, SHIFT, 0)] if shifted else keys
