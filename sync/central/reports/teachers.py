"""The weekly record of the teachers' reading: visits, use in the library, and loans."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from sqlalchemy import and_, func, select

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

STAY, MS = "stay", "stay_ms"
_KINDS = (Act.VISIT.value, STAY, Act.USE.value, Act.CHECKOUT.value)
_COLUMNS = (*(Column(f"{kind}s", Unit.COUNT) for kind in _KINDS), Column("stay_hours", Unit.HOURS))
_HOUR_MS = 3_600_000
Weeks = Counter[tuple[date, str, str]]


def report(look: Look) -> Report:
    done = _reading(look)
    done.update(_borrowing(look))
    done.update(_staying(look))
    known = _names(look, {patron for _, patron, _ in done})
    # Whoever has become somebody else's number, or is no teacher, is not in `known`.
    done = Counter({key: n for key, n in done.items() if key[1] in known})
    names = {patron: name for patron, (name, _) in known.items()}
    weeks = sorted({week for week, _, _ in done})
    people = sorted(names, key=lambda p: (names[p], p))
    by_week, by_person = _summed(done, 0), _summed(done, 1)
    many = Counter(week for week, _ in {(week, who) for week, who, _ in done})
    each = sorted({(week, who) for week, who, _ in done}, key=lambda k: (k[0], names[k[1]], k[1]))
    total = [sum(n for (_, _, act), n in done.items() if act == kind) for kind in _KINDS]
    week_rows: list[tuple[Cell, ...]] = [(w, *_row(by_week, w), many[w]) for w in weeks]
    person_rows: list[tuple[Cell, ...]] = [(names[p], *_row(by_person, p)) for p in people]
    each_rows: list[tuple[Cell, ...]] = [
        (
            week,
            names[who],
            *(done[week, who, kind] for kind in _KINDS),
            done[week, who, MS] / _HOUR_MS,
        )
        for week, who in each
    ]
    return Report(
        "teachers",
        facts=(
            *(Fact(f"{kind}s", n) for kind, n in zip(_KINDS, total, strict=True)),
            Fact("teachers_reading", len(people)),
        ),
        charts=(
            Chart("visits_by_week", tuple((week, by_week[week, Act.VISIT.value]) for week in weeks)),
        ),
        sheets=(
            Sheet("weeks", (Column("week", Unit.DAY), *_COLUMNS, Column("teachers", Unit.COUNT)), tuple(week_rows)),
            Sheet("teacher_categories", _OF_CATEGORY, tuple(_by_category(look, done, known))),
            Sheet("teachers", (Column("teacher"), *_COLUMNS), tuple(person_rows), named=True),
            Sheet("teachers_weeks", _OF_WEEK, tuple(each_rows), named=True),
        ),
        notes=("teachers_counted", "stays_counted", "weeks_begin"),
    )  # fmt: skip


_OF_WEEK = (Column("week", Unit.DAY), Column("teacher"), *_COLUMNS)
_OF_CATEGORY = (
    Column("week", Unit.DAY), Column("category"), *_COLUMNS, Column("teachers", Unit.COUNT),
)  # fmt: skip


def _by_category(
    look: Look, done: Weeks, known: dict[str, tuple[str, str]]
) -> list[tuple[Cell, ...]]:
    """Week by week what the patrons of each category did, and how many of them did anything."""
    found: Counter[tuple[tuple[date, str], str]] = Counter()
    for (week, who, kind), n in done.items():
        found[(week, known[who][1]), kind] += n
    many = Counter((w, known[who][1]) for w, who in {(w, who) for w, who, _ in done})
    named = {c.key: Named(c.name, c.name_en) for c in look.rules.library.categories}
    return [
        (
            place[0], named.get(place[1], Named(place[1])),
            *(found[place, kind] for kind in _KINDS), found[place, MS] / _HOUR_MS, many[place],
        )
        for place in sorted(many)
    ]  # fmt: skip


def _staying(look: Look) -> Weeks:
    """Times and milliseconds in the reading rooms."""
    found: Weeks = Counter()
    span = look.period.from_ms(look.zone), look.period.to_ms(look.zone)
    for stay in room_visits(look.conn, look.school, *span, pupils=False):
        week = _monday(day_of(stay.from_ms, look.zone))
        found[week, stay.patron, STAY] += 1
        found[week, stay.patron, MS] += stay.ms
    return found


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _reading(look: Look) -> Weeks:
    query = (
        select(
            reader_weeks.c.week, reader_weeks.c.patron, reader_weeks.c.act, func.sum(reader_weeks.c.n).label("n")
        )
        .where(
            reader_weeks.c.school == look.school,
            reader_weeks.c.week >= _monday(look.period.begins),
            reader_weeks.c.week <= look.period.ends,
        )
        .group_by(reader_weeks.c.week, reader_weeks.c.patron, reader_weeks.c.act)
    )  # fmt: skip
    rows = look.conn.execute(query).all()
    merged = whose(look.conn, look.school, {row.patron for row in rows})
    found: Weeks = Counter()
    for row in rows:
        if row.n:
            found[row.week, merged.get(row.patron, row.patron), row.act] += int(row.n)
    return found


def _borrowing(look: Look) -> Weeks:
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
    return Counter(
        (_monday(day_of(row.opened_ms, look.zone)), row.patron, Act.CHECKOUT.value)
        for row in look.conn.execute(query)
    )


def _names(look: Look, people: set[str]) -> dict[str, tuple[str, str]]:
    """Name and category."""
    query = select(patrons.c.id, patrons.c.name, patrons.c.category).where(
        patrons.c.school == look.school,
        one_of(look.conn, patrons.c.id, sorted(people)),
        patrons.c.grade.is_(None),
    )
    rows = look.conn.execute(query) if people else ()
    return {row.id: (row.name, row.category) for row in rows}


def _summed(done: Weeks, part: int) -> Counter[tuple[date | str, str]]:
    """Added up over the other part of the key: 0 keeps the week, 1 the patron."""
    found: Counter[tuple[date | str, str]] = Counter()
    for key, n in done.items():
        found[key[part], key[2]] += n
    return found


def _row(summed: Counter[tuple[date | str, str]], of: date | str) -> tuple[int | float, ...]:
    return (*(summed[of, kind] for kind in _KINDS), summed[of, MS] / _HOUR_MS)
