"""What is overdue, and how far the recall at the end of term has come, by class and by kind."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import func, select

from kiosk.domain import Act
from sync.central.report_tables import act_days
from sync.central.reports.look import Look
from sync.central.reports.out import OutCount, count_nobodys, count_out
from sync.central.reports.readers import of_the_period
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
    share,
)

_RETURNS_DAYS = 30
# So many classes are drawn, those with the most first.
_DRAWN = 24
_OUT = (Column("out", Unit.COUNT), Column("overdue", Unit.COUNT))


def report(look: Look) -> Report:
    """What is overdue today, whatever period is asked for."""
    found = look.once(count_out)
    classes = _by_class(found)
    kinds = _by_kind(look, found)
    nobodys = count_nobodys(look)
    late = [(name, some) for name, some in classes.items() if sum(c.late for c in some)]
    most = sorted(late, key=lambda pair: -sum(c.late for c in pair[1]))[:_DRAWN]
    return Report(
        "overdue",
        facts=(
            Fact("overdue", sum(c.late for c in found)),
            Fact("out", sum(c.out for c in found) + nobodys),
            Fact("out_nobodys", nobodys),
        ),
        charts=(
            Chart("overdue_by_class", tuple((name, sum(c.late for c in some)) for name, some in most)),
        ),
        sheets=(
            Sheet(
                "classes",
                (Column("class"), *_OUT, Column("oldest", Unit.DAY)),
                tuple((name, *_sums(some), _oldest(some)) for name, some in late),
            ),
            Sheet(
                "kinds",
                (Column("kind"), *_OUT),
                tuple((name, *_sums(some)) for name, some in kinds.items()),
            ),
        ),
        notes=("overdue_counted",),
    )  # fmt: skip


def recall(look: Look) -> Report:
    """How many of the copies borrowed in the term are back."""
    found = look.once(count_out)
    lent: dict[Label, int] = {}
    for one in look.once(of_the_period).classes:
        lent[one.class_name] = lent.get(one.class_name, 0) + one.loans
    classes = _by_class(found)
    kinds = list(_by_kind(look, found))
    rows: list[tuple[Cell, ...]] = []
    for name in dict.fromkeys([*lent, *classes]):
        some = classes.get(name, [])
        by_kind = _by_kind(look, some)
        back = _back(lent.get(name, 0), some)
        rows.append(
            (
                name,
                *(sum(c.out for c in by_kind.get(k, [])) for k in kinds),
                sum(c.out for c in some),
                back,
            )
        )
    total, still = sum(lent.values()), [c for c in found if c.grade is not None]
    days_left = (look.period.return_by - look.today).days if look.period.return_by else None
    return Report(
        "recall",
        facts=(
            Fact("back", _back(total, still), Unit.PERCENT, 100.0),
            Fact("out", sum(c.out for c in found)),
            Fact("loans_of_pupils", total),
            Fact("days_left", max(0, days_left) if days_left is not None else None),
        ),
        charts=(
            Chart(
                "back_by_class",
                tuple((name, _back(n, classes.get(name, []))) for name, n in list(lent.items())[:_DRAWN]),
                unit=Unit.PERCENT,
                goal=100.0,
            ),
            Chart("returns_by_day", tuple(_returns(look)), Shape.LINE),
        ),
        sheets=(
            Sheet(
                "recall",
                (
                    Column("class"), *(Column("kind", Unit.COUNT, kind) for kind in kinds),
                    Column("out", Unit.COUNT), Column("back", Unit.PERCENT),
                ),
                tuple(rows),
            ),
        ),
        notes=("recall_counted",),
    )  # fmt: skip


def _back(lent: int, out: Iterable[OutCount]) -> float | None:
    return share(max(0, lent - sum(c.since for c in out)), lent)


def _sums(some: Iterable[OutCount]) -> tuple[int, int]:
    some = list(some)
    return sum(c.out for c in some), sum(c.late for c in some)


def _by_class(found: Iterable[OutCount]) -> dict[Label, list[OutCount]]:
    classes: dict[Label, list[OutCount]] = {}
    for one in found:
        name = one.class_name if one.grade is not None else Word("report.no_pupils")
        classes.setdefault(name or Word("report.no_name"), []).append(one)
    return classes


def _by_kind(look: Look, found: Iterable[OutCount]) -> dict[Label, list[OutCount]]:
    kinds: dict[Label, list[OutCount]] = {}
    for one in found:
        kinds.setdefault(look.copy_type(one.copy_type), []).append(one)
    return kinds


def _oldest(some: Iterable[OutCount]) -> date | None:
    return min((c.oldest for c in some if c.oldest), default=None)


def _returns(look: Look) -> list[tuple[date, int]]:
    """What was taken back on each day of the last weeks of the period, as far as they have come."""
    last = min(look.period.return_by or look.last_day, look.last_day)
    first = max(look.period.begins, last - timedelta(days=_RETURNS_DAYS))
    query = (
        select(act_days.c.day, func.sum(act_days.c.n).label("n"))
        .where(
            act_days.c.school == look.school,
            act_days.c.day >= first,
            act_days.c.day <= last,
            act_days.c.act == Act.CHECKIN.value,
        )
        .group_by(act_days.c.day)
    )
    done = {row.day: int(row.n) for row in look.conn.execute(query)}
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [(day, done.get(day, 0)) for day in days if day in done or look.clock.hours_on(day)]
