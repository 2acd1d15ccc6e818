"""The weekly record of the teachers' reading: visits, use in the library, and loans."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import TypeVar

from sqlalchemy import and_, select

from kiosk.domain import Act
from sync.central.db import one_of
from sync.central.report_tables import reader_weeks
from sync.central.reports.look import Look
from sync.central.reports.periods import day_of
from sync.central.reports.readers import not_in_a_box
from sync.central.reports.values import Cell, Chart, Column, Fact, Named, Report, Sheet, Unit
from sync.central.reports.whose import whose
from sync.central.schema import loans, patrons
from sync.central.stays import room_visits

# What is counted, in this order: visits, times in a reading room, use in the library, loans; and milliseconds there.
_KINDS = (Act.VISIT.value, "stay", Act.USE.value, Act.CHECKOUT.value)
_VISIT, _STAY, _USE, _CHECKOUT, _MS = range(5)
_COLUMNS = (*(Column(f"{kind}s", Unit.COUNT) for kind in _KINDS), Column("stay_hours", Unit.HOURS))
_HOUR_MS = 3_600_000
Counts = list[int]
Place = TypeVar("Place")
# By the week's Monday and the teacher.
Weeks = dict[tuple[date, str], Counts]


def report(look: Look) -> Report:
    found = _nothing()
    _reading(look, found)
    _borrowing(look, found)
    _staying(look, found)
    known = _names(look, {patron for _, patron in found})
    # Whoever has become somebody else's number, or is no teacher, is not in `known`.
    done = {place: counts for place, counts in found.items() if place[1] in known}
    names = {patron: name for patron, (name, _) in known.items()}
    by_week, by_person = _summed(done, lambda p: p[0]), _summed(done, lambda p: p[1])
    each = sorted(done, key=lambda p: (p[0], names[p[1]], p[1]))
    people = sorted(by_person, key=lambda p: (names[p], p))
    total = _total(by_week.values()) or [0] * 5
    many = Counter(week for week, _ in done)
    weeks: list[tuple[Cell, ...]] = [
        (week, *_row(counts), many[week]) for week, counts in sorted(by_week.items())
    ]
    return Report(
        "teachers",
        facts=(
            *(Fact(f"{kind}s", n) for kind, n in zip(_KINDS, total, strict=False)),
            Fact("teachers_reading", len(people)),
        ),
        charts=(
            Chart("visits_by_week", tuple((w, c[_VISIT]) for w, c in sorted(by_week.items()))),
        ),
        sheets=(
            Sheet("weeks", (Column("week", Unit.DAY), *_COLUMNS, Column("teachers", Unit.COUNT)), tuple(weeks)),
            Sheet("teacher_categories", _OF_CATEGORY, tuple(_by_category(look, done, known))),
            Sheet("teachers", _OF_TEACHER, tuple((names[p], *_row(by_person[p])) for p in people), named=True),
            Sheet("teachers_weeks", _OF_WEEK, tuple((w, names[p], *_row(done[w, p])) for w, p in each), named=True),
        ),
        notes=("teachers_counted", "stays_counted", "weeks_begin"),
    )  # fmt: skip


_OF_TEACHER = (Column("teacher"), *_COLUMNS)
_OF_WEEK = (Column("week", Unit.DAY), Column("teacher"), *_COLUMNS)
_OF_CATEGORY = (
    Column("week", Unit.DAY), Column("category"), *_COLUMNS, Column("teachers", Unit.COUNT),
)  # fmt: skip


def _nothing() -> Weeks:
    return defaultdict(lambda: [0] * 5)


def _by_category(
    look: Look, done: Weeks, known: dict[str, tuple[str, str]]
) -> list[tuple[Cell, ...]]:
    """Week by week what the patrons of each category did, and how many of them did anything."""
    found = _summed(done, lambda p: (p[0], known[p[1]][1]))
    many = Counter((week, known[who][1]) for week, who in done)
    named = {c.key: Named(c.name, c.name_en) for c in look.rules.library.categories}
    return [
        (place[0], named.get(place[1], Named(place[1])), *_row(counts), many[place])
        for place, counts in sorted(found.items())
    ]


def _staying(look: Look, found: Weeks) -> None:
    """Times and milliseconds in the reading rooms."""
    span = look.period.from_ms(look.zone), look.period.to_ms(look.zone)
    for stay in room_visits(look.conn, look.school, *span, pupils=False):
        counts = found[_monday(day_of(stay.from_ms, look.zone)), stay.patron]
        counts[_STAY] += 1
        counts[_MS] += stay.ms


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _reading(look: Look, found: Weeks) -> None:
    """Visits, and use in the library."""
    query = select(
        reader_weeks.c.week, reader_weeks.c.patron, reader_weeks.c.act, reader_weeks.c.n
    ).where(
        reader_weeks.c.school == look.school,
        reader_weeks.c.week >= _monday(look.period.begins),
        reader_weeks.c.week <= look.period.ends,
        reader_weeks.c.act.in_((Act.VISIT.value, Act.USE.value)),
        reader_weeks.c.n > 0,
    )
    rows = look.conn.execute(query).all()
    merged = whose(look.conn, look.school, {row.patron for row in rows})
    for week, patron, act, n in rows:
        found[week, merged.get(patron, patron)][_VISIT if act == Act.VISIT else _USE] += n


def _borrowing(look: Look, found: Weeks) -> None:
    theirs = and_(patrons.c.school == loans.c.school, patrons.c.id == loans.c.patron)
    query = (
        select(loans.c.patron, loans.c.opened_ms)
        .join(patrons, theirs)
        .where(
            loans.c.school == look.school,
            loans.c.opened_ms >= look.period.from_ms(look.zone),
            loans.c.opened_ms < look.period.to_ms(look.zone),
            loans.c.how != "undone",
            not_in_a_box(),
            patrons.c.grade.is_(None),
        )
    )
    for patron, opened_ms in look.conn.execute(query).all():
        found[_monday(day_of(opened_ms, look.zone)), patron][_CHECKOUT] += 1


def _names(look: Look, people: set[str]) -> dict[str, tuple[str, str]]:
    """Name and category."""
    query = select(patrons.c.id, patrons.c.name, patrons.c.category).where(
        patrons.c.school == look.school,
        one_of(look.conn, patrons.c.id, sorted(people)),
        patrons.c.grade.is_(None),
    )
    rows = look.conn.execute(query) if people else ()
    return {row.id: (row.name, row.category) for row in rows}


def _summed(done: Weeks, by: Callable[[tuple[date, str]], Place]) -> dict[Place, Counts]:
    """Added up over all that has the same place."""
    gathered: dict[Place, list[Counts]] = defaultdict(list)
    for place, counts in done.items():
        gathered[by(place)].append(counts)
    return {place: _total(each) for place, each in gathered.items()}


def _total(each: Iterable[Counts]) -> Counts:
    """Column by column; at once, for a year of a large school has a hundred thousand rows."""
    return [sum(column) for column in zip(*each, strict=True)]


def _row(counts: Counts) -> tuple[int | float, ...]:
    return (*counts[:_MS], counts[_MS] / _HOUR_MS)
