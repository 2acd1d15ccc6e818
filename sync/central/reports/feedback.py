"""What readers said in the period, what was answered, and how long they waited."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, time, timedelta

from sqlalchemy import func, select

from kiosk.saying import Saying
from sync.central.reports.look import Look
from sync.central.reports.values import (
    Cell,
    Chart,
    Column,
    Fact,
    Report,
    Sheet,
    Unit,
    Word,
    rate,
    share,
)
from sync.central.schema import voices

KINDS = (Saying.SUGGESTION, Saying.COMPLAINT, Saying.PURCHASE, Saying.ANSWERS)
# What waits for an answer; a questionnaire is counted, and asks for none.
ASKING = (Saying.SUGGESTION, Saying.COMPLAINT, Saying.PURCHASE)
_ANSWERED = "answered"
_DAY_MS = 86_400_000


def report(look: Look) -> Report:
    begins, ends = look.period.begins, look.period.ends + timedelta(days=1)
    from_ms, to_ms = (
        int(datetime.combine(day, time(), look.zone).timestamp() * 1000) for day in (begins, ends)
    )
    query = (
        select(
            voices.c.kind,
            voices.c.state,
            func.count().label("n"),
            func.sum(voices.c.state_ms - voices.c.at_ms).label("waited_ms"),
        )
        .where(
            voices.c.school == look.school,
            voices.c.kind.in_([kind.value for kind in KINDS]),
            voices.c.at_ms >= from_ms,
            voices.c.at_ms < to_ms,
        )
        .group_by(voices.c.kind, voices.c.state)
    )
    heard: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    waited_ms = 0
    for row in look.conn.execute(query):
        heard[row.kind] += row.n
        if row.state == _ANSWERED:
            answered[row.kind] += row.n
            waited_ms += int(row.waited_ms or 0)
    asked = sum(heard[kind] for kind in ASKING)
    told = sum(answered[kind] for kind in ASKING)
    open_complaints = heard[Saying.COMPLAINT] - answered[Saying.COMPLAINT]
    rows: list[tuple[Cell, ...]] = [
        (Word(f"report.voice.{kind}"), heard[kind], answered[kind] if kind in ASKING else None)
        for kind in KINDS
    ]
    return Report(
        "feedback",
        facts=(
            Fact("voices", sum(heard.values())),
            Fact("voices_answered", told),
            Fact("voices_answered_share", share(told, asked), Unit.PERCENT),
            Fact("complaints_left", open_complaints),
            Fact("days_to_answer", rate(waited_ms / _DAY_MS, told), Unit.RATE),
        ),
        charts=(
            Chart(
                "voices_by_kind",
                tuple((Word(f"report.voice.{kind}"), heard[kind]) for kind in KINDS if heard[kind]),
            ),
        ),
        sheets=(
            Sheet(
                "voices",
                (
                    Column("voice"),
                    Column("voices", Unit.COUNT),
                    Column("voices_answered", Unit.COUNT),
                ),
                tuple(rows),
            ),
        ),
        notes=("feedback_counted",),
    )
