"""What each member of the staff did at the record: how many acts, of which kind."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import func, select

from sync.central.report_tables import act_days
from sync.central.reports.look import Look
from sync.central.reports.values import Cell, Chart, Column, Fact, Report, Sheet, Unit, Word
from sync.central.staff import shown_names


def report(look: Look) -> Report:
    query = (
        select(act_days.c.staff, act_days.c.act, func.sum(act_days.c.n).label("n"))
        .where(
            act_days.c.school == look.school,
            act_days.c.day >= look.period.begins,
            act_days.c.day <= look.period.ends,
            act_days.c.staff != "",
        )
        .group_by(act_days.c.staff, act_days.c.act)
    )
    done = Counter({(r.staff, r.act): int(r.n) for r in look.conn.execute(query) if r.n})
    names = shown_names(look.conn, look.school)
    people: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for (login, act), n in done.items():
        people[login] += n
        kinds[act] += n
    rows: list[tuple[Cell, ...]] = [
        (names.get(login, login), Word(f"report.act.{act}"), n)
        for (login, act), n in sorted(done.items())
    ]
    totals: list[tuple[Cell, ...]] = [
        (names.get(login, login), n) for login, n in people.most_common()
    ]
    return Report(
        "staff",
        facts=(Fact("acts", sum(people.values())), Fact("staff_active", len(people))),
        charts=(
            Chart("acts_by_kind", tuple((Word(f"report.act.{act}"), n) for act, n in kinds.most_common())),
        ),
        sheets=(
            Sheet("staff", (Column("member"), Column("acts", Unit.COUNT)), tuple(totals)),
            Sheet("staff_acts", (Column("member"), Column("act"), Column("acts", Unit.COUNT)), tuple(rows)),
        ),
        notes=("staff_counted",),
    )  # fmt: skip
