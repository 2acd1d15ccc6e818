"""The spans of time that reports speak of: the terms of library.toml, and school years from August to July. PURE."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from config.library import Term
from kiosk.calendar import Rules

_FIRST_MONTH = 8


class Kind(StrEnum):
    TERM = "term"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `begins` to `ends`, both within. key: what addresses name it by; a term's is its first day.

    return_by: by when all is to be back, in a term; a year has the names of no term.
    """

    key: str
    kind: Kind
    begins: date
    ends: date
    name: str = ""
    name_en: str = ""
    return_by: date | None = None

    def from_ms(self, zone: ZoneInfo) -> int:
        return midnight_ms(self.begins, zone)

    def to_ms(self, zone: ZoneInfo) -> int:
        """The first moment after it."""
        return midnight_ms(self.ends + timedelta(days=1), zone)


def midnight_ms(day: date, zone: ZoneInfo) -> int:
    return round(datetime.combine(day, time(), zone).timestamp() * 1000)


def day_of(at_ms: int, zone: ZoneInfo) -> date:
    """The library's date at this instant (UTC ms)."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).date()


def terms(every: Iterable[Rules]) -> list[Period]:
    """The terms of all rules that were ever in force, the newest first; later rules rule over earlier ones."""
    found = {term.begins: period_of(term) for rules in every for term in rules.library.terms}
    return [found[begins] for begins in sorted(found, reverse=True)]


def period_of(term: Term) -> Period:
    """A term of library.toml."""
    key = term.begins.isoformat()
    of = term.begins, term.ends, term.name, term.name_en, term.return_by
    return Period(key, Kind.TERM, *of)


def year_of(day: date) -> Period:
    """The school year that the day lies in."""
    first = day.year if day.month >= _FIRST_MONTH else day.year - 1
    return Period(
        str(first), Kind.YEAR, date(first, _FIRST_MONTH, 1), date(first + 1, _FIRST_MONTH - 1, 31)
    )


def years(of: Iterable[Period], today: date) -> list[Period]:
    """The school years that these terms lie in and the present one, the newest first."""
    found = {year.key: year for year in (year_of(today), *(year_of(term.begins) for term in of))}
    return [found[key] for key in sorted(found, reverse=True) if found[key].begins <= today]


def term_of(of: Iterable[Period], today: date) -> Period | None:
    """The term that runs, else the last one that ran, else the next."""
    newest_first = sorted(of, key=lambda term: term.begins, reverse=True)
    begun = next((term for term in newest_first if term.begins <= today), None)
    return begun or (newest_first[-1] if newest_first else None)
