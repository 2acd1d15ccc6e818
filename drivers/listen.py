"""Hears every scanner at once, for a maintainer who wants to know which is which; a station reads through its drivers.

Devices that type are not grabbed: one of them is the maintainer's own keyboard. What is scanned is typed on as well.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import serial

from drivers.evdev_device import InputDevice, KernelDevice
from drivers.key_events import EV_KEY
from drivers.keymap import Control, Keyboard
from drivers.probe import Plugged

# A scan comes in one breath.
BREATH_S = 0.3
LONGEST = 4_096
_TURN_S = 0.02


class Source(Protocol):
    """An open device; `read` waits for nothing."""

    def read(self) -> bytes: ...

    def close(self) -> None: ...


@dataclass(slots=True)
class _Ear:
    plugged: Plugged
    source: Source
    held: bytes = b""
    last_s: float = field(default_factory=time.monotonic)


def _open_beside_others(path: str) -> InputDevice:
    return KernelDevice(path, grab=False)


class Listening:
    """Opens all that it may. `deaf`: devices that could not be opened, and why. Close it when done."""

    def __init__(
        self,
        plugged: Iterable[Plugged],
        *,
        baud: int = 9600,
        open_device: Callable[[str], InputDevice] = _open_beside_others,
    ) -> None:
        self.deaf: list[tuple[Plugged, str]] = []
        self._ears: list[_Ear] = []
        opens: dict[str, Callable[[str], Source]] = {
            "serial": lambda path: _SerialSource(path, baud),
            "keyboard": lambda path: _TypedSource(open_device(path)),
        }
        for one in plugged:
            if one.kind in opens:
                try:
                    self._ears.append(_Ear(one, opens[one.kind](one.path)))
                except (OSError, ValueError) as error:
                    self.deaf.append((one, str(error)))

    @property
    def hears(self) -> list[Plugged]:
        return [ear.plugged for ear in self._ears]

    def breaths(self, ended: threading.Event, seconds: float) -> Iterator[tuple[Plugged, bytes]]:
        """What each device sent in one breath, until so long nothing came or `ended` is set."""
        last_s = time.monotonic()
        while self._ears and not ended.wait(_TURN_S) and time.monotonic() - last_s < seconds:
            for ear in list(self._ears):
                self._hear(ear)
                if ear.held and (
                    time.monotonic() - ear.last_s > BREATH_S or len(ear.held) > LONGEST
                ):
                    last_s = time.monotonic()
                    yield ear.plugged, ear.held
                    ear.held = b""

    def close(self) -> None:
        for ear in self._ears:
            ear.source.close()
        self._ears = []

    def _hear(self, ear: _Ear) -> None:
        try:
            piece = ear.source.read()
        except OSError as error:
            self.deaf.append((ear.plugged, f"it went away ({error})"))
            self._ears.remove(ear)
            ear.source.close()
            return
        if piece:
            ear.held, ear.last_s = ear.held + piece, time.monotonic()


class _SerialSource:
    def __init__(self, path: str, baud: int) -> None:
        self._port = serial.Serial(path, baudrate=baud, timeout=0, exclusive=True)

    def read(self) -> bytes:
        piece: bytes = self._port.read(LONGEST)
        return piece

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._port.close()


class _TypedSource:
    """Keys as the characters that they mean; keys that mean none are left out."""

    def __init__(self, device: InputDevice) -> None:
        self._device = device
        self._keyboard = Keyboard()
        state = device.state()
        self._keyboard.set_state(state.down, caps=state.caps)

    def read(self) -> bytes:
        meant = [
            self._keyboard.key(code, value)
            for (kind, code, value), _ in self._device.read(0)
            if kind == EV_KEY
        ]
        return "".join(one for one in meant if not isinstance(one, Control)).encode("ascii")

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._device.close()
