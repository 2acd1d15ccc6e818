"""Terms, lending windows, closures, holidays: open now? until when? when next? PURE.

What a day is, strongest first: an open day of library.toml, a closure of library.toml, a statutory holiday, an
exchanged working day, its own weekday. A span holds its first minute, not its last: 11:30 <= t < 12:30.
Outside terms, and after a term's return_by, nothing is lent or renewed; a library that lists no terms always lends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from config.library import WEEKDAYS, Closure, Library, OpenDay, Term, Window
from kiosk.domain import Act

SEARCH_DAYS = 400  # a year and a summer holiday: what does not open within it does not open
ONE_DAY = timedelta(days=1)
LENDING = frozenset({Act.CHECKOUT, Act.RENEWAL})


@dataclass(frozen=True, slots=True)
class DayName:
    """What a closed day is called, and the line of library.toml that closes it."""

    name: str
    name_en: str
    key: str


@dataclass(frozen=True, slots=True)
class SpecialDays:
    """Statutory holidays, and exchanged working days with the weekday each stands in for.

    known_until: the last day for which the exchanged days have been published.
    """

    closed: Mapping[date, DayName] = field(default_factory=dict)
    working: Mapping[date, str] = field(default_factory=dict)
    known_until: date = date.max


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """One valid library.toml with its calendar; `digest` is the SHA-256 of the file. The same only as itself."""

    library: Library
    special_days: SpecialDays
    digest: str
    path: str


@dataclass(frozen=True, slots=True)
class Span:
    """A window on a day: aware, local, half-open; `key` is its place in library.toml."""

    begins: datetime
    ends: datetime
    window: Window
    key: str


@lru_cache(maxsize=8)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def zone(rules: Rules) -> ZoneInfo:
    return _zone(rules.library.library.time_zone)


def here(rules: Rules, local: datetime) -> datetime:
    """The same instant on the library's clock; a naive reading is taken as already local."""
    return (
        local.replace(tzinfo=zone(rules)) if local.tzinfo is None else local.astimezone(zone(rules))
    )


def is_open_day(
    rules: Rules, day: date, *, category: str | None = None, room: str | None = None
) -> bool:
    """Whether any window is open that day; with category and room, any that this patron can use there."""
    return any(_serves(w, category, room) for _, w in windows_on(rules, day))


def window_at(
    rules: Rules, act: Act, category: str | None, room: str, local: datetime
) -> Window | None:
    """The window that is open for the act; category None asks for anyone."""
    moment = here(rules, local)
    spans = spans_for(rules, act, category, room, moment.date())
    return next((s.window for s in spans if s.begins <= moment < s.ends), None)


def opens_next(
    rules: Rules, act: Act, category: str | None, room: str, local: datetime
) -> datetime | None:
    """When it opens next, aware and local; where it is open now, the opening after this one. Looks 400 days ahead."""
    moment = here(rules, local)
    for day in _days(moment.date(), SEARCH_DAYS):
        for begins, _ in merged(spans_for(rules, act, category, room, day)):
            if begins > moment:
                return begins
    return None


def closes_at(
    rules: Rules, act: Act, category: str | None, room: str, local: datetime
) -> datetime | None:
    """Until when it is open now, adjoining windows taken as one; None where it is closed."""
    moment = here(rules, local)
    spans = merged(spans_for(rules, act, category, room, moment.date()))
    return next((ends for begins, ends in spans if begins <= moment < ends), None)


def closed_by(rules: Rules, day: date) -> DayName | None:
    """What closes the day by name: a closure of library.toml or a statutory holiday. A free weekend has no name."""
    if _opened_by(rules, day):
        return None
    for at, closure in enumerate(rules.library.closures):
        if _covers(closure, day):
            return DayName(closure.name, closure.name_en, f"closures[{at}]")
    return rules.special_days.closed.get(day)


def next_open_day(
    rules: Rules, day: date, *, category: str | None = None, room: str | None = None
) -> date | None:
    """The first open day after `day`, within 400 days."""
    days = _days(day, SEARCH_DAYS, skip=1)
    return next((d for d in days if is_open_day(rules, d, category=category, room=room)), None)


def previous_open_day(
    rules: Rules, day: date, *, category: str | None = None, room: str | None = None
) -> date | None:
    """The last open day before `day`, within 400 days."""
    days = _days(day, SEARCH_DAYS, skip=1, step=-1)
    return next((d for d in days if is_open_day(rules, d, category=category, room=room)), None)


def term_on(rules: Rules, day: date) -> Term | None:
    return next((t for t in rules.library.terms if t.begins <= day <= t.ends), None)


