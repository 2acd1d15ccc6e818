"""Average loans of a pupil in the term, against the goal: the school, its grades, majors and classes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from sync.central.reports.look import Look
from sync.central.reports.periods import Kind, Period
from sync.central.reports.readers import ClassCount, count_borrowed, of_the_period
from sync.central.reports.values import (
    Cell,
    Chart,
    Column,
    Fact,
    Named,
    Report,
    Sheet,
    Unit,
    rate,
    share,
)

_COUNTS = (
    Column("pupils", Unit.COUNT),
    Column("loans", Unit.COUNT),
    Column("average", Unit.RATE),
    Column("borrowed", Unit.PERCENT),
    Column("reached", Unit.PERCENT),
)
# 护理2401班 -> 护理; a grade (三年级, 初三, 高一) is no major.
_MAJOR = re.compile(r"([^\W\d_一二三四五六七八九十年级]{2,})[\d(（]")


def report(look: Look) -> Report:
    if look.period.kind is Kind.YEAR:
        return _year(look)
    goal = look.goals.loans_per_term
    found = look.once(of_the_period)
    classes = found.classes
    grades = _grouped(classes, lambda c: c.grade)
    majors = _grouped([c for c in classes if _major(c)], _major)
    sheets = [_sheet("grades", "grade", grades, look), _sheet("majors", "major", majors, look)]
    each = _grouped(classes, lambda c: c.class_name)
    sheets.append(_sheet("classes", "class", each, look))
    drawn = grades if len(grades) > 1 else each
    chart = Chart(
        "loans_per_pupil",
        tuple((str(name), _average(some)) for name, some in drawn.items()),
        unit=Unit.RATE,
        goal=goal,
    )
    return Report(
        "loans",
        facts=_facts(classes, found.by_others, goal),
        charts=(chart,),
        sheets=tuple(sheet for sheet in sheets if sheet.rows),
        notes=("loans_counted", "pupils_counted", *(("majors_from_names",) if majors else ())),
    )


def major_of(class_name: str) -> str:
    """The major that a class of a vocational school is named after; "" where its name tells none."""
    found = _MAJOR.match(class_name)
    return found[1] if found else ""


def _major(one: ClassCount) -> str:
    return one.major or major_of(one.class_name)


def _facts(classes: Sequence[ClassCount], by_others: int, goal: float) -> tuple[Fact, ...]:
    pupils = sum(c.pupils for c in classes)
    return (
        Fact("loans_per_pupil", _average(classes), Unit.RATE, goal),
        Fact("loans_of_pupils", sum(c.loans for c in classes)),
        Fact("pupils", pupils),
        Fact("reached_share", share(sum(c.reached for c in classes), pupils), Unit.PERCENT),
        Fact("loans_of_others", by_others),
    )


def _year(look: Look) -> Report:
    """A school year: each of its terms by itself."""
    goal = look.goals.loans_per_term
    found = [
        (term, count_borrowed(look.conn, look.school, term, look.zone, goal).classes)
        for term in look.terms
    ]
    each: dict[Cell, Sequence[ClassCount]] = {_named(term): classes for term, classes in found}
    averages = [a for _, classes in found if (a := _average(classes)) is not None]
    return Report(
        "loans",
        facts=(
            Fact("loans_per_pupil", rate(sum(averages), len(averages)), Unit.RATE, goal),
            Fact("loans_of_pupils", sum(c.loans for _, classes in found for c in classes)),
        ),
        charts=(
            Chart(
                "loans_per_pupil",
                tuple((_named(term), _average(classes)) for term, classes in found),
                unit=Unit.RATE,
                goal=goal,
            ),
        ),
        sheets=(_sheet("terms", "term", each, look),),
        notes=("loans_counted", "pupils_counted"),
    )


def _named(term: Period) -> Named:
    return Named(term.name, term.name_en)


def _average(some: Iterable[ClassCount]) -> float | None:
    some = list(some)
    return rate(sum(c.loans for c in some), sum(c.pupils for c in some))


def _grouped(
    classes: Iterable[ClassCount], by: Callable[[ClassCount], Cell]
) -> dict[Cell, Sequence[ClassCount]]:
    found: dict[Cell, list[ClassCount]] = {}
    for one in classes:
        found.setdefault(by(one), []).append(one)
    return dict(found)


def _sheet(key: str, of: str, groups: dict[Cell, Sequence[ClassCount]], look: Look) -> Sheet:
    rows = [(name, *_row(some)) for name, some in groups.items()]
    return Sheet(key, (Column(of), *_COUNTS), tuple(rows))


def _row(some: Sequence[ClassCount]) -> tuple[Cell, ...]:
    pupils = sum(c.pupils for c in some)
    return (
        pupils,
        sum(c.loans for c in some),
        _average(some),
        share(sum(c.borrowed for c in some), pupils),
        share(sum(c.reached for c in some), pupils),
    )
