"""Input devices as the kernel shows them: find one, open it for this program alone, read its events.

Speaks to the kernel directly (linux/input.h), which takes a struct and five calls; a binding to it would have to be
compiled on every machine that has no ready-made one.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import select
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from drivers.errors import ScannerMisnamed, ScannerNotFound
from drivers.key_events import KeyState

SYS = Path("/sys/class/input")
DEV = Path("/dev/input")

EVENT = struct.Struct("llHHi")  # seconds, microseconds, type, code, value
_EVENTS_AT_ONCE = 64
_KEY_BYTES = 96
_LED_BYTES = 2
_LED_CAPS = 1
_CLOCK_MONOTONIC = 1
# A device that types has the key 1 and the key Enter; power buttons and mice have not.
_KEY_1, _KEY_ENTER = 2, 28
_IDS = re.compile(r"([0-9a-fA-F]{4}):([0-9a-fA-F]{4})(?::(.+))?")

Event = tuple[int, int, int]


def _request(direction: int, number: int, size: int) -> int:
    """An ioctl number as asm-generic/ioctl.h makes it (x86, ARM, RISC-V)."""
    return direction << 30 | size << 16 | ord("E") << 8 | number


GRAB = _request(1, 0x90, 4)
SET_CLOCK = _request(1, 0xA0, 4)
GET_KEYS = _request(2, 0x18, _KEY_BYTES)
GET_LEDS = _request(2, 0x19, _LED_BYTES)


class InputDevice(Protocol):
    """An open device: what a scanner that types is read through."""

    where: str

    def read(self, wait_s: float) -> list[tuple[Event, int]]:
        """Events with their times in monotonic ms, [] after `wait_s`; OSError when the device is gone."""
        ...

    def state(self) -> KeyState: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Found:
    """A device that types, as sysfs describes it."""

    path: str
    vendor: str
    product: str
    serial: str
    name: str

    def answers_to(self, wanted: str) -> bool:
        ids = _IDS.fullmatch(wanted)
        if not ids:
            return self.name == wanted
        vendor, product, serial = ids.groups()
        same = (self.vendor, self.product) == (vendor.lower(), product.lower())
        return same and serial in (None, self.serial)

    def __str__(self) -> str:
        return f"{self.vendor}:{self.product} {self.name} ({self.path})"


def find(wanted: str, scanner: str, sysfs: Path = SYS, dev: Path = DEV) -> str:
    """The path of the one device that `wanted` means: a path, vendor:product, vendor:product:serial, or its name."""
    if wanted.startswith("/"):
        return wanted
    here = list(devices(sysfs, dev))
    fitting = [found for found in here if found.answers_to(wanted)]
    if len(fitting) == 1:
        return fitting[0].path
    if fitting:
        ways = ", ".join(best_name(found.path, dev) for found in fitting)
        raise ScannerMisnamed(
            f"scanner {scanner}: {len(fitting)} devices answer to {wanted}",
            f"set device in station.toml to one of {ways}",
        )
    plugged = ", ".join(map(str, here)) or "nothing that types"
    raise ScannerNotFound(
        f"scanner {scanner}: no device answers to {wanted}",
        f"plug it in, or correct device in station.toml; plugged in now: {plugged}",
    )


def devices(sysfs: Path = SYS, dev: Path = DEV) -> Iterator[Found]:
    """Every device here that types."""
    for folder in sorted(sysfs.glob("event*"), key=lambda entry: int(entry.name[5:])):
        about = folder / "device"
        if {_KEY_1, _KEY_ENTER} <= _bits(_text(about / "capabilities/key")):
            yield Found(
                str(dev / folder.name),
                _text(about / "id/vendor"),
                _text(about / "id/product"),
                _text(about / "uniq"),
                _text(about / "name"),
            )


class KernelDevice:
    """A device file, opened and grabbed: no other program, nor the console, sees its keys. OSError if it cannot be.

    grab=False: to listen beside the others; for a maintainer whose own keyboard may be the one that is opened.
    """

    def __init__(self, path: str, *, grab: bool = True) -> None:
        self.where = f"keyboard scanner on {path}"
        self._descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if grab:
                fcntl.ioctl(self._descriptor, GRAB, 1)
            fcntl.ioctl(self._descriptor, SET_CLOCK, struct.pack("i", _CLOCK_MONOTONIC))
        except OSError:
            os.close(self._descriptor)
            raise

    def read(self, wait_s: float) -> list[tuple[Event, int]]:
        return read_events(self._descriptor, wait_s)

    def state(self) -> KeyState:
        keys = fcntl.ioctl(self._descriptor, GET_KEYS, bytes(_KEY_BYTES))
        leds = fcntl.ioctl(self._descriptor, GET_LEDS, bytes(_LED_BYTES))
        lit = _bits_of(int.from_bytes(leds, "little"))
        return KeyState(frozenset(_bits_of(int.from_bytes(keys, "little"))), _LED_CAPS in lit)

    def close(self) -> None:
        os.close(self._descriptor)


def read_events(descriptor: int, wait_s: float) -> list[tuple[Event, int]]:
    """Every event that lies ready, after waiting for the first; the end of the file means that the device is gone."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    if not poll.poll(wait_s * 1000):
        return []
    packed = os.read(descriptor, EVENT.size * _EVENTS_AT_ONCE)
    if not packed:
        raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
    return [
        ((kind, code, value), seconds * 1000 + micros // 1000)
        for seconds, micros, kind, code, value in EVENT.iter_unpack(packed)
    ]


def best_name(path: str, dev: Path) -> str:
    """The device's lasting name, its link in by-id; its path where it has none."""
    by_id = sorted((dev / "by-id").glob("*-event-*"))
    same = [str(link) for link in by_id if os.path.realpath(link) == os.path.realpath(path)]
    return same[0] if same else path


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""  # unplugged while we look


def _bits(words: str) -> set[int]:
    """The bits that a line of sysfs sets: words of one long each, in hexadecimal, the highest first."""
    size = struct.calcsize("l") * 8
    whole = 0
    for word in words.split():
        whole = whole << size | int(word, 16)
    return _bits_of(whole)


def _bits_of(number: int) -> set[int]:
    return {at for at in range(number.bit_length()) if number >> at & 1}
