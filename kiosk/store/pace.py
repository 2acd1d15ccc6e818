"""How many rows are written at a time while the desk is open: the write lock is held for milliseconds."""

from __future__ import annotations

import time

# How long a step should keep the store's write lock, and the pause after it (at least; half the step if longer).
AIM_S = 0.020
PAUSE_S = 0.010
_FEWEST, _FIRST, _MOST = 4, 32, 400


class Pace:
    """How many rows the next step takes, by how long the last one kept the lock, and when it may begin."""

    def __init__(self, most: int = _MOST) -> None:
        self.rows = _FIRST
        self._most = most
        self._free_until = 0.0

    def took(self, rows: int, seconds: float) -> None:
        """A step has kept the lock so long, and has just let it go."""
        self._free_until = time.monotonic() + max(PAUSE_S, seconds / 2)
        fitting = int(rows * AIM_S / max(seconds, 1e-6))
        # A step that was slow shrinks the next at once; growth is slow, for one commit may be lucky.
        self.rows = max(_FEWEST, min(fitting, self.rows * 2, self._most))

    def rest(self) -> None:
        """Before the lock is taken again: the desk has had it within reach for the pause, whatever else was done."""
        time.sleep(max(0.0, self._free_until - time.monotonic()))
