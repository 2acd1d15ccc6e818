"""The demo's time in a file, so that station and central record move together: how far it is ahead of the real one."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

FILE = "demo-clock"


def real_ms() -> int:
    return time.time_ns() // 1_000_000


def write_ahead(file: Path, at_ms: int) -> None:
    """The demo's clock shows `at_ms` (UTC) now."""
    new = file.with_name(file.name + ".new")
    # On a full disk the record's clock stays behind; the demo goes on.
    with contextlib.suppress(OSError):
        new.write_text(str(at_ms - real_ms()), encoding="ascii")
        os.replace(new, file)


class FollowingClock:
    """Called, it gives the time of the demo that writes the file (UTC ms); the real one while there is none."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._ahead_ms = 0

    def __call__(self) -> int:
        with contextlib.suppress(OSError, ValueError):
            self._ahead_ms = int(self._file.read_text(encoding="ascii"))
        return real_ms() + self._ahead_ms
