"""Reading activities held against the plan: the large ones of the year, the small ones of each month."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from kiosk.activities import Activity, Kind
from kiosk.posts import Post
from sync.central.activities import Counts, between, counts
from sync.central.reports.look import Look
from sync.central.reports.periods import Kind as Span
from sync.central.reports.values import Cell, Chart, Column, Fact, Report, Sheet, Unit, Word

# A month with fewer days of term is no month of the plan.
_LEAST_DAYS = 10


def report(look: Look) -> Report:
    planned = between(look.conn, look.school, look.period.begins, look.period.ends)
    told = counts(look.conn, look.school, [post.id for post in planned])
    held = [post for post in planned if was_held(post, told[post.id], look.today)]
    kinds = Counter(post.body.of for post in held)
    small = Counter(f"{p.from_on:%Y-%m}" for p in held if p.body.of is Kind.SMALL)
    meant = Counter(f"{p.from_on:%Y-%m}" for p in planned if p.body.of is Kind.SMALL)
    months, goal = _months(look), look.goals.small_activities_per_month
    reached = sum(small[month] >= goal for month in months)
    came = sum(took_part(post, told[post.id]) for post in held)
    month_rows: list[tuple[Cell, ...]] = [(m, meant[m], small[m], goal) for m in months]
    return Report(
        "activities",
        facts=(
            Fact("large_activities", kinds[Kind.LARGE], goal=_large_goal(look)),
            Fact("months_with_small", reached, goal=len(months)),
            Fact("sessions", kinds[Kind.SESSION]),
            Fact("took_part", came),
            Fact("essays", sum(c.essays for c in told.values())),
        ),
        charts=(
            Chart("small_by_month", tuple((month, small[month]) for month in months), goal=goal),
        ),
        sheets=(
            Sheet("activities", _COLUMNS, tuple(_row(p, told[p.id], p in held) for p in planned)),
            Sheet(
                "activity_months",
                (
                    Column("month"),
                    Column("planned", Unit.COUNT),
                    Column("held", Unit.COUNT),
                    Column("goal", Unit.COUNT),
                ),
                tuple(month_rows),
            ),
        ),
        notes=("activities_counted",),
    )


_COLUMNS = (
    Column("day", Unit.DAY), Column("activity"), Column("activity_kind"), Column("theme"), Column("held"),
    Column("took_part", Unit.COUNT), Column("copies_read", Unit.COUNT), Column("donated_read", Unit.COUNT),
    Column("essays", Unit.COUNT),
)  # fmt: skip


def was_held(post: Post[Activity], told: Counts, today: date) -> bool:
    """Its day has come, and somebody was there."""
    return post.from_on <= today and bool(took_part(post, told) or told.essays or told.copies)


def took_part(post: Post[Activity], told: Counts) -> int:
    """How many: by card, or more by the count of staff, which corrects the one made at a station."""
    return max(post.body.pupils or told.pupils, told.attended)


def _row(post: Post[Activity], told: Counts, held: bool) -> tuple[Cell, ...]:
    return (
        post.from_on, post.body.name, Word(f"report.activity.{post.body.of}"), post.body.theme,
        Word(f"report.activity.{'held' if held else 'planned'}"), took_part(post, told),
        told.copies, told.donated, told.essays,
    )  # fmt: skip


def _large_goal(look: Look) -> int:
    """Of the year; a term is half of one."""
    goal = look.goals.activities_per_year
    return goal if look.period.kind is Span.YEAR else -(-goal // 2)


def _months(look: Look) -> list[str]:
    """The months of the period's terms that have begun."""
    days: Counter[str] = Counter()
    for term in look.terms:
        day = max(term.begins, look.period.begins)
        while day <= min(term.ends, look.period.ends):
            days[f"{day:%Y-%m}"] += 1
            day += timedelta(days=1)
    now = f"{look.last_day:%Y-%m}"
    return sorted(month for month, n in days.items() if n >= _LEAST_DAYS and month <= now)
