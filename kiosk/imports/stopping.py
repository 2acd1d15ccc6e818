"""Ctrl-C and SIGTERM as a flag that an import looks at between its steps; a second one changes nothing."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType


class Stop:
    """`asked` once somebody wants the import to end. `number`: the signal, if it was one."""

    def __init__(self) -> None:
        self.number: int | None = None
        self.asked = False

    def ask(self, number: int | None = None) -> None:
        self.asked = True
        self.number = self.number or number


@contextlib.contextmanager
def stopped_by_signals() -> Iterator[Stop]:
    """A Stop that Ctrl-C and SIGTERM ask to; the handlers from before come back afterwards."""
    stop = Stop()

    def ask(number: int, _frame: FrameType | None) -> None:
        stop.ask(number)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
