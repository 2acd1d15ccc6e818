"""How many rows are written at a time while the desk is open: the write lock is held for milliseconds."""

from __future__ import annotations

import time

# How long a step should keep the store's write lock, and the pause after it (at least; half the step if longer).
AIM_S = 0.020
PAUSE_S = 0.010
_FEWEST, _FIRST, _MOST = 4, 32, 400


class Pace:
    """How many rows the next step takes, by how long the last one kept the lock."""

    def __init__(self, most: int = _MOST) -> None:
        self.rows = _FIRST
        self._most = most

    def took(self, rows: int, seconds: float) -> None:
        fitting = int(rows * AIM_S / max(seconds, 1e-6))
        # A step that was slow shrinks the next at once; growth is slow, for one commit may be lucky.
        self.rows = max(_FEWEST, min(fitting, self.rows * 2, self._most))


def rest(seconds: float) -> None:
    """After a step that kept the lock so long: let the desk take it."""
    time.sleep(max(PAUSE_S, seconds / 2))
