"""Stays in reading rooms: what sign-ins and sign-outs say, joined into who was where, from when to when. PURE.

`joined` is what one entry adds to a stay: the same whatever came before it, and nothing when it comes again. `stays`
looks at all stays of one patron: a card scanned at the door of another room ends the stay before it, one scanned at
another station of the same room goes on with it, and whoever forgot to sign out had left when the room closed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from kiosk.domain import Act
from kiosk.entry import Entry
from kiosk.rooms import read_stay

# A room that closes later than this was not understood: nobody is in one over night.
MOST_MS = 24 * 60 * 60_000


@dataclass(frozen=True, slots=True)
class Stay:
    """What the entries of one sign-in say. `entry`: the key under which it was first written.

    from_ms None: only its sign-out is known so far. out_ms None: nobody signed out. void: the card was not meant.
    said: (epoch, seq) of the entry with the last word on out_ms and void.
    """

    entry: str
    patron: str
    room: str = ""
    from_ms: int | None = None
    closes_ms: int | None = None
    out_ms: int | None = None
    void: bool = False
    said: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody in a room. until_ms None: nobody can say. forgotten: nobody signed out."""

    patron: str
    room: str
    from_ms: int
    until_ms: int | None
    forgotten: bool

    @property
    def ms(self) -> int:
        return max(0, (self.until_ms or self.from_ms) - self.from_ms)


def stay_of(entry: Entry) -> str | None:
    """The sign-in that an entry speaks of; None for one that speaks of none."""
    if not entry.allowed:
        return None
    if entry.act is Act.SIGN_OUT or (entry.act is Act.SIGN_IN and entry.undoes):
        return entry.value
    return (entry.origin or entry.key).split(" ")[0] if entry.act is Act.SIGN_IN else None


def joined(stay: Stay, entry: Entry, at_ms: int) -> Stay:
    """The stay with what this entry of it says; at_ms: when that was."""
    if entry.act is Act.SIGN_IN and not entry.undoes:
        room, closes_ms = read_stay(entry.value)
        first = at_ms if stay.from_ms is None else min(at_ms, stay.from_ms)
        return replace(stay, room=room, closes_ms=closes_ms, from_ms=first)
    said = (entry.epoch, entry.seq)
    if said <= stay.said:
        return stay
    if entry.act is Act.SIGN_IN:
        return replace(stay, out_ms=None, void=False, said=said)
    return replace(stay, out_ms=at_ms, void=entry.undoes is not None, said=said)


def visits(stays: Iterable[Stay]) -> list[Visit]:
    """The visits of one patron, the earliest first."""
    begun = [(s.from_ms, s.entry, s) for s in stays if s.from_ms is not None and not s.void]
    found: list[Visit] = []
    for from_ms, _, stay in sorted(begun, key=lambda b: b[:2]):
        last = found[-1] if found else None
        if last and last.forgotten and from_ms < (last.until_ms or from_ms):
            same = last.room == stay.room
            # At another station of the room the card is taken for a sign-in: that stay goes on with this one.
            began = last.from_ms if same else from_ms
            found[-1:] = [] if same else [replace(last, until_ms=from_ms)]
            found.append(_visit(stay, began))
            continue
        found.append(_visit(stay, from_ms))
    return found


def _visit(stay: Stay, from_ms: int) -> Visit:
    if stay.out_ms is not None:
        return Visit(stay.patron, stay.room, from_ms, max(stay.out_ms, from_ms), forgotten=False)
    closed = None if stay.closes_ms is None else max(stay.closes_ms, from_ms)
    if closed is not None and closed > from_ms + MOST_MS:
        closed = None
    return Visit(stay.patron, stay.room, from_ms, closed, forgotten=True)
