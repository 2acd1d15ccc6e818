"""Where a copy's history may be sealed, so that a new entry need not fold all of it again. PURE.

A seal is the fold's state after some entry, with the latest moment that lies within. It stands only where folding on
from it equals folding everything; an entry that reaches behind it reopens it.
"""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.domain import Act
from sync.events import Event


def seal_after(ordered: Sequence[Event], keep: int, most: int | None = None) -> int:
    """How many of these events, in order, can be sealed so that folding on from there equals folding them all.

    At least the last `keep` stay open, and no more than `most` are sealed where fewer would do. 0: none. Nothing later
    may have been pushed along by a sealed event, nor overlap with one that settled who held the copy.
    """
    least = [float("inf")]
    for event in reversed(ordered):
        least.append(min(least[-1], event.est, event.lo))
    least.reverse()
    highest, found = float("-inf"), 0
    for at in range(1, len(ordered) - keep + 1):
        highest = max(highest, ordered[at - 1].est, ordered[at - 1].hi)
        if highest < least[at]:
            found = at
        if found and most is not None and at >= most:
            break
    return found


def fits_seal(event: Event, sealed_to_ms: int) -> bool:
    """Whether the event lies wholly after what was sealed (`sealed_to_ms`: the latest `est` or `hi` within)."""
    return min(event.est, event.lo) > sealed_to_ms and not reaches_back(event)


def reaches_back(event: Event) -> bool:
    """Whether the event changes what an earlier one meant: everything is folded anew, and nothing sealed before it."""
    return event.act is Act.SETTLE or (event.act is Act.CLAIM and event.undoes is not None)
