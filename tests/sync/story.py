"""A short way to tell what happened to one copy at several stations, for the tests of the fold."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from kiosk.domain import Act
from sync.cases import case_id
from sync.events import Code, Event, Folded, Key
from sync.fold import Copy, fold

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
# 2026-11-25 11:45 in Shanghai.
NOON = 1_795_578_300_000
BOOK = Copy("20001", ZoneInfo("Asia/Shanghai"))
DUE = date(2026, 12, 9)


class Story:
    """Entries as stations write them; `at` is in minutes after NOON, `wide` is how unsure the time is (minutes)."""

    def __init__(self, copy: Copy = BOOK) -> None:
        self.copy = copy
        self.events: list[Event] = []

    def add(self, station: str, act: Act, patron: str | None = None, *, at: float, **more) -> Key:
        seq = 1 + max((e.key.seq for e in self.events if e.key.station == station), default=0)
        est = NOON + round(at * MINUTE)
        wide = round(more.pop("wide", 0) * MINUTE)
        event = Event(
            key=Key(station, 1, seq),
            act=act,
            allowed=more.pop("allowed", True),
            lo=est - wide,
            est=est,
            hi=est + wide,
            wall_ms=more.pop("wall_ms", est),
            label=more.pop("label", self.copy.barcode),
            patron=patron,
            **more,
        )
        self.events.append(event)
        return event.key

    def checkout(self, station: str, patron: str, *, at: float, **more) -> Key:
        more.setdefault("due_on", DUE)
        return self.add(station, Act.CHECKOUT, patron, at=at, days=14, **more)

    def checkin(self, station: str, *, at: float, **more) -> Key:
        return self.add(station, Act.CHECKIN, at=at, **more)

    def renewal(self, station: str, patron: str, *, at: float, **more) -> Key:
        more.setdefault("due_on", DUE)
        return self.add(station, Act.RENEWAL, patron, at=at, days=14, **more)

    def use(self, station: str, *, at: float, **more) -> Key:
        return self.add(station, Act.USE, at=at, **more)

    def staff(self, act: Act, *, at: float, **more) -> Key:
        return self.add("desk", act, at=at, **more)

    def settle(self, code: Code, key: Key, choice: str, *, at: float, **more) -> Key:
        """Staff settle the open case of this kind that rests on this entry, on the facts as they stand."""
        case = next(c for c in self.told().cases if c.code is code and key in c.keys)
        return self.staff(Act.SETTLE, at=at, case=case.id, choice=choice, facts=case.facts, **more)

    def told(self) -> Folded:
        return fold(self.events, self.copy)

    def codes(self, key: Key) -> set[Code]:
        return set(self.told().codes[key])

    def holder(self) -> str | None:
        loan = self.told().holding.loan
        return loan.patron if loan else None

    def knowing(self, **more) -> Story:
        self.copy = replace(self.copy, **more)
        return self


def name_of(code: Code, key: Key) -> str:
    return case_id(code, key)
