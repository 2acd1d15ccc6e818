"""A term as a calendar of weeks: windows, closed days by name, hours, and whether they reach 40 a week.

Draws with rich; decides nothing. Legible when piped, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from rich import box
from rich.table import Table

from config.library import WEEKDAYS, Term
from kiosk.calendar import (
    ONE_DAY,
    Rules,
    calendar_data_ends,
    calendar_warning,
    closed_by,
    data_ends,
    day_plan,
    is_open_day,
    merged,
    opening_hours,
    runs_as,
)

GOAL_H = 40  # rule for school libraries of 2018: open at least 40 hours a week in term


@dataclass(frozen=True, slots=True)
class View:
    """What to draw: the days from `first` to `last` of a room, or of the whole library."""

    rules: Rules
    first: date
    last: date
    room: str | None = None

    def mondays(self) -> Iterator[date]:
        monday = self.first - timedelta(days=self.first.weekday())
        while monday <= self.last:
            yield monday
            monday += timedelta(days=7)

    def days(self) -> Iterator[date]:
        return (self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))

    def is_whole(self, monday: date) -> bool:
        """Whether the week lies within the view and nothing by name closes or moves one of its days."""
        week = [monday + timedelta(days=n) for n in range(7)]
        inside = self.first <= week[0] and week[4] <= self.last
        return inside and not any(closed_by(self.rules, d) or is_moved(self.rules, d) for d in week)

    def hours(self, monday: date) -> float:
        """Opening hours of the days of this week that lie within the view."""
        week = (monday + timedelta(days=n) for n in range(7))
        return sum(
            opening_hours(self.rules, d, self.room) for d in week if self.first <= d <= self.last
        )


def is_moved(rules: Rules, day: date) -> bool:
    """Whether the day runs as another weekday."""
    return runs_as(rules, day) not in (None, WEEKDAYS[day.weekday()])


def weeks_table(view: View) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), show_lines=False)
    table.add_column("week from", no_wrap=True)
    for weekday in WEEKDAYS:
        table.add_column(weekday, no_wrap=True, min_width=11)
    table.add_column("hours", justify="right", no_wrap=True)
    for monday in view.mondays():
        cells = [_cell(view, monday + timedelta(days=n)) for n in range(7)]
        table.add_row(str(monday), *cells, f"{view.hours(monday):.1f}")
    return table


def _cell(view: View, day: date) -> str:
    if not view.first <= day <= view.last:
        return ""
    closed = closed_by(view.rules, day)
    if closed:
        return "closed"
    spans = merged(day_plan(view.rules, day, view.room))
    text = "\n".join(f"{begins:%H:%M}-{ends:%H:%M}" for begins, ends in spans) or "-"
    return f"{text}\nas {runs_as(view.rules, day)}" if is_moved(view.rules, day) else text


def windows_lines(view: View) -> Iterator[str]:
    """Each window of the room: days, times, for whom, for what."""
    for window in view.rules.library.windows:
        if view.room and window.rooms and view.room not in window.rooms:
            continue
        times = f"{window.begins:%H:%M}-{window.ends:%H:%M}"
        rooms, people = (
            " ".join(window.rooms) or "all rooms",
            " ".join(window.categories) or "everyone",
        )
        yield f"  {' '.join(window.days)} {times}  {window.name}: {rooms}; {people}; {' '.join(window.acts)}"


def closed_lines(view: View) -> Iterator[str]:
    """Closed days by name, neighbours of one name together; then days that run as another weekday."""
    named = [(d, closed_by(view.rules, d)) for d in view.days()]
    runs: list[tuple[date, date, str]] = []
    for day, closed in named:
        words = " / ".join(filter(None, (closed.name, closed.name_en))) if closed else ""
        if words and runs and runs[-1][2] == words and runs[-1][1] == day - ONE_DAY:
            runs[-1] = (runs[-1][0], day, words)
        elif words:
            runs.append((day, day, words))
    for first, last, words in runs:
        yield f"  {first}{'' if first == last else f' to {last}'}  closed: {words}"
    for day in view.days():
        if is_moved(view.rules, day):
            yield f"  {day}  runs as {runs_as(view.rules, day)}"


def hours_lines(view: View) -> Iterator[str]:
    """Whether an ordinary week reaches the goal, room by room, and how many weeks do not."""
    hours = {monday: view.hours(monday) for monday in view.mondays()}
    whole = {monday: h for monday, h in hours.items() if view.is_whole(monday)}
    yield f"An ordinary week, against the goal of {GOAL_H} opening hours a week:"
    rooms = [r for r in view.rules.library.rooms if view.room in (None, r.key)]
    for room in rooms:
        yield f"  {room.key} {room.name}{_whom(view.rules, room.key)}: {_against_goal(replace(view, room=room.key))}"
    if len(rooms) > 1:
        yield f"  one room or another: {_against_goal(view)}"
    below = [monday for monday, h in hours.items() if h < GOAL_H]
    where = ", one room or another" if len(rooms) > 1 else ""
    yield f"Weeks with {GOAL_H} hours or more{where}: {len(hours) - len(below)} of {len(hours)}."
    short = [str(monday) for monday in below if monday in whole]
    if short and len(short) < len(whole):
        yield f"Weeks below {GOAL_H} hours without a holiday or closure: {', '.join(short)}."
    open_days = sum(is_open_day(view.rules, d, room=view.room) for d in view.days())
    yield f"Open days: {open_days}."


def _against_goal(view: View) -> str:
    hours = {monday: view.hours(monday) for monday in view.mondays()}
    whole = [h for monday, h in hours.items() if view.is_whole(monday)]
    ordinary = min(whole or hours.values())
    return f"{ordinary:.1f} hours, {'reaches' if ordinary >= GOAL_H else 'does NOT reach'} {GOAL_H}"


def _whom(rules: Rules, room: str) -> str:
    """Who alone may use the room; "" where it is open to everybody at times."""
    windows = [w for w in rules.library.windows if not w.rooms or room in w.rooms]
    if not windows or not all(w.categories for w in windows):
        return ""
    return f" (for {', '.join(sorted({c for w in windows for c in w.categories}))} only)"


def data_lines(view: View, today: date) -> Iterator[str]:
    """How far the calendar can be believed, and a warning where that is not far enough."""
    ends = data_ends(view.rules)
    for key, day in ends.items():
        what = "exchanged working days" if key.startswith("holidays") else "terms"
        yield f"Known until {day}: {what} ({key})."
    if calendar_warning(view.rules, today) or calendar_data_ends(view.rules) < view.last:
        yield (
            f"WARNING: the calendar's data ends on {calendar_data_ends(view.rules)}. After that, exchanged working "
            "days or terms may be missing; enter them in library.toml (closures, open_days, terms, "
            "holidays.complete_until)."
        )


def title(view: View, term: Term | None) -> str:
    words = " / ".join(filter(None, (term.name, term.name_en))) if term else "Calendar"
    rooms = {room.key: room.name for room in view.rules.library.rooms}
    where = f"{view.room} {rooms[view.room]}" if view.room else "all rooms"
    tail = f"; everything back by {term.return_by}" if term else ""
    return f"{words}: {view.first} to {view.last}, {where}{tail}"
