"""Simulated hardware with hands, shipped for demo and tests. It must be named in the settings; never a fallback."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass

from drivers.delivery import Delivery
from drivers.errors import PrinterTrouble
from drivers.framing import Framer, Framing
from drivers.printer_status import NO_PAPER
from drivers.scan import Listener
from drivers.slip import Slip, rows

_FRAMING = Framing(encoding="utf-8")
_END = b"\r"
_WHERE = "simulated scanner"
_COLUMNS, _ENCODING = 48, "gb18030"


class SimulatedScanner:
    """A scanner whose scans come from its hands; keeps none when stopped or unplugged, as the real one would.

    A scan passes through the same framing as a real scanner's bytes, so its limits hold here too.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._delivery = Delivery(name)
        self._delivery.well(_WHERE)
        self._plugged = True

    def start(self, listener: Listener) -> None:
        self._delivery.listener = listener

    def stop(self) -> None:
        self._delivery.listener = None

    def scan(self, text: str) -> bool:
        """A person scans; False when nobody is listening or the cable is out."""
        return self._send(_encoded(text) + _END)

    def stutter(self, text: str, times: int = 2) -> bool:
        """A worn trigger, or a book left lying in the beam: the same scan several times without a pause."""
        return self._send((_encoded(text) + _END) * times)

    def garble(self, text: str) -> bool:
        """A bad cable: the last byte of the scan arrives as one that stands for no character."""
        return self._send(_encoded(text)[:-1] + b"\xff" + _END)

    def unplug(self) -> None:
        self._plugged = False

    def replug(self) -> None:
        self._plugged = True
        self._delivery.well(_WHERE)

    def health(self) -> dict[str, object]:
        if self._plugged:
            return self._delivery.health()
        return {
            "state": "red",
            "what": f"{self.name}: simulated scanner is unplugged",
            "do": "plug it in again on the panel",
        }

    def _send(self, raw: bytes) -> bool:
        if self._delivery.listener is None or not self._plugged:
            return False
        for outcome in Framer(_FRAMING).feed(raw, time.monotonic_ns() // 1_000_000):
            self._delivery.take(outcome, _WHERE)
        return True


def _encoded(text: str) -> bytes:
    # Half a surrogate pair cannot come from a barcode; let it arrive as the damage that it is.
    return text.encode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True)
class SimulatedSlip:
    """A slip that came out of the simulated printer: when, its rows as they stand on paper, and the page."""

    at: str
    text: str
    html: str


class SimulatedPrinter:
    """A printer whose paper can be looked at, and taken out; keeps the last 50 slips."""

    def __init__(self) -> None:
        self._slips: deque[SimulatedSlip] = deque(maxlen=50)
        self._lock = threading.Lock()
        self.no_paper = False

    def out_of_paper(self, out: bool = True) -> None:
        """Take the roll out, or put one in."""
        self.no_paper = out

    def print_slip(self, slip: Slip) -> None:
        if self.no_paper:
            health = self.health()
            raise PrinterTrouble(str(health["what"]), str(health["do"]), no_paper=True)
        text = "\n".join(row for _, row in rows(slip, _COLUMNS, _ENCODING))
        with self._lock:
            self._slips.append(SimulatedSlip(slip.at, text, slip.page))

    def look(self) -> None:
        pass

    def stop(self) -> None:
        pass

    def health(self) -> dict[str, object]:
        if self.no_paper:
            what = f"printer: the simulated printer {NO_PAPER[0]}"
            return {"state": "red", "what": what, "do": "put paper in again on the panel"}
        return {"state": "green", "what": "printer: simulated printer", "do": ""}

    def tray(self) -> tuple[SimulatedSlip, ...]:
        """Every slip that lies in the tray, the newest first."""
        with self._lock:
            return tuple(reversed(self._slips))
