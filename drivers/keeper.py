"""Keeps one device open: a thread of its own that opens it, reads, hands scans over, and comes back after an unplug."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

import structlog

from drivers.delivery import Delivery
from drivers.errors import DriverError
from drivers.framing import Outcome
from drivers.scan import Listener

log = structlog.get_logger()

SLICE_S = 0.1
FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 2.0
# A device that was open for so long is a good one: after it is lost, trying begins anew with short waits.
GOOD_S = 1.0
STOP_S = 2.0


class Line(Protocol):
    """An open device. `read` waits a fraction of a second at most, and raises OSError when the device is gone."""

    where: str

    def read(self) -> list[Outcome]: ...

    def close(self) -> None: ...


class Keeper:
    """Runs one scanner, whose start, stop and health are these.

    `open_line` opens the device or raises DriverError; tried for ever, each wait bounded.
    """

    def __init__(self, delivery: Delivery, open_line: Callable[[], Line]) -> None:
        self._delivery = delivery
        self._open_line = open_line
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, listener: Listener) -> None:
        """Begin; a second start only changes who listens. Returns at once, whether or not the device is there."""
        self._delivery.listener = listener
        if self._thread:
            return
        self._ended = threading.Event()
        self._delivery.say("yellow", "being opened", "wait a moment")
        name = f"scanner {self._delivery.name}"
        self._thread = threading.Thread(
            target=self._run, args=(self._ended,), name=name, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End within a fraction of a second, and let the device go; a scan that is half read is lost."""
        self._delivery.listener = None
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._ended.set()
        if thread is not threading.current_thread():
            thread.join(STOP_S)
        self._delivery.stopped()

    def health(self) -> dict[str, object]:
        return self._delivery.health()

    def _run(self, ended: threading.Event) -> None:
        wait_s = FIRST_WAIT_S
        while not ended.is_set():
            began = time.monotonic()
            self._keep(ended)
            if time.monotonic() - began >= GOOD_S:
                wait_s = FIRST_WAIT_S
            ended.wait(wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    def _keep(self, ended: threading.Event) -> None:
        name, trouble = self._delivery.name, self._delivery.trouble
        try:
            self._read_until_gone(ended)
        except DriverError as error:
            trouble(error.what, error.do)
        except OSError as error:
            why = error.strerror or error
            trouble(f"scanner {name} was unplugged ({why})", "plug it in again; nothing else to do")
        except Exception as error:
            # A mistake in one scanner's driver must not take the other scanners and the screen with it.
            log.exception("scanner made a mistake", scanner=name)
            trouble(f"scanner {name}: {error!r}", "restart the station, and report this")

    def _read_until_gone(self, ended: threading.Event) -> None:
        line = self._open_line()
        try:
            self._delivery.well(line.where)
            while not ended.is_set():
                for outcome in line.read():
                    self._delivery.take(outcome, line.where)
        finally:
            line.close()


def now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
