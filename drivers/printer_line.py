"""The wire to a printer: bytes out, answers in, and no wait without an end."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import struct
import termios
import threading
import time
from collections.abc import Callable

from drivers.errors import DriverError, PrinterTrouble
from drivers.printer_status import NO_PAPER

SLICE_MS = 100
_MOST_OLD = 4096


class Stopping(DriverError, InterruptedError):
    """The station ends, and does not wait for a printer."""

    def __init__(self) -> None:
        super().__init__("the station is being stopped", "nothing")


class PrinterLine:
    """An open device by its descriptor, which must not block. Raises OSError when the device is gone.

    plain: a file, which gives no answers. answers: can anything be read from it? Some printers only take.
    """

    def __init__(
        self,
        where: str,
        descriptor: int,
        close: Callable[[], None],
        ended: threading.Event,
        *,
        plain: bool = False,
    ) -> None:
        self.where = where
        self.answers = not plain
        self._plain = plain
        self._descriptor = descriptor
        self._close = close
        self._ended = ended

    def close(self) -> None:
        # A device that is gone may not even be closed properly; nothing is left to lose.
        with contextlib.suppress(OSError, termios.error):
            self._close()

    def write(self, raw: bytes, within_s: float) -> None:
        """Send all, and wait until it has left this machine; TimeoutError if the printer does not take it."""
        end = time.monotonic() + within_s
        while raw or unsent(self._descriptor):
            if time.monotonic() > end:
                raise TimeoutError(errno.ETIMEDOUT, "it does not take what is sent")
            if not raw:
                self._pause()
            elif self._ready(select.POLLOUT, SLICE_MS):
                raw = raw[self._send(raw) :]

    def ask(self, question: bytes, is_answer: Callable[[int], bool], within_s: float) -> int | None:
        """The first byte that answers a question, or None; what was said before is not listened to."""
        if not self.answers:
            return None
        try:
            self._read(_MOST_OLD, 0)
            self.write(question, within_s)
            return self.listen(is_answer, within_s)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            # The kernel's way of saying that this USB printer has no way back.
            self.answers = False
            return None

    def listen(self, is_answer: Callable[[int], bool], within_s: float) -> int | None:
        """The next byte that is an answer, or None if none came in time."""
        end = time.monotonic() + within_s
        while (left_s := end - time.monotonic()) > 0:
            for byte in self._read(64, left_s):
                if is_answer(byte):
                    return byte
        return None

    def _read(self, most: int, within_s: float) -> bytes:
        try:
            if not self._ready(select.POLLIN, min(SLICE_MS, round(within_s * 1000))):
                return b""
            piece = os.read(self._descriptor, most)
        except BlockingIOError:
            return b""
        if not piece:
            raise ConnectionResetError(errno.ECONNRESET, "it has closed the connection")
        return piece

    def _send(self, raw: bytes) -> int:
        try:
            return os.write(self._descriptor, raw)
        except BlockingIOError:
            self._pause()
            return 0
        except OSError as error:
            if error.errno != errno.ENOSPC or self._plain:
                raise
            # The kernel's word for a USB printer without paper.
            what, todo = NO_PAPER
            raise PrinterTrouble(f"printer: {self.where} {what}", todo, no_paper=True) from error

    def _ready(self, event: int, wait_ms: int) -> bool:
        if self._ended.is_set():
            raise Stopping
        poll = select.poll()
        poll.register(self._descriptor, event)
        return bool(poll.poll(wait_ms))

    def _pause(self) -> None:
        if self._ended.wait(SLICE_MS / 1000):
            raise Stopping


def unsent(descriptor: int) -> int:
    """Bytes that a serial port or a socket has not yet brought away; 0 where nobody counts them."""
    try:
        counted = fcntl.ioctl(descriptor, termios.TIOCOUTQ, struct.pack("i", 0))
    except OSError:
        return 0
    return int(struct.unpack("i", counted)[0])
