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
    text of its symbology by as many. Then its symbology begins anew, so that a label that stays is accepted again
    and again: presence.py knows repeats.
    """

    def __init__(self, needed: Callable[[Decoded], int] = lambda _one: 2) -> None:
        self._needed = needed
        self._frames: deque[frozenset[_Key]] = deque(maxlen=WINDOW)

    def take(self, shown: Iterable[Decoded]) -> tuple[Decoded, ...]:
        """What this frame makes sure of. An empty frame counts: it pushes an old one out."""
        now = {(one.symbology, one.text): one for one in shown}
        self._frames.append(frozenset(now))
        counts = Counter(key for frame in self._frames for key in frame)
        accepted = [key for key, one in now.items() if self._leads(key, counts, self._needed(one))]
        for symbology in {key[0] for key in accepted}:
            self._forget(symbology)
        return tuple(now[key] for key in accepted)

    def _leads(self, key: _Key, counts: Counter[_Key], needed: int) -> bool:
        assert 1 <= needed <= WINDOW, f"{needed} of {WINDOW} frames cannot agree"
        rivals = (n for other, n in counts.items() if other[0] == key[0] and other != key)
        return counts[key] - max(rivals, default=0) >= needed

    def _forget(self, symbology: Symbology) -> None:
        kept = [frozenset(key for key in frame if key[0] != symbology) for frame in self._frames]
        self._frames = deque(kept, maxlen=WINDOW)
