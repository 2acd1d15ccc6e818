"""A scanner that types like a keyboard, read from /dev/input under a grab: what it types reaches this program only."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from drivers.delivery import Delivery
from drivers.evdev_device import InputDevice, KernelDevice, find
from drivers.framing import Framing, Outcome
from drivers.holders import refused
from drivers.keeper import SLICE_S, Keeper, now_ms
from drivers.key_events import KeyEvents
from drivers.recording import Recorder


class EvdevScanner:
    """Reads `device`: a path (best one of /dev/input/by-id), vendor:product, vendor:product:serial, or a name.

    Enter or Tab ends a scan, whatever the framing's terminator says.
    """

    def __init__(
        self,
        name: str,
        device: str,
        framing: Framing,
        *,
        change: Callable[[str], str] = str,
        open_device: Callable[[str], InputDevice] = KernelDevice,
        recorder: Recorder | None = None,
    ) -> None:
        self.name = name
        self._device = device
        self._framing = framing
        self._open_device = open_device
        self._recorder = recorder
        keeper = Keeper(Delivery(name, change, recorder), self._open)
        self.start, self.stop, self.health = keeper.start, keeper.stop, keeper.health

    def _open(self) -> _TypingLine:
        path = find(self._device, self.name)
        try:
            return _TypingLine(self._open_device(path), self._framing, self._recorder)
        except OSError as error:
            raise refused(error, f"scanner {self.name}", path, "device") from error


class _TypingLine:
    def __init__(self, device: InputDevice, framing: Framing, recorder: Recorder | None) -> None:
        self.where = device.where
        self._device = device
        self._recorder = recorder
        try:
            self._events = KeyEvents(framing, device.state)
        except OSError:
            self.close()
            raise

    def read(self) -> list[Outcome]:
        events = self._device.read(SLICE_S)
        if not events:
            return self._events.tick(now_ms())
        if self._recorder:
            self._recorder.events(event for event, _ in events)
        return [outcome for event, at_ms in events for outcome in self._events.take(event, at_ms)]

    def close(self) -> None:
        # A device that is gone may refuse even this; nothing is left to lose.
        with contextlib.suppress(OSError):
            self._device.close()
