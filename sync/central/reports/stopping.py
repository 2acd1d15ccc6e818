"""When to leave off counting: what is counted so far stays, and the next one goes on from there. PURE."""

from __future__ import annotations

from collections.abc import Callable

Stop = Callable[[], bool]


def never() -> bool:
    return False
