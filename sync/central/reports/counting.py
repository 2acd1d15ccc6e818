"""Counts what entries say was done: on which day, in which window, by whom of the staff, by which teacher.

Off the path of a batch: each chain is read on from where it was counted to, some thousands of entries a transaction,
and the counts and that place are written together. So an entry counts once, whenever it comes; what is broken off goes
on; and what was counted can be thrown away and counted again. An act that was written again in a later epoch counts
once. One that was undone at the screen does not count, nor does what undid it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, func, select, tuple_

from kiosk.domain import Act
from sync.central.activity_tables import activity_marks
from sync.central.db import Database, one_of, upsert_many
from sync.central.marks import forget_marks, take_marks
from sync.central.report_tables import act_days, counted, reader_weeks
from sync.central.reports.past_rules import Clockwork, clockwork
from sync.central.reports.same_act import TOLD, counted_before, key_at, undone_by
from sync.central.reports.stopping import Stop, never
from sync.central.reports.whose import whose
from sync.central.room_tables import room_stays
from sync.central.schema import entries, lineages, outcomes, patrons, people
from sync.central.stays import forget_stays, take_stays
from sync.events import DESK, Key, Outcome

PORTION = 2_000
# What is written down for a teacher's week.
READING = (Act.VISIT, Act.USE)
_OF_COPIES = (Act.CHECKOUT, Act.CHECKIN, Act.RENEWAL, Act.USE)

ActDay = tuple[date, str, int, str, str, str]
ReaderWeek = tuple[date, str, int, str, str]


def count_acts(db: Database, school: str, stop: Stop = never) -> bool:
    """Count on until there is nothing left or `stop` says so; whether all that is held has been counted."""
    while True:
        with db.read() as conn:
            chain = _behind(conn, school)
        if chain is None:
            return True
        if stop():
            return False
        with db.begin(school) as conn:
            chain = _behind(conn, school)
            if chain is not None:
                _count_on(conn, school, *chain)


def uncounted(conn: Connection, school: str) -> int:
    """How many entries have not been counted yet."""
    return sum(chain.durable - chain.seq for chain in chains_behind(conn, school))


def count_again(conn: Connection, school: str, station: str) -> None:
    """Something about a station's entries has changed: throw its counts away, so that they are made anew."""
    for table in (act_days, reader_weeks, room_stays, activity_marks, counted):
        conn.execute(delete(table).where(table.c.school == school, table.c.station == station))


def forget_reader(conn: Connection, school: str, ids: Iterable[str]) -> None:
    """Somebody is erased: what they did each week is nobody's business any more."""
    mine = one_of(conn, reader_weeks.c.patron, sorted(ids))
    conn.execute(delete(reader_weeks).where(reader_weeks.c.school == school, mine))
    forget_stays(conn, school, ids)
    forget_marks(conn, school, ids)


@dataclass(frozen=True, slots=True)
class Chain:
    station: str
    epoch: int
    durable: int
    seq: int


def chains_behind(conn: Connection, school: str, marks: Table = counted) -> list[Chain]:
    """Every chain that goes beyond what `marks` say was gone through of it, earlier epochs first."""
    same = [marks.c[name] == lineages.c[name] for name in ("school", "station", "epoch")]
    done = func.coalesce(marks.c.seq, 0)
    query = (
        select(lineages.c.station, lineages.c.epoch, lineages.c.durable, done.label("seq"))
        .outerjoin(marks, and_(*same))
        .where(lineages.c.school == school, lineages.c.durable > done)
        .order_by(lineages.c.epoch, lineages.c.station)
    )
    chains = [Chain(row.station, row.epoch, row.durable, row.seq) for row in conn.execute(query)]
    return [*chains, *_desk(conn, school, marks)]


def _desk(conn: Connection, school: str, marks: Table) -> list[Chain]:
    """The chain of what staff did; it has no lineage."""
    ours = (entries.c.school == school, entries.c.station == DESK)
    done = (marks.c.school == school, marks.c.station == DESK)
    seqs = {row.epoch: row.seq for row in conn.execute(select(marks).where(*done))}
    last = select(entries.c.epoch, entries.c.seq).where(*ours)
    row = conn.execute(last.order_by(entries.c.epoch.desc(), entries.c.seq.desc()).limit(1)).first()
    if row is None or row.seq <= seqs.get(row.epoch, 0):
        return []
    return [Chain(DESK, row.epoch, row.seq, seqs.get(row.epoch, 0))]


def _behind(conn: Connection, school: str) -> tuple[str, int, int] | None:
    """The chain to go on with, and up to where it was counted."""
    chain = next(iter(chains_behind(conn, school)), None)
    return (chain.station, chain.epoch, chain.seq) if chain else None


