"""Keeps the stays in reading rooms as entries come in to be counted, and reads them again as visits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, and_, delete, select

from kiosk.domain import Act
from kiosk.entry import LONGEST_WORD, Entry, parse
from sync.central.db import one_of, upsert_many
from sync.central.report_tables import counted
from sync.central.reports.whose import whose
from sync.central.room_tables import room_stays
from sync.central.schema import entries, outcomes, patrons, people
from sync.events import Outcome
from sync.stays import Stay, Visit, joined, stay_of, visits

DOOR = (Act.SIGN_IN, Act.SIGN_OUT)
_PLACE = ("school", "station", "epoch", "seq")


def take_stays(conn: Connection, school: str, station: str, rows: Sequence[Any]) -> None:
    """What these entries of a station (body, est and patron beside) say of stays; again changes nothing."""
    said = list(_said(rows))
    if not said:
        return
    names = sorted({name for name, _, _, _ in said})
    query = select(room_stays).where(
        room_stays.c.school == school,
        room_stays.c.station == station,
        one_of(conn, room_stays.c.entry, names),
    )
    known = {row.entry: _stay(row) for row in conn.execute(query)}
    upsert_many(conn, room_stays, [_row(school, station, s) for s in _told(said, known).values()])


def forget_stays(conn: Connection, school: str, ids: Iterable[str]) -> None:
    """Somebody is erased: where they sat and when is nobody's business any more."""
    mine = one_of(conn, room_stays.c.patron, sorted(ids))
    conn.execute(delete(room_stays).where(room_stays.c.school == school, mine))


def room_visits(
    conn: Connection, school: str, from_ms: int, to_ms: int, *, pupils: bool = True
) -> list[Visit]:
    """Every visit that began within this time, patrons as they are called now, the earliest first; pupils' ones or not.

    Nobody is in a room over night, so only stays of the same days need be looked at.
    """
    query = select(room_stays).where(
        room_stays.c.school == school,
        room_stays.c.from_ms >= from_ms,
        room_stays.c.from_ms < to_ms,
    )
    if not pupils:
        who = (patrons.c.school == room_stays.c.school) & (patrons.c.id == room_stays.c.patron)
        query = query.outerjoin(patrons, who).where(patrons.c.grade.is_(None))
    return visits_of(conn, school, conn.execute(query).all())


def visits_of(conn: Connection, school: str, rows: Collection[Any]) -> list[Visit]:
    """The visits that these rows of stays make."""
    merged = whose(conn, school, {row.patron for row in rows})
    theirs: dict[str, list[Stay]] = defaultdict(list)
    for row in rows:
        patron = merged.get(row.patron, row.patron)
        theirs[patron].append(_stay(row, patron))
    found = [visit for stays in theirs.values() for visit in visits(stays)]
    return sorted(found, key=lambda v: (v.from_ms, v.patron, v.room))


def stay_faults(conn: Connection, school: str) -> Iterator[str]:
    """For `central verify`: stays that are not what the entries counted so far say."""
    done = conn.execute(select(counted).where(counted.c.school == school))
    upto = {(row.station, row.epoch): row.seq for row in done}
    beside = [and_(*(t.c[n] == entries.c[n] for n in _PLACE)) for t in (outcomes, people)]
    query = (
        select(
            entries.c.station, entries.c.epoch, entries.c.seq, entries.c.body, entries.c.est, people.c.patron
        )
        .join(outcomes, beside[0])
        .join(people, beside[1])
        .where(
            entries.c.school == school,
            entries.c.barcode.is_(None),
            entries.c.body.contains('"act":"sign_'),
            outcomes.c.outcome != Outcome.QUARANTINED.value,
        )
        .order_by(entries.c.station, entries.c.epoch, entries.c.seq)
    )  # fmt: skip
    by_station: dict[str, list[Any]] = defaultdict(list)
    for row in conn.execute(query):
        if row.seq <= upto.get((row.station, row.epoch), 0):
            by_station[row.station].append(row)
    should = {
        (station, name): stay
        for station, rows in by_station.items()
        for name, stay in _told(_said(rows), {}).items()
    }
    there = {
        (row.station, row.entry): _stay(row)
        for row in conn.execute(select(room_stays).where(room_stays.c.school == school))
    }
    for station, name in sorted(should.keys() | there.keys()):
        if should.get((station, name)) != there.get((station, name)):
            yield f"{school}: the stay {name} at {station} differs from what its entries say"


def _said(rows: Iterable[Any]) -> Iterator[tuple[str, str, Entry, int]]:
    """(sign-in, patron, entry, when) of those entries that speak of a stay. Nobody's entries speak of none."""
    for row in rows:
        if row.patron is None or '"act":"sign_' not in row.body:
            continue
        entry = parse(row.body)
        name = stay_of(entry)
        if name is not None and len(name) <= LONGEST_WORD and entry.act in DOOR:
            yield name, row.patron, entry, row.est


def _told(said: Iterable[tuple[str, str, Entry, int]], known: dict[str, Stay]) -> dict[str, Stay]:
    found: dict[str, Stay] = {}
    for name, patron, entry, at_ms in said:
        stay = found.get(name) or known.get(name) or Stay(name, patron)
        found[name] = joined(stay, entry, at_ms)
    return found


def _stay(row: Any, patron: str = "") -> Stay:
    return Stay(
        row.entry, patron or row.patron, row.room, row.from_ms, row.closes_ms, row.out_ms,
        bool(row.void), (row.said_epoch, row.said_seq),
    )  # fmt: skip


def _row(school: str, station: str, stay: Stay) -> dict[str, Any]:
    return {
        "school": school,
        "station": station,
        "entry": stay.entry,
        "patron": stay.patron,
        "room": stay.room,
        "from_ms": stay.from_ms,
        "closes_ms": stay.closes_ms,
        "out_ms": stay.out_ms,
        "void": int(stay.void),
        "said_epoch": stay.said[0],
        "said_seq": stay.said[1],
    }
