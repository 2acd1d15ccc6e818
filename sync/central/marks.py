"""Keeps who came to an activity and what was read in it as entries are counted: a set, whatever comes how often."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, and_, delete, select, update

from kiosk.activities import head_count
from kiosk.domain import Act
from kiosk.entry import LONGEST_WORD
from sync.central.activity_tables import activity_marks, essays
from sync.central.db import one_of, upsert_many
from sync.central.report_tables import counted
from sync.central.schema import entries, outcomes, people
from sync.events import Outcome

ATTEND, USE, COUNT = "attend", "use", "count"
Mark = tuple[str, str, str, str]


def take_marks(conn: Connection, school: str, rows: Sequence[Any]) -> None:
    """What these entries (station, body, barcode, est, and patron beside) say; again changes nothing."""
    told = marks_in(rows)
    if not told:
        return
    names = sorted({mark[0] for mark in told})
    query = select(activity_marks).where(
        activity_marks.c.school == school, one_of(conn, activity_marks.c.activity, names)
    )
    for row in conn.execute(query):
        mark = (row.activity, row.kind, row.who, row.station)
        if mark in told:
            told[mark] = _kept(mark, told[mark], row.at_ms)
    columns = ("activity", "kind", "who", "station")
    upsert_many(
        conn,
        activity_marks,
        [
            {"school": school, **dict(zip(columns, mark, strict=True)), "at_ms": at_ms}
            for mark, at_ms in told.items()
        ],
    )


def marks_in(rows: Iterable[Any]) -> dict[Mark, int]:
    """The marks of these entries, each with the first time; a number of pupils with the last."""
    found: dict[Mark, int] = {}
    for row in rows:
        if '"value":' not in row.body:
            continue
        body = json.loads(row.body)
        if not body["allowed"] or not 0 < len(body.get("value", "")) <= LONGEST_WORD:
            continue
        for kind, whom in _told(body, row):
            mark = (body["value"], kind, whom, row.station)
            found[mark] = _kept(mark, row.est, found.get(mark, row.est))
    return found


def _told(body: dict[str, Any], row: Any) -> Iterator[tuple[str, str]]:
    if body["act"] == Act.ATTEND and row.patron:
        yield ATTEND, row.patron
    if body["act"] == Act.ATTEND and head_count(body.get("text", "")):
        yield COUNT, body["text"]
    if body["act"] == Act.USE and row.barcode:
        yield USE, row.barcode


def _kept(mark: Mark, *times_ms: int) -> int:
    # Of several numbers the last that was said counts.
    return max(times_ms) if mark[1] == COUNT else min(times_ms)


def forget_marks(conn: Connection, school: str, ids: Iterable[str]) -> None:
    """Somebody is erased: nobody knows any more that they came, or what they wrote."""
    names = sorted(ids)
    mine = one_of(conn, activity_marks.c.who, names)
    conn.execute(
        delete(activity_marks).where(
            activity_marks.c.school == school, mine, activity_marks.c.kind == ATTEND
        )
    )
    theirs = (essays.c.school == school, one_of(conn, essays.c.patron, names))
    conn.execute(update(essays).where(*theirs).values(patron="", author="", class_name=""))


def mark_faults(conn: Connection, school: str) -> Iterator[str]:
    """For `central verify`: marks that are not what the entries counted so far say."""
    done = conn.execute(select(counted).where(counted.c.school == school))
    upto = {(row.station, row.epoch): row.seq for row in done}
    places = ("school", "station", "epoch", "seq")
    beside = [and_(*(t.c[n] == entries.c[n] for n in places)) for t in (outcomes, people)]
    query = (
        select(
            entries.c.station, entries.c.epoch, entries.c.seq, entries.c.body, entries.c.barcode, entries.c.est,
            people.c.patron,
        )
        .join(outcomes, beside[0])
        .outerjoin(people, beside[1])
        .where(
            entries.c.school == school,
            entries.c.body.contains('"value":'),
            outcomes.c.outcome != Outcome.QUARANTINED.value,
        )
    )  # fmt: skip
    rows = conn.execute(query)
    should = marks_in(r for r in rows if r.seq <= upto.get((r.station, r.epoch), 0))
    there = {
        (row.activity, row.kind, row.who, row.station): row.at_ms
        for row in conn.execute(select(activity_marks).where(activity_marks.c.school == school))
    }
    for mark in sorted(should.keys() | there.keys()):
        if should.get(mark) != there.get(mark):
            yield f"{school}: the activity {mark[0]}: {mark[1]} at {mark[3]} differs from what its entries say"
