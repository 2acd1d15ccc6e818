"""Where a copy's history may be sealed, so that a new entry need not fold all of it again. PURE.

A seal is the fold's state after some entry, with the latest moment that lies within. It stands only where folding on
from it equals folding everything; an entry that reaches behind it reopens it.
"""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.domain import Act
from sync.events import Event


def seal_after(ordered: Sequence[Event], keep: int) -> int:
    """How many of these events, in order, can be sealed so that folding on from there equals folding them all.

    At least the last `keep` stay open. 0: none. Nothing later may have been pushed along by a sealed event, nor
    overlap with one that settled who held the copy.
    """
    least_est: float = float("inf")
    least_lo: float = float("inf")
    for at in range(len(ordered) - 1, 0, -1):
        least_est = min(least_est, ordered[at].est)
        least_lo = min(least_lo, ordered[at].lo)
        before = ordered[at - 1]
        if at <= len(ordered) - keep and max(before.est, before.hi) < min(least_est, least_lo):
            highest = max(max(event.est, event.hi) for event in ordered[:at])
            if highest < min(least_est, least_lo):
                return at
    return 0


def fits_seal(event: Event, sealed_to_ms: int) -> bool:
    """Whether the event lies wholly after what was sealed (`sealed_to_ms`: the latest `est` or `hi` within)."""
    return min(event.est, event.lo) > sealed_to_ms and event.act is not Act.SETTLE
