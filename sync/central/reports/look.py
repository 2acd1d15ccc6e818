"""What a report is given: the record at one moment, the span of time, and the rules with their names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from config.goals import Goals
from kiosk.calendar import Rules
from sync.central.reports.past_rules import Clockwork, clockwork
from sync.central.reports.periods import Kind, Period, day_of, term_of, terms, year_of, years
from sync.central.reports.values import Named

Told = TypeVar("Told")


class NoRules(Exception):
    """No library.toml was ever published, or none with terms: there is nothing to hold figures against."""


@dataclass(frozen=True, slots=True)
class Look:
    """of: all terms there are, the newest first. clock: which rules were in force when. known: see `once`."""

    conn: Connection
    school: str
    period: Period
    rules: Rules
    clock: Clockwork
    of: Sequence[Period]
    now_ms: int
    known: dict[Callable[[Look], Any], Any] = field(default_factory=dict)

    def once(self, ask: Callable[[Look], Told]) -> Told:
        """What several reports ask for is asked once of the record, however many are made from this look."""
        if ask not in self.known:
            self.known[ask] = ask(self)
        told: Told = self.known[ask]
        return told

    @property
    def zone(self) -> ZoneInfo:
        return self.clock.zone

    @property
    def today(self) -> date:
        return day_of(self.now_ms, self.zone)

    @property
    def goals(self) -> Goals:
        return self.rules.library.goals

    @property
    def terms(self) -> list[Period]:
        """The terms of the period that have begun, the earliest first."""
        mine = [t for t in self.of if self.period.begins <= t.begins <= self.period.ends]
        return sorted((t for t in mine if t.begins <= self.today), key=lambda t: t.begins)

    @property
    def last_day(self) -> date:
        """The last day of the period that has come."""
        return min(self.period.ends, self.today)

    @property
    def library_name(self) -> Named:
        identity = self.rules.library.library
        return Named(identity.name, identity.name_en)

    def copy_type(self, key: str) -> Named:
        named = {t.key: Named(t.name, t.name_en) for t in self.rules.library.copy_types}
        return named.get(key, Named(key))

    def window(self, name: str) -> Named:
        named = {w.name: Named(w.name, w.name_en) for w in self.rules.library.windows}
        return named.get(name, Named(name))


def look_at(conn: Connection, school: str, now_ms: int, key: str = "") -> Look:
    """The period of this key (a term's first day, or the year a school year begins in); without one, this term.

    Raises NoRules, and KeyError where there is no such period.
    """
    clock = clockwork(conn, school)
    rules = clock.rules_at(now_ms)
    of = terms(found for _, found in clock.rules)
    today = day_of(now_ms, clock.zone)
    if rules is None:
        raise NoRules
    known = {period.key: period for period in (*of, *years(of, today))}
    period = known[key] if key else term_of(of, today) or year_of(today)
    return Look(conn, school, period, rules, clock, of, now_ms)


def choices(look: Look) -> list[Period]:
    """The periods that a report can be asked for, the newest first; terms that have not begun are left out."""
    begun = [term for term in look.of if term.begins <= look.today]
    return sorted(
        [*begun, *years(look.of, look.today)],
        key=lambda p: (p.begins, p.kind is Kind.TERM),
        reverse=True,
    )
