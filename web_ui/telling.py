"""Dates and times as people tell them: "12月9日", "明天 11:30", "星期一 11:30", "Monday 11:30"."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

from babel.dates import format_date, format_skeleton

from web_ui.catalogue import LANGUAGES, Voice

SOON_DAYS = 6
GB_MB = 1024
# No disk has so many figures of MB.
FIGURES_MB = 12
"""Up to here a weekday names one day only."""


def clock_time(moment: datetime) -> str:
    return f"{moment:%H:%M}"


def tell_day(voice: Voice, day: date, today: date) -> str:
    """A date to bring a book back by; the year only where it is another one."""
    skeleton = "MMMd" if day.year == today.year else "yMMMd"
    return str(format_skeleton(skeleton, day, locale=voice.locale))


def tell_when(voice: Voice, moment: datetime, local: datetime) -> str:
    """A moment to come back at, as near as it can be said."""
    time, ahead = clock_time(moment), (moment.date() - local.date()).days
    match ahead:
        case 0:
            day = voice("date.today")
        case 1:
            day = voice("date.tomorrow")
        case _ if 0 < ahead <= SOON_DAYS:
            day = format_date(moment.date(), "EEEE", locale=voice.locale)
        case _:
            day = tell_day(voice, moment.date(), local.date())
    return voice("date.at", day=day, time=time)


def tell_long_date(voice: Voice, day: date) -> str:
    return str(format_date(day, "long", locale=voice.locale))


def tell_room(free_mb: str) -> str:
    """Room on a disk as people say it, from what a station has told; "?" where it has told nothing."""
    if not (free_mb.isascii() and free_mb.isdigit() and len(free_mb) <= FIGURES_MB):
        return "?"
    mb = int(free_mb)
    return f"{mb} MB" if mb < GB_MB else f"{mb / GB_MB:.1f} GB"


def warm_up() -> None:
    """Load what Babel reads from disk at the first date, so that no pupil waits for it."""
    local = datetime(2026, 11, 25, 11, 45, tzinfo=UTC)
    for language in LANGUAGES:
        tell_when(Voice(language), local + timedelta(days=5), local)
        tell_day(Voice(language), date(2026, 12, 9), local.date())


def minutes_until(moment: datetime, local: datetime) -> int:
    """Whole minutes still to go, begun ones counted; never less than 0."""
    return max(0, math.ceil((moment - local).total_seconds() / 60))
