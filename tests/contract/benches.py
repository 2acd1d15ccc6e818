"""One bench for each kind of scanner: the scanner, and hands that make its device scan, break and come back."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from drivers.camera import CameraScanner, is_film
from drivers.decode import Image, Symbology
from drivers.evdev_scanner import EvdevScanner
from drivers.framing import Framing
from drivers.look import Looked
from drivers.make import make_scanner, settings_of
from drivers.scan import Scanner
from drivers.serial_scanner import SerialScanner
from drivers.simulator import SimulatedScanner
from drivers.site_profile import SiteProfile
from tests.drivers.views import NOTHING, WIDE, Projection, view
from tests.drivers.wires import CTRL, Ear, Terminal, Typist, wait_until

LONGEST = 128
HELD = 4
LABELS = (
    "#",
    "@@@",
    "@@@@",
    "####",
    "########",
    "b-######",
    "before-#",
    "after-#",
    "########-@@@@@@",
)


class Bench(Protocol):
    """`scan` types whole barcodes back to back; `slowly` lets one arrive in pieces; `damage` spoils one on its way.

    `symbology`: what the scanner says of each.
    """

    symbology: str

    @property
    def scanner(self) -> Scanner: ...

    def scan(self, *texts: str) -> None: ...

    def slowly(self, text: str) -> None: ...

    def damage(self, text: str) -> None: ...

    def unplug(self) -> None: ...

    def replug(self) -> None: ...

    def close(self) -> None: ...


class Simulated:
    symbology = ""

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
    symbology = ""

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
    symbology = ""

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


class OnFilm:
    """A camera that watches a video file; every label is held still for a few frames."""

    symbology = str(Symbology.CODE128)

    def __init__(self, folder: Path) -> None:
        self._projection = Projection(folder)
        self._written = self._watched = 0
        profile = SiteProfile(shapes=dict.fromkeys(LABELS, "none"))
        self.scanner = CameraScanner(
            "camera", str(self._projection.path), profile=lambda: profile, watch=self._watch
        )
        self._show(NOTHING)

    def scan(self, *texts: str) -> None:
        self._show(*(view(text) for text in texts))

    def slowly(self, text: str) -> None:
        self._show(*(view(text, shift=shift) for shift in (-400, -250, -100, 0)))

    def damage(self, text: str) -> None:
        self._show(view(text)[:, : WIDE // 2])

    def unplug(self) -> None:
        self._projection.remove()

    def replug(self) -> None:
        self._written = self._watched = 0
        self._show(NOTHING)

    def close(self) -> None:
        self.scanner.stop()

    def _show(self, *views: Image) -> None:
        # A film that is being watched is not taken away: its labels would be lost, as from under a real camera.
        wait_until(lambda: self._watched == self._written, "the end of the film before")
        self._written += self._projection.show(one for one in views for _ in range(HELD))

    def _watch(self, looked: Looked) -> None:
        self._watched += 1


WIRED: dict[str, Callable[[Path], Bench]] = {
    "simulator": Simulated,
    "serial": OnTerminal,
    "keyboard": OnPipe,
}
BENCHES = {**WIRED, "video file": OnFilm}


def real_scanner(port: str) -> Scanner:
    """The device that was named on the command line: camera, input device by its path or ids, else a serial port."""
    if port.startswith(("/dev/video", "/dev/v4l/")) or is_film(port):
        return CameraScanner("real", port)
    return make_scanner(settings_of(port))


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
