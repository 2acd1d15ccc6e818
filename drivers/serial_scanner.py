"""A scanner on a serial port, real or USB: bytes in, scans out. What a scan is says framing.py."""

from __future__ import annotations

import contextlib
import fcntl
import os
import termios
from collections.abc import Callable
from pathlib import Path

import serial

from drivers.delivery import Delivery
from drivers.errors import DriverError, ScannerNotFound
from drivers.framing import Framer, Framing, Outcome
from drivers.holders import refused
from drivers.keeper import SLICE_S, Keeper, now_ms
from drivers.recording import Recorder

BY_ID = Path("/dev/serial/by-id")


class SerialScanner:
    """Reads `port`: a path, a name in /dev/serial/by-id or in /dev, or an address such as socket://.

    8 data bits, no parity, 1 stop bit. The port is opened for this program only.
    """

    def __init__(
        self,
        name: str,
        port: str,
        framing: Framing,
        *,
        baud: int = 9600,
        change: Callable[[str], str] = str,
        recorder: Recorder | None = None,
    ) -> None:
        self.name = name
        self._port = port
        self._framing = framing
        self._baud = baud
        self._recorder = recorder
        keeper = Keeper(Delivery(name, change, recorder), self._open)
        self.start, self.stop, self.health = keeper.start, keeper.stop, keeper.health

    def _open(self) -> _SerialLine:
        address = address_of(self._port)
        wait_s = min(SLICE_S, self._framing.silence_ms / 1000)
        try:
            port = serial.serial_for_url(
                address, baudrate=self._baud, timeout=wait_s, exclusive=True
            )
        except (OSError, ValueError) as error:
            raise refused_port(error, f"scanner {self.name}", address) from error
        return _SerialLine(port, self._framing, address, self._recorder)


class _SerialLine:
    def __init__(
        self, port: serial.SerialBase, framing: Framing, address: str, recorder: Recorder | None
    ) -> None:
        self.where = f"serial scanner on {address}"
        self._port = port
        self._framer = Framer(framing)
        self._recorder = recorder
        # pyserial's lock only keeps out those who ask for it; this keeps out a plain `cat` as well.
        self._exclusive(termios.TIOCEXCL)

    def read(self) -> list[Outcome]:
        piece = self._port.read(1)
        if not piece:
            return self._framer.tick(now_ms())
        piece += self._port.read(self._port.in_waiting)
        if self._recorder:
            self._recorder.read(piece)
        return self._framer.feed(piece, now_ms())

    def close(self) -> None:
        self._exclusive(termios.TIOCNXCL)
        # A port that is gone may not even be closed properly; nothing is left to lose.
        with contextlib.suppress(OSError, termios.error):
            self._port.close()

    def _exclusive(self, request: int) -> None:
        descriptor = getattr(self._port, "fd", None)
        if descriptor is not None:
            with contextlib.suppress(OSError):
                fcntl.ioctl(descriptor, request)


def address_of(port: str, by_id: Path = BY_ID) -> str:
    """What to open for a port of the settings: an address or path as it is, a bare name where it lies."""
    if "/" in port:
        return port
    return f"/dev/{port}" if os.path.exists(f"/dev/{port}") else str(by_id / port)


def ports_here(by_id: Path = BY_ID) -> list[str]:
    """The names of the serial devices that are plugged in now."""
    return sorted(entry.name for entry in by_id.iterdir()) if by_id.is_dir() else []


def refused_port(error: Exception, who: str, address: str) -> DriverError:
    """The exception to raise for a port that could not be opened; one that is not there comes with those that are."""
    found = refused(error, who, address, "port")
    here = ports_here()
    if isinstance(found, ScannerNotFound) and here:
        return ScannerNotFound(found.what, f"{found.do}; plugged in now: {', '.join(here)}")
    return found
