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
from sync.central.reports.values import Cell, Chart, Column, Fact, Report, Sheet, Unit
from sync.central.reports.whose import whose
from sync.central.schema import loans, patrons

_KINDS = (Act.VISIT, Act.USE, Act.CHECKOUT)
_COLUMNS = tuple(Column(f"{act}s", Unit.COUNT) for act in _KINDS)
Weeks = Counter[tuple[date, str, str]]


def report(look: Look) -> Report:
    done = _reading(look)
    done.update(_borrowing(look))
    names = _names(look, {patron for _, patron, _ in done})
    # Whoever has become somebody else's number, or is no teacher, is not in `names`.
    done = Counter({key: n for key, n in done.items() if key[1] in names})
    weeks = sorted({week for week, _, _ in done})
    people = sorted(names, key=lambda p: (names[p], p))
    by_week, by_person = _summed(done, 0), _summed(done, 1)
    many = Counter(week for week, _ in {(week, who) for week, who, _ in done})
    each = sorted({(week, who) for week, who, _ in done}, key=lambda k: (k[0], names[k[1]], k[1]))
    total = [sum(n for (_, _, act), n in done.items() if act == kind) for kind in _KINDS]
    week_rows: list[tuple[Cell, ...]] = [(w, *_row(by_week, w), many[w]) for w in weeks]
    person_rows: list[tuple[Cell, ...]] = [(names[p], *_row(by_person, p)) for p in people]
    each_rows: list[tuple[Cell, ...]] = [
        (week, names[who], *(done[week, who, act.value] for act in _KINDS)) for week, who in each
    ]
    return Report(
        "teachers",
        facts=(
            *(Fact(f"{act}s", n) for act, n in zip(_KINDS, total, strict=True)),
            Fact("teachers_reading", len(people)),
        ),
        charts=(
            Chart("visits_by_week", tuple((week, by_week[week, Act.VISIT.value]) for week in weeks)),
        ),
        sheets=(
            Sheet("weeks", (Column("week", Unit.DAY), *_COLUMNS, Column("teachers", Unit.COUNT)), tuple(week_rows)),
            Sheet("teachers", (Column("teacher"), *_COLUMNS), tuple(person_rows)),
            Sheet("teachers_weeks", (Column("week", Unit.DAY), Column("teacher"), *_COLUMNS), tuple(each_rows)),
        ),
        notes=("teachers_counted", "weeks_begin"),
    )  # fmt: skip


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


def _names(look: Look, people: set[str]) -> dict[str, str]:
    query = select(patrons.c.id, patrons.c.name).where(
        patrons.c.school == look.school,
        one_of(look.conn, patrons.c.id, sorted(people)),
        patrons.c.grade.is_(None),
    )
    return {row.id: row.name for row in look.conn.execute(query)} if people else {}


def _summed(done: Weeks, part: int) -> Counter[tuple[date | str, str]]:
    """Added up over the other part of the key: 0 keeps the week, 1 the patron."""
    found: Counter[tuple[date | str, str]] = Counter()
    for key, n in done.items():
        found[key[part], key[2]] += n
    return found


def _row(summed: Counter[tuple[date | str, str]], of: date | str) -> tuple[int, ...]:
    return tuple(summed[of, act.value] for act in _KINDS)
