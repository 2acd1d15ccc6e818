"""Opening hours of each room, week by week, against the hours that the plan asks for; Sundays by themselves."""

from __future__ import annotations

from datetime import date, timedelta

from sync.central.reports.look import Look
from sync.central.reports.values import Cell, Chart, Column, Fact, Named, Report, Sheet, Unit, rate

_HOUR_MS = 3_600_000
_SUNDAY = 6


def report(look: Look) -> Report:
    rooms = {room.key: Named(room.name, room.name_en) for room in look.rules.library.rooms}
    weeks = {monday: _week(look, monday, list(rooms)) for monday in _mondays(look)}
    open_weeks = {monday: hours for monday, hours in weeks.items() if any(map(sum, hours.values()))}
    goal = look.goals.hours_per_week
    averages = {
        room: rate(sum(sum(hours[room]) for hours in open_weeks.values()), len(open_weeks))
        for room in rooms
    }
    sundays = {
        room: sum(hours[room][_SUNDAY] > 0 for hours in open_weeks.values()) for room in rooms
    }
    rows: list[tuple[Cell, ...]] = [
        (monday, *(sum(hours[room]) for room in rooms)) for monday, hours in weeks.items()
    ]
    by_room: list[tuple[Cell, ...]] = [
        (
            name,
            averages[room],
            rate(sum(hours[room][_SUNDAY] for hours in open_weeks.values()), sundays[room]),
            sundays[room],
        )
        for room, name in rooms.items()
    ]
    longest = max((a for a in averages.values() if a is not None), default=None)
    return Report(
        "opening",
        facts=(
            Fact("longest_room_hours", longest, Unit.HOURS, goal),
            Fact("open_weeks", len(open_weeks)),
            Fact("sundays_open", max(sundays.values(), default=0)),
        ),
        charts=(
            Chart(
                "hours_by_room",
                tuple((rooms[room], average) for room, average in averages.items()),
                unit=Unit.HOURS,
                goal=goal,
            ),
        ),
        sheets=(
            Sheet(
                "rooms",
                (
                    Column("room"),
                    Column("hours_a_week", Unit.HOURS),
                    Column("hours_on_sunday", Unit.HOURS),
                    Column("sundays", Unit.COUNT),
                ),
                tuple(by_room),
            ),
            Sheet(
                "weeks",
                (
                    Column("week", Unit.DAY),
                    *(Column(room, Unit.HOURS, name) for room, name in rooms.items()),
                ),
                tuple(rows),
            ),
        ),
        notes=("hours_by_windows", "weeks_closed_left_out"),
    )


def _mondays(look: Look) -> list[date]:
    first = look.period.begins - timedelta(days=look.period.begins.weekday())
    count = (look.period.ends - first).days // 7 + 1
    return [first + timedelta(weeks=n) for n in range(count)]


def _week(look: Look, monday: date, rooms: list[str]) -> dict[str, list[float]]:
    """The hours of each day of the week that lies in the period, by room."""
    days = [monday + timedelta(days=n) for n in range(7)]
    return {room: [_hours(look, day, room) for day in days] for room in rooms}


def _hours(look: Look, day: date, room: str) -> float:
    if not look.period.begins <= day <= look.period.ends:
        return 0.0
    return sum(ends - begins for begins, ends in look.clock.hours_on(day, room)) / _HOUR_MS