@dataclass(slots=True)
class _Portion:
    """Some entries of a chain, and what they add to the counts."""

    school: str
    clock: Clockwork
    acts: Counter[ActDay] = field(default_factory=Counter)
    weeks: Counter[ReaderWeek] = field(default_factory=Counter)


def _count_on(conn: Connection, school: str, station: str, epoch: int, seq: int) -> None:
    rows = _rows(conn, school, station, epoch, seq)
    told = [(row, json.loads(row.body)) for row in rows if row.outcome != Outcome.QUARANTINED]
    take_stays(conn, school, station, [row for row, _ in told])
    take_marks(conn, school, [row for row, _ in told])
    visits = [row for row, body in told if body["allowed"] and body["act"] not in _OF_COPIES]
    again = counted_before(conn, school, visits)
    portion = _Portion(school, clockwork(conn, school))
    fresh = {key_at(row): (row, body) for row, body in told if _counts(row, body, again)}
    undone = undone_by(conn, school, fresh)
    for key, (row, body) in fresh.items():
        if before := undone.get(key):
            _add(portion, before, json.loads(before.body), -1)
        # What was done in error leaves nothing; a return that became a renewal, for so many days, leaves that.
        if key not in undone or (body["act"] == Act.RENEWAL and "days" in body):
            _add(portion, row, body, 1)
    _add_readers(conn, portion, [pair for key, pair in fresh.items() if key not in undone])
    _write(
        conn,
        act_days,
        ("day", "station", "epoch", "during", "act", "staff"),
        portion.school,
        portion.acts,
    )
    _write(
        conn,
        reader_weeks,
        ("week", "station", "epoch", "patron", "act"),
        portion.school,
        portion.weeks,
    )
    at = {"school": school, "station": station, "epoch": epoch, "seq": rows[-1].seq}
    upsert_many(conn, counted, [at])


_PLACE = ("school", "station", "epoch", "seq")


def _beside(table: Table) -> Any:
    return and_(*(table.c[name] == entries.c[name] for name in _PLACE))


def _rows(conn: Connection, school: str, station: str, epoch: int, seq: int) -> Sequence[Any]:
    query = (
        select(*TOLD, outcomes.c.outcome, people.c.patron)
        .join(outcomes, _beside(outcomes))
        .outerjoin(people, _beside(people))
        .where(
            entries.c.school == school, entries.c.station == station, entries.c.epoch == epoch,
            entries.c.seq > seq,
        )
        .order_by(entries.c.seq)
        .limit(PORTION)
    )  # fmt: skip
    return conn.execute(query).all()


def _counts(row: Any, body: dict[str, Any], again: set[Key]) -> bool:
    """Whether something was done. An entry on a copy that counts elsewhere is on no copy here."""
    if not body["allowed"]:
        return False
    if body["act"] in _OF_COPIES:
        return row.barcode is not None
    return key_at(row) not in again


def _add(portion: _Portion, row: Any, body: dict[str, Any], times: int) -> None:
    day, during = portion.clock.place(row.est, row.station)
    staff = str(body.get("staff", ""))
    portion.acts[day, row.station, row.epoch, during, body["act"], staff] += times


# Who reads.


def _add_readers(
    conn: Connection, portion: _Portion, pairs: Sequence[tuple[Any, dict[str, Any]]]
) -> None:
    """Visits and uses of those who are no pupils."""
    theirs = [(row, body) for row, body in pairs if row.patron and body["act"] in READING]
    named = {row.patron for row, _ in theirs}
    merged = whose(conn, portion.school, named)
    known = {merged.get(name, name) for name in named}
    query = select(patrons.c.id).where(
        patrons.c.school == portion.school,
        one_of(conn, patrons.c.id, sorted(known)),
        patrons.c.grade.isnot(None),
    )
    pupils = set(conn.execute(query).scalars()) if known else set()
    for row, body in theirs:
        if merged.get(row.patron, row.patron) not in pupils:
            day, _ = portion.clock.place(row.est, row.station)
            monday = day - timedelta(days=day.weekday())
            portion.weeks[monday, row.station, row.epoch, row.patron, body["act"]] += 1


def _write(
    conn: Connection, table: Table, names: tuple[str, ...], school: str, more: Counter[Any]
) -> None:
    """Add to the counts that are there."""
    added = {key: n for key, n in more.items() if n}
    if not added:
        return
    days = {key[0] for key in added}
    chains = {(key[1], key[2]) for key in added}
    there = select(table).where(
        table.c.school == school,
        table.c[names[0]].in_(days),
        tuple_(table.c.station, table.c.epoch).in_(chains),
    )
    before = {tuple(row._mapping[n] for n in names): row.n for row in conn.execute(there)}
    rows = [
        {"school": school, **dict(zip(names, key, strict=True)), "n": before.get(key, 0) + n}
        for key, n in added.items()
    ]
    upsert_many(conn, table, rows)
