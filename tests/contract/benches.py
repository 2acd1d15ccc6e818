"""One bench for each kind of scanner: the scanner, and hands that make its device scan, break and come back."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from drivers.evdev_scanner import EvdevScanner
from drivers.framing import Framing
from drivers.scan import Scanner
from drivers.serial_scanner import SerialScanner
from drivers.simulator import SimulatedScanner
from tests.drivers.wires import CTRL, Ear, Terminal, Typist, wait_until

LONGEST = 128


class Bench(Protocol):
    """`scan` types whole barcodes back to back; `slowly` lets one arrive in pieces; `damage` spoils one on its way."""

    @property
    def scanner(self) -> Scanner: ...

    def scan(self, *texts: str) -> None: ...

    def slowly(self, text: str) -> None: ...

    def damage(self, text: str) -> None: ...

    def unplug(self) -> None: ...

    def replug(self) -> None: ...

    def close(self) -> None: ...


class Simulated:
    def __init__(self, folder: Path) -> None:
        self.scanner = SimulatedScanner("front")

    def scan(self, *texts: str) -> None:
        for text in texts:
            self.scanner.scan(text)

    def slowly(self, text: str) -> None:
        self.scanner.scan(text)

    def damage(self, text: str) -> None:
        self.scanner.garble(text)

    def unplug(self) -> None:
        self.scanner.unplug()

    def replug(self) -> None:
        self.scanner.replug()

    def close(self) -> None:
        self.scanner.stop()


class OnTerminal:
    def __init__(self, folder: Path) -> None:
        self._terminal = Terminal(folder)
        self.scanner = SerialScanner("books", str(self._terminal.path), Framing())

    def scan(self, *texts: str) -> None:
        self._terminal.send("".join(f"{text}\r" for text in texts).encode())

    def slowly(self, text: str) -> None:
        raw = f"{text}\r".encode()
        self._terminal.send(*(raw[at : at + 3] for at in range(0, len(raw), 3)))

    def damage(self, text: str) -> None:
        self._terminal.send(text[:-1].encode() + b"\xb1\r")

    def unplug(self) -> None:
        self._terminal.unplug()

    def replug(self) -> None:
        self._terminal.replug()

    def close(self) -> None:
        self.scanner.stop()
        self._terminal.close()


class OnPipe:
    def __init__(self, folder: Path) -> None:
        self._typist = Typist()
        self.scanner = EvdevScanner(
            "cards", "/dev/input/by-id/x", Framing(), open_device=self._typist.open
        )

    def scan(self, *texts: str) -> None:
        for text in texts:
            self._typist.type(f"{text}\r")

    def slowly(self, text: str) -> None:
        for char in f"{text}\r":
            self._typist.type(char)
            time.sleep(0.005)

    def damage(self, text: str) -> None:
        self._typist.type(text)
        self._typist.press(CTRL, 47)
        self._typist.type("\r")

    def unplug(self) -> None:
        self._typist.unplug()

    def replug(self) -> None:
        self._typist.replug()

    def close(self) -> None:
        self.scanner.stop()
        self._typist.unplug()


BENCHES: dict[str, Callable[[Path], Bench]] = {
    "simulator": Simulated,
    "serial": OnTerminal,
    "keyboard": OnPipe,
}


def real_scanner(port: str) -> Scanner:
    """The device that was named on the command line: an input device by its path or ids, else a serial port."""
    if port.startswith("/dev/input/") or (port.count(":") in (1, 2) and "/" not in port):
        return EvdevScanner("real", port, Framing())
    return SerialScanner("real", port, Framing(encoding="utf-8"))


def started(bench: Bench, ear: Ear | None = None) -> Ear:
    ear = ear or Ear()
    bench.scanner.start(ear)
    wait_until(lambda: state(bench) == "green", f"green; it is {bench.scanner.health()}")
    return ear


def state(bench: Bench) -> object:
    return bench.scanner.health()["state"]


def ask(request: pytest.FixtureRequest, words: str) -> None:
    """Speak to the person at the real device, past pytest's capture."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        os.write(1, f"\n>>> {words}\n".encode())
