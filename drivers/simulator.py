"""Simulated hardware with hands, shipped for demo and tests. It must be named in the settings; never a fallback."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass

from drivers.scan import Listener, Scan


class SimulatedScanner:
    """A scanner whose scans come from `scan()`; keeps none when stopped or unplugged, as the real one would."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._listener: Listener | None = None
        self._plugged = True

    def start(self, listener: Listener) -> None:
        self._listener = listener

    def stop(self) -> None:
        self._listener = None

    def scan(self, text: str) -> bool:
        """A person scans; False when nobody is listening or the cable is out."""
        listener = self._listener
        if listener is None or not self._plugged:
            return False
        listener(Scan(text, "", self.name, time.monotonic_ns() // 1_000_000))
        return True

    def unplug(self) -> None:
        self._plugged = False

    def replug(self) -> None:
        self._plugged = True

    def health(self) -> dict[str, object]:
        if self._plugged:
            return {"state": "green", "what": f"{self.name}: simulated scanner", "do": ""}
        return {
            "state": "red",
            "what": f"{self.name}: simulated scanner is unplugged",
            "do": "plug it in again on the panel",
        }


@dataclass(frozen=True, slots=True)
class SimulatedSlip:
    """A slip that came out of the simulated printer: plain text, and the page as it would be printed."""

    at: str
    text: str
    html: str


class SimulatedPrinter:
    """A printer whose paper can be looked at; keeps the last 50 slips."""

    def __init__(self) -> None:
        self._slips: deque[SimulatedSlip] = deque(maxlen=50)
        self._lock = threading.Lock()

    def print_slip(self, slip: SimulatedSlip) -> None:
        with self._lock:
            self._slips.append(slip)

    def tray(self) -> tuple[SimulatedSlip, ...]:
        """Every slip that lies in the tray, the newest first."""
        with self._lock:
            return tuple(reversed(self._slips))
