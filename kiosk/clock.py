"""Clocks: the machine's, the demo's, and one moved by hand for tests. The only place where the station reads time."""

from __future__ import annotations

import ctypes
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from kiosk.domain import Now

# A hardware clock is believed when it reads no earlier than the last entry and at most so long after it.
TRUSTED_GAP_MS = 120 * 24 * 3600 * 1000
_ADJTIMEX_UNSYNC = 0x40
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """`boot` names this run of the machine; `mono_ms` grows steadily within it, whatever the wall clock does."""

    boot: str

    def now(self) -> Now: ...

    def mono_ms(self) -> int: ...


class SystemClock:
    """The machine's clock; sure when synchronised, or when it fits the last entry (`last_ms`; None: no entry yet)."""

    def __init__(self, zone: ZoneInfo, last_ms: Callable[[], int | None]) -> None:
        self._zone = zone
        self._last_ms = last_ms
        self.boot = boot_id()

    def now(self) -> Now:
        at_ms = time.time_ns() // 1_000_000
        local = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(self._zone)
        return Now(at_ms, local, sure=synchronised() or self._fits(at_ms))

    def mono_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000

    def _fits(self, at_ms: int) -> bool:
        last = self._last_ms()
        return last is not None and 0 <= at_ms - last <= TRUSTED_GAP_MS


class MovableClock:
    """A clock that can be set: the demo's (it runs on) and the tests' (`running=False`: moved by hand). Always sure
    unless told otherwise."""

    def __init__(
        self, zone: ZoneInfo, start: datetime, *, running: bool, sure: bool = True
    ) -> None:
        self._zone = zone
        self._running = running
        self._lock = threading.Lock()
        self.sure = sure
        self.set(start)

    def set(self, local: datetime) -> None:
        """Move to an instant; a naive time is in the library's zone."""
        aware = local if local.tzinfo else local.replace(tzinfo=self._zone)
        with self._lock:
            self._at_ms = round(aware.timestamp() * 1000)
            self._since = self.mono_ms()
            # What was measured by the clock before says nothing of the time from now on.
            self.boot = str(uuid.uuid4())

    def now(self) -> Now:
        with self._lock:
            run_ms = self.mono_ms() - self._since if self._running else 0
            at_ms = self._at_ms + run_ms
        local = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(self._zone)
        return Now(at_ms, local, sure=self.sure)

    def mono_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000


def boot_id() -> str:
    """The kernel's name for this boot; a name of our own where the kernel gives none."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return str(uuid.uuid4())


class _Timex(ctypes.Structure):
    # struct timex of Linux begins with modes (int) and four longs, then status (int); the rest is room for the kernel.
    _fields_ = (
        ("modes", ctypes.c_int),
        ("longs", ctypes.c_long * 4),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


def synchronised() -> bool:
    """True when the kernel says that network time set this clock (adjtimex, STA_UNSYNC clear)."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        timex = _Timex()
        state: int = libc.adjtimex(ctypes.byref(timex))
    except (OSError, AttributeError):
        return False
    return state >= 0 and not timex.status & _ADJTIMEX_UNSYNC
