"""What is plugged into this machine, who holds it, and the lines of station.toml that name it; nothing is opened."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serial.tools.list_ports import comports

from drivers.evdev_device import best_name, devices
from drivers.holders import holders_of, refused
from drivers.suggest import quoted
from drivers.usb_printers import UNDRIVEN, printers_here

BUILT_IN = "serial port of the machine itself; only a scan tells whether anything is connected"
# There is one such table, and a second one would be refused.
_PRINTER = "[printer]  # in place of the [printer] that stands there"


@dataclass(frozen=True, slots=True)
class Plugged:
    """A device. `name`: what names it for good; `lines`: its table in station.toml; `notes`: what stands in the way."""

    kind: str
    path: str
    what: str
    name: str
    lines: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Machine:
    """Where to look."""

    sys: Path = Path("/sys")
    dev: Path = Path("/dev")
    proc: Path = Path("/proc")
    ports: Callable[[], Iterable[Any]] = comports

    def plugged(self, also: Iterable[str] = ()) -> list[Plugged]:
        """Every serial port, device that types, camera and printer; `also`: serial ports that nothing lists."""
        return [*self._serial(also), *self._keyboards(), *self._cameras(), *self._printers()]

    def _serial(self, also: Iterable[str]) -> Iterator[Plugged]:
        listed = {port.device: _port_words(port) for port in self.ports()}
        every = dict.fromkeys(also, "serial port") | listed
        for at, (path, what) in enumerate(sorted(every.items()), 1):
            link = self._link(path, "serial/by-id")
            name = Path(link).name if link else path
            yield self._one("serial", path, what, name, _table(at, "serial", "port", name))

    def _keyboards(self) -> Iterator[Plugged]:
        for at, one in enumerate(devices(self.sys / "class/input", self.dev / "input"), 1):
            name = best_name(one.path, self.dev / "input")
            what = f"{one.name} ({one.vendor}:{one.product}), types like a keyboard"
            lines = _table(at, "keyboard", "device", name)
            yield self._one("keyboard", one.path, what, name, lines)

    def _cameras(self) -> Iterator[Plugged]:
        # A camera has further nodes, for its metadata; the first one gives pictures.
        nodes = sorted((self.sys / "class/video4linux").glob("video*"))
        for at, node in enumerate((n for n in nodes if _text(n / "index") in ("", "0")), 1):
            path = str(self.dev / node.name)
            name = self._link(path, "v4l/by-id") or path
            lines = _table(at, "camera", "device", name)
            yield self._one("camera", path, _text(node / "name"), name, lines)

    def _printers(self) -> Iterator[Plugged]:
        for one in printers_here(self.sys):
            what = f"{one.words} ({one.ids})".strip()
            lines = (_PRINTER, 'kind = "usb"', f"device = {quoted(one.ids)}")
            if one.node:
                yield self._one("printer", str(self.dev / "usb" / one.node), what, one.ids, lines)
            else:
                note = "; ".join(UNDRIVEN)
                yield Plugged("printer", "(no device file)", what, one.ids, lines, (note,))

    def _one(self, kind: str, path: str, what: str, name: str, lines: tuple[str, ...]) -> Plugged:
        return Plugged(kind, path, what, name, lines, tuple(self._notes(path)))

    def _notes(self, path: str) -> Iterator[str]:
        for holder in holders_of(path, self.proc):
            yield f"opened by {holder}"
        if not os.access(path, os.R_OK | os.W_OK, effective_ids=True):
            number = errno.EACCES if os.path.exists(path) else errno.ENOENT
            trouble = refused(OSError(number, os.strerror(number)), "it", path, "it")
            yield f"{trouble.what.removeprefix('it: ')}; {trouble.do}"

    def _link(self, path: str, folder: str) -> str:
        """The name in a folder of lasting names that leads to this device; "" without one."""
        links = sorted((self.dev / folder).glob("*"))
        return next((str(i) for i in links if os.path.realpath(i) == os.path.realpath(path)), "")


def _table(at: int, kind: str, key: str, name: str) -> tuple[str, ...]:
    return ("[[scanners]]", f'name = "{kind}-{at}"', f'kind = "{kind}"', f"{key} = {quoted(name)}")


def _port_words(port: Any) -> str:
    """What pyserial knows of a port on USB: maker and product, else its description."""
    if port.vid is None:
        return BUILT_IN
    words = " ".join(filter(None, (port.manufacturer, port.product))) or port.description or ""
    return f"{words} ({port.vid:04x}:{port.pid:04x})"


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""  # unplugged while we look
