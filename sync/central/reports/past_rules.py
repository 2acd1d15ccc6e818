"""Which rules were in force when, and so: on which day and in which window something was done, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from kiosk.calendar import Rules, day_plan, merged
from sync.central.read import time_zone
from sync.central.reports.periods import day_of, midnight_ms
from sync.central.rules import every_rules
from sync.central.schema import stations

_Spans = list[tuple[int, int, str]]


@dataclass(slots=True)
class Clockwork:
    """rules: from which moment (UTC ms) which were in force; the earliest come first, and hold for what lies before."""

    zone: ZoneInfo
    rules: Sequence[tuple[int, Rules]]
    rooms: dict[str, str]
    _days: dict[tuple[str, str, date], _Spans] = field(default_factory=dict)

    def place(self, at_ms: int, station: str) -> tuple[date, str]:
        """The day, and the name of the window that was open in the station's room ("": none was)."""
        day = day_of(at_ms, self.zone)
        rules = self.rules_at(at_ms)
        if rules is None:
            return day, ""
        room = self.rooms.get(station) or rules.library.library.room
        spans = self._spans(rules, room, day)
        return day, next((name for begins, ends, name in spans if begins <= at_ms < ends), "")

    def rules_at(self, at_ms: int) -> Rules | None:
        found = self.rules[0][1] if self.rules else None
        for from_ms, rules in self.rules:
            if from_ms <= at_ms:
                found = rules
        return found

    def hours_on(self, day: date, room: str | None = None) -> list[tuple[int, int]]:
        """When the library, or a room of it, was or will be open that day (UTC ms), by the rules of that day."""
        rules = self.rules_at(midnight_ms(day, self.zone))
        spans = merged(day_plan(rules, day, room)) if rules else []
        return [(_ms(begins.timestamp()), _ms(ends.timestamp())) for begins, ends in spans]

    def _spans(self, rules: Rules, room: str, day: date) -> _Spans:
        key = (rules.digest, room, day)
        if key not in self._days:
            self._days[key] = [
                (_ms(span.begins.timestamp()), _ms(span.ends.timestamp()), span.window.name)
                for span in day_plan(rules, day, room)
            ]
        return self._days[key]


def clockwork(conn: Connection, school: str) -> Clockwork:
    query = select(stations.c.id, stations.c.room).where(stations.c.school == school)
    rooms = {row.id: row.room for row in conn.execute(query)}
    return Clockwork(time_zone(conn, school), every_rules(conn, school), rooms)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
