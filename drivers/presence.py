"""Which labels lie in view: each is handed over when it comes, and again only after it has left. PURE.

Unlike a hand scanner, a camera goes on reading what lies before it. A label that is read badly for a moment has not
left; one that was last seen before the camera was lost has not either, until frames without it were looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from config.numbers import is_isbn13
from drivers.decode import Decoded

LEFT_MS = 2_000
LEFT_FRAMES = 5


@dataclass(slots=True)
class _Seen:
    at_ms: int
    without: int = 0


class Presence:
    """Takes what each frame shows; gives what has newly come. One camera, one Presence."""

    def __init__(self) -> None:
        self._here: dict[str, _Seen] = {}

    def take(
        self, shown: Iterable[Decoded], accepted: Iterable[Decoded], at_ms: int
    ) -> tuple[Decoded, ...]:
        """`shown`: every label of this frame; `accepted`: those that frames agree on; `at_ms`: its monotonic time."""
        self._refresh({one.text for one in shown}, at_ms)
        new = [one for one in accepted if one.text not in self._here]
        for one in new:
            self._here[one.text] = _Seen(at_ms)
        # The book's own number beside the library's label says nothing that the label does not.
        labelled = not all(is_isbn13(text) for text in self._here)
        return tuple(one for one in new if not (labelled and is_isbn13(one.text)))

    def _refresh(self, texts: set[str], at_ms: int) -> None:
        for text, seen in self._here.items():
            if text in texts:
                seen.at_ms, seen.without = at_ms, 0
            else:
                seen.without += 1
        self._here = {text: seen for text, seen in self._here.items() if not _left(seen, at_ms)}


def _left(seen: _Seen, at_ms: int) -> bool:
    return seen.without >= LEFT_FRAMES and at_ms - seen.at_ms >= LEFT_MS
