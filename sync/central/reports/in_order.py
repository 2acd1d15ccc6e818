"""For which part of the opening hours a station and each of its parts worked, from what it told. PURE.

What a station told holds until it tells something else. A silence is taken for what the machine says afterwards: if it
ran on, it was only out of reach, and all was as it last told; if it was started anew in between, it was off, and off
is not in order, but for the days on which its journal shows that it lent books all the same. A silence that has not
ended says nothing yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest

from kiosk.health_told import IN_ORDER

MACHINE = ""


@dataclass(frozen=True, slots=True)
class Beat:
    """What a station told of its parts, and from when to when it did (UTC ms). up_ms: since when it ran."""

    from_ms: int
    to_ms: int
    boot: str
    up_ms: int
    parts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Open:
    """Opening hours on a day (UTC ms)."""

    day: date
    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class Worked:
    """A part (MACHINE: the station itself) over the opening hours of which anything is known."""

    part: str
    known_ms: int
    in_order_ms: int


def worked(
    beats: Sequence[Beat], hours: Sequence[Open], busy_days: AbstractSet[date]
) -> list[Worked]:
    """Every part, the machine first. beats, hours: in their order. busy_days: on which the station wrote entries."""
    known: dict[str, int] = {}
    good: dict[str, int] = {}
    for piece, opened, length in _meetings(_pieces(beats), hours):
        is_off = piece.off and opened.day not in busy_days
        for part, how in ((MACHINE, None), *piece.parts.items()):
            known[part] = known.get(part, 0) + length
            if not is_off and (how is None or how in IN_ORDER):
                good[part] = good.get(part, 0) + length
    return [Worked(part, known[part], good.get(part, 0)) for part in sorted(known)]


@dataclass(frozen=True, slots=True)
class _Piece:
    from_ms: int
    to_ms: int
    parts: Mapping[str, str]
    off: bool = False


def _pieces(beats: Sequence[Beat]) -> Iterator[_Piece]:
    """The time from the first beat to the last one, without a gap."""
    for beat, after in zip_longest(beats, beats[1:]):
        yield _Piece(beat.from_ms, beat.to_ms, beat.parts)
        if after is None:
            return
        if after.boot == beat.boot:
            yield _Piece(beat.to_ms, after.from_ms, beat.parts)
            continue
        started = min(max(after.up_ms, beat.to_ms), after.from_ms)
        yield _Piece(beat.to_ms, started, beat.parts, off=True)
        yield _Piece(started, after.from_ms, after.parts)


def _meetings(
    pieces: Iterator[_Piece], hours: Sequence[Open]
) -> Iterator[tuple[_Piece, Open, int]]:
    """Where a piece of time lies within opening hours, and for how long (ms)."""
    at = 0
    for piece in pieces:
        while at < len(hours) and hours[at].to_ms <= piece.from_ms:
            at += 1
        ahead = at
        while ahead < len(hours) and hours[ahead].from_ms < piece.to_ms:
            opened = hours[ahead]
            length = min(opened.to_ms, piece.to_ms) - max(opened.from_ms, piece.from_ms)
            if length > 0:
                yield piece, opened, length
            ahead += 1
