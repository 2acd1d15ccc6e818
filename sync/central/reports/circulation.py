"""What was lent, taken back, renewed and read in the library: by day or month, and by window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select

from kiosk.domain import Act
from sync.central.report_tables import act_days
from sync.central.reports.look import Look
from sync.central.reports.periods import Kind
from sync.central.reports.values import (
    Cell,
    Chart,
    Column,
    Fact,
    Label,
    Report,
    Shape,
    Sheet,
    Unit,
    Word,
)

ACTS = (Act.CHECKOUT, Act.CHECKIN, Act.RENEWAL, Act.USE, Act.VISIT)
OUTSIDE = Word("report.outside")
Counts = dict[Any, Counter[str]]


def report(look: Look) -> Report:
    days, windows = _counts(look)
    total: Counter[str] = Counter()
    for counts in days.values():
        total.update(counts)
    is_year = look.period.kind is Kind.YEAR
    spans = _by_month(days) if is_year else days
    return Report(
        "circulation",
        facts=tuple(Fact(f"{act}s", total[act]) for act in ACTS),
        charts=(
            Chart("checkouts_by_month", _drawn(spans), Shape.BARS)
            if is_year
            else Chart("checkouts_by_day", _drawn(_every_open_day(look, days)), Shape.LINE),
            Chart(
                "checkouts_by_window", tuple((name, n["checkout"]) for name, n in windows.items())
            ),
        ),
        sheets=(
            _sheet("windows", "window", windows),
            _sheet("months", "month", spans) if is_year else _sheet("days", "day", spans),
        ),
        notes=("acts_counted", "windows_of_then"),
    )


def _counts(look: Look) -> tuple[Counts, dict[Label, Counter[str]]]:
    """What was done, by day and by window."""
    query = (
        select(act_days.c.day, act_days.c.during, act_days.c.act, func.sum(act_days.c.n).label("n"))
        .where(
            act_days.c.school == look.school,
            act_days.c.day >= look.period.begins,
            act_days.c.day <= look.period.ends,
            act_days.c.act.in_([act.value for act in ACTS]),
        )
        .group_by(act_days.c.day, act_days.c.during, act_days.c.act)
        .order_by(act_days.c.day)
    )
    days: Counts = {}
    windows: dict[Label, Counter[str]] = {}
    for row in look.conn.execute(query):
        if row.n:
            days.setdefault(row.day, Counter())[row.act] += int(row.n)
            name = look.window(row.during) if row.during else OUTSIDE
            windows.setdefault(name, Counter())[row.act] += int(row.n)
    ordered = sorted(windows.items(), key=lambda pair: (pair[0] == OUTSIDE, -sum(pair[1].values())))
    return days, dict(ordered)


def _by_month(days: Counts) -> dict[Hashable, Counter[str]]:
    months: dict[Hashable, Counter[str]] = {}
    for day, counts in days.items():
        months.setdefault(f"{day:%Y-%m}", Counter()).update(counts)
    return months


def _every_open_day(look: Look, days: Counts) -> Counts:
    """The days that have come, also those on which nobody borrowed; weekends and holidays with nothing are left out."""
    found: Counts = {}
    day = look.period.begins
    while day <= look.last_day:
        if day in days or look.clock.hours_on(day):
            found[day] = days.get(day, Counter())
        day += timedelta(days=1)
    return found


def _drawn(counts: dict[Any, Counter[str]]) -> tuple[tuple[Label | date, float | None], ...]:
    return tuple((at, n["checkout"]) for at, n in counts.items())


def _sheet(key: str, of: str, counts: dict[Any, Counter[str]]) -> Sheet:
    unit = Unit.DAY if of == "day" else Unit.TEXT
    columns = (Column(of, unit), *(Column(f"{act}s", Unit.COUNT) for act in ACTS))
    rows: list[tuple[Cell, ...]] = [
        (at, *(n[act.value] for act in ACTS)) for at, n in counts.items()
    ]
    return Sheet(key, columns, tuple(rows))
