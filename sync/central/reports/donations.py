"""What was given to the library, by whom: in the period, and in all."""

from __future__ import annotations

from typing import Any

from sqlalchemy import case, func, select

from sync.central.reports.look import Look
from sync.central.reports.values import Cell, Chart, Column, Fact, Label, Report, Sheet, Unit, Word
from sync.central.schema import copies

DONATED = "donated"
_DRAWN = 20


def report(look: Look) -> Report:
    within = copies.c.arrived_on.between(look.period.begins, look.period.ends)
    given: Any = func.sum(case((within, 1), else_=0)).label("given")
    query = (
        select(copies.c.donor, func.count().label("total"), given)
        .where(copies.c.school == look.school, copies.c.source == DONATED)
        .group_by(copies.c.donor)
    )
    found = sorted(look.conn.execute(query).all(), key=lambda r: (-int(r.given), -r.total, r.donor))
    rows: list[tuple[Cell, ...]] = [(_donor(r.donor), int(r.given), r.total) for r in found]
    return Report(
        "donations",
        facts=(
            Fact("given", sum(int(r.given) for r in found)),
            Fact("given_in_all", sum(r.total for r in found)),
            Fact("donors", sum(bool(r.donor) for r in found)),
        ),
        charts=(
            Chart(
                "given_by_donor",
                tuple((_donor(r.donor), int(r.given)) for r in found[:_DRAWN] if r.given),
            ),
        ),
        sheets=(
            Sheet(
                "donors",
                (Column("donor"), Column("given", Unit.COUNT), Column("given_in_all", Unit.COUNT)),
                tuple(rows),
            ),
        ),
        notes=("donations_counted",),
    )


def _donor(name: str) -> Label:
    return name or Word("report.no_donor")
