"""What many stations write in some weeks: chained journals in which eight kinds of things go wrong, cut into pushes."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from kiosk.domain import Act
from sync.wire import MAX_ENTRIES, Push, WireEntry, write
from tests.central.fleet import SCHOOL, Pen

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
ODD = 0.08
_SESSION = "s" * 32


@dataclass(frozen=True, slots=True)
class Batch:
    """A push as it comes over the line. `first`: the seq of its first entry; `sent_ms`: not before its last one."""

    station: str
    first: int
    count: int
    raw: bytes
    sent_ms: int


@dataclass(slots=True)
class School:
    """Whose books are where, while journals are being written. mark: what tells its stations from another school's."""

    stations: int
    copies: int
    patrons: int
    chance: random.Random
    mark: str = ""
    pens: list[Pen] = field(init=False)
    out: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pens = [Pen(f"{self.mark}s{n:02}") for n in range(self.stations)]

    @property
    def id(self) -> str:
        return SCHOOL + self.mark

    @property
    def barcodes(self) -> list[str]:
        return [f"{2_000_000 + n}" for n in range(self.copies)]

    @property
    def people(self) -> list[str]:
        return [f"p{n:05}" for n in range(self.patrons)]

    def write(self, entries: int, *, from_day: int, days: int, busiest: int | None = None) -> None:
        """Let so many things happen in these days; on the first `busiest` copies alone, if given."""
        barcodes, people = self.barcodes[:busiest], self.people
        moments = sorted(
            self.chance.randrange(from_day * DAY, (from_day + days) * DAY) for _ in range(entries)
        )
        for at in moments:
            pen, copy = self.chance.choice(self.pens), self.chance.choice(barcodes)
            if self.chance.random() < ODD:
                self._odd(pen, copy, self.chance.choice(people), at)
            else:
                self._usual(pen, copy, self.chance.choice(people), at)

    def _usual(self, pen: Pen, copy: str, patron: str, at: int) -> None:
        has = self.out.get(copy)
        if has is None:
            pen.checkout(copy, patron, at=at)
            self.out[copy] = patron
        elif self.chance.random() < 0.2:
            pen.write(Act.RENEWAL, copy, has, at=at, days=14, due_on="2026-12-20")
        else:
            pen.checkin(copy, at=at)
            del self.out[copy]

    def _odd(self, pen: Pen, copy: str, patron: str, at: int) -> None:
        """One of: no return seen, nothing to return, not the holder's renewal, scanned twice, an unknown book or

        person, an unsure clock that leaves the order open, a wrong clock.
        """
        match self.chance.randrange(8):
            case 0:
                pen.checkout(copy, patron, at=at)
                self.out[copy] = patron
            case 1:
                pen.checkin(copy, at=at)
                self.out.pop(copy, None)
            case 2:
                pen.write(Act.RENEWAL, copy, patron, at=at, days=14, due_on="2026-12-20")
            case 3:
                pen.checkout(copy, patron, at=at)
                pen.checkout(copy, patron, at=at + MINUTE // 2)
                self.out[copy] = patron
            case 4:
                pen.checkout(f"9{copy}", patron, at=at)
            case 5:
                pen.checkout(copy, f"card:{patron}", at=at)
                self.out[copy] = f"card:{patron}"
            case 6:
                pen.write(Act.USE, copy, at=at, unsure=True, boot=f"dark-{at}")
                self.out.pop(copy, None)
            case _:
                pen.checkin(copy, at=at, wall_ms=at, unsure=True)
                self.out.pop(copy, None)

    def pushes(self, *, since: dict[str, int] | None = None, repeats: float = 0.0) -> list[Batch]:
        """What has been written beyond `since` (seq by station), in scrambled turns of the stations."""
        waiting = [list(_cut(pen, (since or {}).get(pen.station, 0))) for pen in self.pens]
        told: list[Batch] = []
        while any(waiting):
            batches = self.chance.choice([w for w in waiting if w])
            told.append(batches.pop(0))
            if self.chance.random() < repeats:
                told.append(told[-1])
        return told


def _cut(pen: Pen, after: int) -> Iterator[Batch]:
    fresh: list[WireEntry] = pen.wires[after:]
    for at in range(0, len(fresh), MAX_ENTRIES):
        portion = fresh[at : at + MAX_ENTRIES]
        raw = write(Push(session=_SESSION, entries=portion))
        # Some clocks are wrong, and read 1970.
        sent_ms = max(json.loads(wire.body)["wall_ms"] for wire in portion) + MINUTE
        yield Batch(pen.station, portion[0].seq, len(portion), raw, sent_ms)
