"""When did it happen? Anchors of time turn a station's own clocks into an interval; causes come before effects. PURE.

An *anchor* ties a station's monotonic clock, within one boot, to the central record's time, to half the round trip of
an exchange. From there an entry's time is known to 100 parts per million of the distance. Without an anchor a clock
that was sure is believed within five minutes, and an unsure one only as far as its neighbours in the chain allow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from msgspec import Struct

from sync.events import Event, Key

DRIFT = 100e-6
SURE_WITHIN_MS = 5 * 60_000


@dataclass(frozen=True, slots=True)
class Anchor:
    """At `mono_ms` of this boot the central record's clock read `server_ms`, give or take `half_ms`."""

    boot: str
    mono_ms: int
    server_ms: int
    half_ms: int


class Reading(Struct, frozen=True, gc=False):
    """What an entry says of its time: this boot's name and monotonic ms, and the wall clock, sure or not."""

    boot: str
    mono_ms: int
    wall_ms: int
    sure: bool


class Stamp(Struct, frozen=True, gc=False):
    """The true time lies in [lo, hi] (UTC ms); est is the best guess."""

    lo: int
    est: int
    hi: int


def stamp(
    reading: Reading,
    anchors: Iterable[Anchor],
    received_ms: int,
    before: tuple[Reading, Stamp] | None = None,
) -> Stamp:
    """The interval of an entry. `before` is its predecessor in the chain: it lies not before that, nor before 1970."""
    known = [_from_anchor(reading, a) for a in anchors if a.boot == reading.boot]
    floor = before[1].lo if before else 0
    if known:
        found = min(known, key=lambda s: s.hi - s.lo)
    elif reading.sure:
        found = Stamp(
            reading.wall_ms - SURE_WITHIN_MS, reading.wall_ms, reading.wall_ms + SURE_WITHIN_MS
        )
    elif before and before[0].boot == reading.boot:
        found = _carried(reading, *before)
    else:
        found = Stamp(floor, reading.wall_ms, received_ms)
    if max(found.lo, floor) > min(found.hi, received_ms):
        # The clock contradicts its neighbours: nothing of it is believed.
        found = Stamp(floor, floor, max(floor, received_ms))
    lo, hi = max(found.lo, floor), min(found.hi, received_ms)
    hi = max(lo, hi)
    # Past its interval a guess from a wild clock says nothing: the earliest moment pushes nobody else along.
    est = found.est if lo <= found.est <= hi else (hi if known or reading.sure else lo)
    return Stamp(lo, est, hi)


def _from_anchor(reading: Reading, anchor: Anchor) -> Stamp:
    distance = reading.mono_ms - anchor.mono_ms
    est = anchor.server_ms + distance
    width = anchor.half_ms + _drift(distance)
    return Stamp(est - width, est, est + width)


def _carried(reading: Reading, earlier: Reading, stamped: Stamp) -> Stamp:
    distance = max(0, reading.mono_ms - earlier.mono_ms)
    drift = _drift(distance)
    return Stamp(
        stamped.lo + distance - drift, stamped.est + distance, stamped.hi + distance + drift
    )


def _drift(distance_ms: int) -> int:
    return int(abs(distance_ms) * DRIFT) + 1


def in_order(events: Sequence[Event]) -> list[Event]:
    """The events of one copy in the order of the fold.

    By estimated time, but never before the entry that the station knew (`after`), nor before an earlier one of the
    same chain. Equal times stand by that same causal order, then by key. The answer depends on the set alone.
    """
    if len(events) < 2:
        return list(events)
    by_key = {event.key: event for event in events}
    causes = causes_of(by_key)
    if all(by_key[c].est < event.est for event in events for c in causes[event.key]):
        # No event is pushed along by its cause: nearly always so.
        return sorted(events, key=attrgetter("est", "key"))
    placed: dict[Key, tuple[int, int]] = {}

    def place(key: Key) -> None:
        # Without recursion: a chain of causes may be as long as a copy's history.
        stack = [key]
        entered: set[Key] = set()
        while stack:
            at = stack[-1]
            if at in placed:
                stack.pop()
                continue
            missing = [c for c in causes[at] if c not in placed]
            if at in entered or not missing:
                # A cause still missing here names its own effect: a forged `after`, which binds nobody.
                known = [placed[c] for c in causes[at] if c in placed]
                est, rank = by_key[at].est, 0
                for cause_est, cause_rank in known:
                    if cause_est > est:
                        est, rank = cause_est, cause_rank + 1
                    elif cause_est == est:
                        rank = max(rank, cause_rank + 1)
                placed[at] = (est, rank)
                stack.pop()
            else:
                entered.add(at)
                stack.extend(c for c in missing if c not in entered)

    for key in sorted(by_key):
        place(key)
    return sorted(events, key=lambda event: (*placed[event.key], event.key))


def causes_of(by_key: dict[Key, Event]) -> dict[Key, tuple[Key, ...]]:
    """For each event the ones that directly came before it: the one the station knew, and the last of its own chain.

    Another epoch is another chain: a copied disk goes on in a later epoch while the station goes on in the old one.
    """
    if len(by_key) == 1:
        # Most copies get one entry at a time.
        return {key: (key,) if event.after == key else () for key, event in by_key.items()}
    own: dict[Key, Key] = {}
    last: dict[tuple[str, int], Key] = {}
    for key in sorted(by_key):
        if key[:2] in last:
            own[key] = last[key[:2]]
        last[key[:2]] = key
    return {
        key: tuple(c for c in {event.after, own.get(key)} if c is not None and c in by_key)
        for key, event in by_key.items()
    }
