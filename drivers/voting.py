"""Agreement over frames: a text counts when several of the last frames show it and none rivals it. PURE."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable

from drivers.decode import Decoded, Symbology

WINDOW = 5
_Key = tuple[Symbology, str]


class Voting:
    """Takes what each frame shows, in order; gives what is accepted by it. One camera, one Voting.

    A text is accepted when as many of the last five frames show it as are `needed` for it, and it leads every other
    text of its symbology by as many; but labels that lie beside each other in one frame are no rivals. Then its
    symbology begins anew, so that a label that stays is accepted again and again: presence.py knows repeats.
    """

    def __init__(self, needed: Callable[[Decoded], int] = lambda _one: 2) -> None:
        self._needed = needed
        self._frames: deque[frozenset[_Key]] = deque(maxlen=WINDOW)

    def take(self, shown: Iterable[Decoded]) -> tuple[Decoded, ...]:
        """What this frame makes sure of. An empty frame counts: it pushes an old one out."""
        now = {(one.symbology, one.text): one for one in shown}
        self._frames.append(frozenset(now))
        counts = Counter(key for frame in self._frames for key in frame)
        accepted = [key for key in now if self._leads(key, now, counts)]
        for symbology in {key[0] for key in accepted}:
            self._forget(symbology)
        return tuple(now[key] for key in accepted)

    def _leads(self, key: _Key, now: dict[_Key, Decoded], counts: Counter[_Key]) -> bool:
        one = now[key]
        needed = self._needed(one)
        assert 1 <= needed <= WINDOW, f"{needed} of {WINDOW} frames cannot agree"
        beside = {other for other, another in now.items() if _apart(one, another)}
        rivals = {other for other in counts if other[0] == key[0]} - beside - {key}
        return counts[key] - max((counts[other] for other in rivals), default=0) >= needed

    def _forget(self, symbology: Symbology) -> None:
        kept = [frozenset(key for key in frame if key[0] != symbology) for frame in self._frames]
        self._frames = deque(kept, maxlen=WINDOW)


def _apart(one: Decoded, other: Decoded) -> bool:
    """Whether the boxes around the two outlines share nothing, as those of two labels do."""
    if not one.corners or not other.corners:
        return False
    return any(
        max(point[axis] for point in first.corners) < min(point[axis] for point in second.corners)
        for first, second in ((one, other), (other, one))
        for axis in (0, 1)
    )
