"""A listener for a scanner: keeps what it hears, and can fall asleep over it as a busy desk would."""

from __future__ import annotations

import threading

from drivers.scan import Scan, Scanner
from tests.hil.guest.host import PATIENCE_S, until


class Ear:
    """Listens to `scanner` from the start."""

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self._awake = threading.Event()
        self._awake.set()
        self.scans: list[Scan] = []
        scanner.start(self)

    def __call__(self, scan: Scan) -> None:
        self.scans.append(scan)
        self._awake.wait(PATIENCE_S)

    def hears(self, *texts: str) -> None:
        """These and no others since the last time that somebody asked."""
        self.waits_for(len(texts))
        heard, self.scans = [scan.text for scan in self.scans], []
        assert heard == list(texts), f"heard {heard}, not {list(texts)}"

    def waits_for(self, count: int) -> None:
        until(lambda: len(self.scans) >= count, lambda: f"for {count} scans; heard {self.scans}")

    def sleep(self) -> None:
        self._awake.clear()

    def wake(self) -> None:
        self._awake.set()

    def state(self, state: str) -> str:
        """Wait for the scanner's health to be so; gives its sentence."""
        health = self._scanner.health
        until(lambda: health()["state"] == state, lambda: f"for {state}; it is {health()}")
        return str(health()["what"])
