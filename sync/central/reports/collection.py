"""The collection: copies for each pupil against the national standard, and how much of it is used.

Copies that are lost, missing or withdrawn do not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import case, func, select

from config.goals import Goals
from kiosk.domain import CopyState
from sync.central.report_tables import copy_loans
from sync.central.reports.look import Look
from sync.central.reports.periods import Period, year_of
from sync.central.reports.readers import count_pupils
from sync.central.reports.values import (
    Cell,
    Chart,
    Column,
    Fact,
    Label,
    Report,
    Sheet,
    Unit,
    Word,
    rate,
    share,
)
from sync.central.schema import copies

_THERE = (CopyState.ON_SHELF.value, CopyState.MENDING.value)


@dataclass(frozen=True, slots=True)
class Part:
    """Some copies: of a kind and of a main class. lent: those that were ever lent; recent: in the period."""

    copy_type: str
    main_class: str
    copies: int
    loans: int
    lent: int
    recent: int


def size(look: Look) -> Report:
    """How large the collection is, and what the standard asks for."""
    parts = look.once(count_parts)
    total, pupils = sum(p.copies for p in parts), count_pupils(look.conn, look.school)
    needed, many = needed_copies(pupils, look.goals), sum(pupils.values())
    kinds = _by(parts, lambda p: look.copy_type(p.copy_type))
    standard, year = rate(needed, many), year_of(look.last_day)
    new = count_new(look, year)
    return Report(
        "collection",
        facts=(
            Fact("copies_per_pupil", rate(total, many), Unit.RATE, standard),
            Fact("copies", total, goal=needed or None),
            Fact("new_per_pupil", rate(new, many), Unit.RATE, look.goals.new_copies_per_pupil),
            Fact("new_copies", new),
            Fact("pupils", many),
        ),
        charts=(Chart("copies_by_kind", tuple((name, sum(p.copies for p in some)) for name, some in kinds.items())),),
        sheets=(
            _stages(pupils, look.goals),
            Sheet(
                "kinds",
                (Column("kind"), Column("copies", Unit.COUNT), Column("share", Unit.PERCENT)),
                tuple((name, (n := sum(p.copies for p in some)), share(n, total)) for name, some in kinds.items()),
            ),
        ),
        notes=("standard", "copies_counted", "new_counted"),
    )  # fmt: skip


def use(look: Look) -> Report:
    """How much of the collection is borrowed at all."""
    parts = look.once(count_parts)
    total, lent = sum(p.copies for p in parts), sum(p.lent for p in parts)
    recent = sum(p.recent for p in parts)
    kinds = _by(parts, lambda p: look.copy_type(p.copy_type))
    classes = _by(parts, lambda p: p.main_class or Word("report.no_class"))
    return Report(
        "use",
        facts=(
            Fact("never_borrowed", share(total - lent, total), Unit.PERCENT),
            Fact("borrowed_since", share(recent, total), Unit.PERCENT),
            Fact("copies", total),
            Fact("loans_per_copy", rate(sum(p.loans for p in parts), total), Unit.RATE),
        ),
        charts=(
            Chart("never_by_class", tuple((name, _never(some)) for name, some in classes.items()), unit=Unit.PERCENT),
        ),
        sheets=(_used("kinds", "kind", kinds), _used("classes_of_books", "main_class", classes)),
        notes=("copies_counted", "use_counted"),
    )  # fmt: skip


def count_new(look: Look, year: Period) -> int:
    """Copies that arrived in the school year."""
    query = select(func.count()).where(
        copies.c.school == look.school,
        copies.c.arrived_on >= year.begins,
        copies.c.arrived_on <= year.ends,
    )
    return int(look.conn.execute(query).scalar_one())


def count_parts(look: Look) -> list[Part]:
    """The copies that are there, by kind and main class; those lent only at times outside the period are not recent."""
    newest = copy_loans.c.last_ms
    recent = (newest >= look.period.from_ms(look.zone)) & (newest.isnot(None))
    query = (
        select(
            copy_loans.c.copy_type, copy_loans.c.main_class, func.count().label("copies"),
            func.sum(copy_loans.c.loans).label("loans"),
            func.sum(case((copy_loans.c.loans > 0, 1), else_=0)).label("lent"),
            func.sum(case((recent, 1), else_=0)).label("recent"),
        )
        .where(copy_loans.c.school == look.school, copy_loans.c.state.in_(_THERE))
        .group_by(copy_loans.c.copy_type, copy_loans.c.main_class)
        .order_by(copy_loans.c.copy_type, copy_loans.c.main_class)
    )  # fmt: skip
    return [
        Part(r.copy_type, r.main_class, r.copies, int(r.loans), int(r.lent), int(r.recent))
        for r in look.conn.execute(query)
    ]


def needed_copies(pupils: Mapping[int, int], goals: Goals) -> int:
    """What the standard asks for: each pupil by their stage; both upper stages together have one of their own."""
    primary, junior, senior = _split(pupils, goals)
    each = goals.copies_per_pupil
    upper = (
        (junior + senior) * each.full
        if junior and senior
        else junior * each.junior + senior * each.senior
    )
    return round(primary * each.primary + upper)


def _split(pupils: Mapping[int, int], goals: Goals) -> tuple[int, int, int]:
    first, second = goals.primary_up_to_grade, goals.junior_up_to_grade
    return (
        sum(n for grade, n in pupils.items() if grade <= first),
        sum(n for grade, n in pupils.items() if first < grade <= second),
        sum(n for grade, n in pupils.items() if grade > second),
    )


def _stages(pupils: Mapping[int, int], goals: Goals) -> Sheet:
    split, each = _split(pupils, goals), goals.copies_per_pupil
    upper = (each.full, each.full) if split[1] and split[2] else (each.junior, each.senior)
    rows: list[tuple[Cell, ...]] = [
        (Word(f"report.stage.{name}"), n, standard, round(n * standard))
        for name, n, standard in zip(("primary", "junior", "senior"), split, (each.primary, *upper), strict=True)
        if n
    ]  # fmt: skip
    columns = (
        Column("stage"), Column("pupils", Unit.COUNT), Column("standard", Unit.RATE), Column("needed", Unit.COUNT)
    )  # fmt: skip
    return Sheet("stages", columns, tuple(rows))


def _by(parts: Iterable[Part], of: Callable[[Part], Label]) -> dict[Label, list[Part]]:
    found: dict[Label, list[Part]] = {}
    for part in parts:
        found.setdefault(of(part), []).append(part)
    return found


def _never(some: Iterable[Part]) -> float | None:
    some = list(some)
    total = sum(p.copies for p in some)
    return share(total - sum(p.lent for p in some), total)


def _used(key: str, of: str, groups: Mapping[Label, list[Part]]) -> Sheet:
    columns = (
        Column(of), Column("copies", Unit.COUNT), Column("loans", Unit.COUNT), Column("loans_per_copy", Unit.RATE),
        Column("borrowed_since", Unit.PERCENT), Column("never_borrowed", Unit.PERCENT),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for name, some in groups.items():
        total, loans = sum(p.copies for p in some), sum(p.loans for p in some)
        recent = sum(p.recent for p in some)
        rows.append((name, total, loans, rate(loans, total), share(recent, total), _never(some)))
    return Sheet(key, columns, tuple(rows))
