"""Terms, lending windows, closures, holidays: open now? until when? when next? PURE."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from config.library import Library, Term, Window
from kiosk.domain import Act


@dataclass(frozen=True, slots=True)
class SpecialDays:
    pass


@dataclass(frozen=True, slots=True)
class Rules:
    library: Library
    special_days: SpecialDays
    digest: str
    path: str


@dataclass(frozen=True, slots=True)
class Span:
    begins: datetime
    ends: datetime
    window: Window


def zone(rules: Rules) -> ZoneInfo:
    raise NotImplementedError


def is_open_day(rules: Rules, day: date) -> bool:
    raise NotImplementedError


def window_at(rules: Rules, act: Act, category: str | None, room: str, local: datetime) -> Window | None:
    raise NotImplementedError


def opens_next(rules: Rules, act: Act, category: str | None, room: str, local: datetime) -> datetime | None:
    raise NotImplementedError


def closes_at(rules: Rules, act: Act, category: str | None, room: str, local: datetime) -> datetime | None:
    raise NotImplementedError


def closure_on(rules: Rules, day: date) -> str | None:
    raise NotImplementedError


def next_open_day(rules: Rules, day: date) -> date | None:
    raise NotImplementedError


def previous_open_day(rules: Rules, day: date) -> date | None:
    raise NotImplementedError


def term_on(rules: Rules, day: date) -> Term | None:
    raise NotImplementedError


def day_plan(rules: Rules, day: date, room: str | None) -> list[Span]:
    raise NotImplementedError


def opening_hours_per_week(rules: Rules, week: date, room: str | None) -> float:
    raise NotImplementedError


def calendar_data_ends(rules: Rules) -> date:
    raise NotImplementedError


def calendar_warning(rules: Rules, today: date) -> date | None:
    raise NotImplementedError
