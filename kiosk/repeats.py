"""The same code again: what lies under a scanner stays one scan, and what is meant anew counts anew. PURE."""

from __future__ import annotations

from collections import OrderedDict

REMEMBERED_SCANS = 64
# Reads in a row, each within the repeat time of the last, from which on a code is not scanned but lies there.
LYING = 3


class Repeats:
    """Remembers what was scanned last, when, and how often in a row."""

    def __init__(self, repeat_ms: int) -> None:
        self._repeat_ms = repeat_ms
        self._seen: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def again(self, text: str, at_ms: int) -> bool:
        """Is it the same code within the repeat time of the last time it was seen? From now on it has been seen."""
        last_ms, times = self._seen.pop(text, (None, 0))
        repeat = last_ms is not None and 0 <= at_ms - last_ms < self._repeat_ms
        self._seen[text] = (at_ms, times + 1 if repeat else 1)
        if len(self._seen) > REMEMBERED_SCANS:
            self._seen.popitem(last=False)
        return repeat

    def person_acted(self, card: str, *, keep_card: bool = False) -> None:
        """A person came or went, so what is scanned next is meant, but for what lies under the scanner.

        That is known by having been read again and again; left to act, it would be taken from who just borrowed it.
        """
        self._seen = OrderedDict(
            (text, seen)
            for text, seen in self._seen.items()
            if (keep_card if text == card else seen[1] >= LYING)
        )

    def forget(self) -> None:
        """Whatever is scanned next is meant."""
        self._seen.clear()
