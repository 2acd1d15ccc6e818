"""What every scanner gives: a Scan, handed to one listener. Knows nothing of patrons or loans."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Scan:
    """One read of a barcode: raw text as the device gave it, AIM symbology name or "", device name, monotonic ms.

    text "" means that something was read which is no scan: damaged, too long, or broken off.
    """

    text: str
    symbology: str
    device: str
    at_ms: int


Listener = Callable[[Scan], None]


class Scanner(Protocol):
    """A device that reads barcodes. `start` returns at once; the listener is called from the scanner's own thread."""

    name: str

    def start(self, listener: Listener) -> None: ...

    def stop(self) -> None: ...

    def health(self) -> dict[str, object]:
        """`{"state": "green" | "yellow" | "red", "what": one sentence, "do": what to do}`."""
        ...