def lends_on(rules: Rules, day: date) -> bool:
    """Whether the terms let anything be lent: on or before the return_by of a term that has begun."""
    terms = rules.library.terms
    return not terms or any(t.begins <= day <= t.return_by for t in terms)


def day_plan(rules: Rules, day: date, room: str | None = None) -> list[Span]:
    """The windows of a day in order; room None means all rooms."""
    spans = [_span(rules, day, at, w) for at, w in windows_on(rules, day) if _serves(w, None, room)]
    return sorted(spans, key=lambda s: (s.begins, s.ends))


def opening_hours_per_week(rules: Rules, week: date, room: str | None = None) -> float:
    """Hours from Monday to Sunday of the week that holds the day `week`."""
    monday = week - timedelta(days=week.weekday())
    return sum(opening_hours(rules, day, room) for day in _days(monday, 7))


def opening_hours(rules: Rules, day: date, room: str | None = None) -> float:
    """Hours of one day; time that windows share is counted once."""
    spans = merged(day_plan(rules, day, room))
    return sum((ends - begins).total_seconds() for begins, ends in spans) / 3600


def data_ends(rules: Rules) -> dict[str, date]:
    """The last day each part of the calendar is known for, by the key that would carry it further."""
    ends: dict[str, date] = {}
    if rules.library.holidays.enabled:
        by_hand = rules.library.holidays.complete_until or date.min
        ends["holidays.complete_until"] = max(rules.special_days.known_until, by_hand)
    if rules.library.terms:
        ends["terms"] = max(t.ends for t in rules.library.terms)
    return ends


def calendar_data_ends(rules: Rules) -> date:
    """The last day for which both exchanged working days and terms are known."""
    return min(data_ends(rules).values(), default=date.max)


def calendar_warning(rules: Rules, today: date) -> date | None:
    """The day the calendar's data ends, from `holidays.warn_days` before it; else None."""
    ends = calendar_data_ends(rules)
    return ends if (ends - today).days <= rules.library.holidays.warn_days else None


@lru_cache(maxsize=64)
def windows_on(rules: Rules, day: date) -> tuple[tuple[int, Window], ...]:
    """The windows that run on the day, each with its place in library.toml. Every act asks for the same few days."""
    weekday = runs_as(rules, day)
    return tuple(
        (at, w)
        for at, w in enumerate(rules.library.windows)
        if weekday in w.days and _in_season(w, day)
    )


def spans_for(rules: Rules, act: Act, category: str | None, room: str, day: date) -> list[Span]:
    """The spans of a day in which the act is done, in order."""
    if act in LENDING and not lends_on(rules, day):
        return []
    spans = day_plan(rules, day, room)
    return [s for s in spans if act.value in s.window.acts and _serves(s.window, category, room)]


def runs_as(rules: Rules, day: date) -> str | None:
    """The weekday whose windows apply; None on a closed day."""
    opened = _opened_by(rules, day)
    if opened:
        return opened.runs_as or WEEKDAYS[day.weekday()]
    if closed_by(rules, day):
        return None
    return rules.special_days.working.get(day, WEEKDAYS[day.weekday()])


def _opened_by(rules: Rules, day: date) -> OpenDay | None:
    return next((o for o in rules.library.open_days if _covers(o, day)), None)


def _covers(span: Closure | OpenDay, day: date) -> bool:
    return span.begins <= day <= (span.ends or span.begins)


def _in_season(window: Window, day: date) -> bool:
    if window.months and day.month not in window.months:
        return False
    return (window.first_day or date.min) <= day <= (window.last_day or date.max)


def _serves(window: Window, category: str | None, room: str | None) -> bool:
    rooms_fit = room is None or not window.rooms or room in window.rooms
    return rooms_fit and (
        category is None or not window.categories or category in window.categories
    )


def _span(rules: Rules, day: date, at: int, window: Window) -> Span:
    begins = datetime.combine(day, window.begins, zone(rules))
    return Span(begins, datetime.combine(day, window.ends, zone(rules)), window, f"windows[{at}]")


def merged(spans: list[Span]) -> list[tuple[datetime, datetime]]:
    """Spans in order, those that touch or overlap joined."""
    joined: list[tuple[datetime, datetime]] = []
    for span in spans:
        if joined and span.begins <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], span.ends))
        else:
            joined.append((span.begins, span.ends))
    return joined


def _days(start: date, count: int, *, skip: int = 0, step: int = 1) -> Iterator[date]:
    """`count` days from `start`, stopping at either end of the calendar."""
    for ordinal in range(
        start.toordinal() + step * skip, start.toordinal() + step * (count + skip), step
    ):
        if date.min.toordinal() <= ordinal <= date.max.toordinal():
            yield date.fromordinal(ordinal)
