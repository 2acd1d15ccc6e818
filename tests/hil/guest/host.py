"""The guest's line to the host: ask for hands, and tell what was shown. One JSON object a line, on the second port."""

from __future__ import annotations

import json
import os
import time
import tty
from collections.abc import Callable

PATIENCE_S = 60.0


class Host:
    def __init__(self, path: str = "/dev/ttyS1") -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(descriptor)
        self._line = os.fdopen(descriptor, "rb", buffering=0)

    def tell(self, **words: object) -> None:
        left = f"{json.dumps(words)}\n".encode()
        while left:
            left = left[os.write(self._line.fileno(), left) :]

    def hands(self, act: str, *what: str) -> None:
        """Returns when the host has done it; the acts stand in machine.py."""
        self.tell(act=act, what=what)
        reply = json.loads(self._line.readline())
        assert reply["done"], f"the host could not {act} {' '.join(what)}: {reply['why']}"


def until(holds: Callable[[], object], what: Callable[[], object]) -> None:
    """Wait for it, with a limit; `what` gives the words for when it never comes."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, f"waited {PATIENCE_S:.0f} s {what()}"
        time.sleep(0.02)


def refusal(kind: type[OSError], act: Callable[[], object]) -> OSError:
    """The error that the act must end with."""
    try:
        act()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}: it was allowed")
