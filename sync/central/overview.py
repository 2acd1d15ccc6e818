"""What the console's pages show beside the cases themselves: which to read, the day's exceptions, the stations."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, func, select

from sync.central.cases import Line, digest
from sync.central.schema import cases, copies, incidents, lineages, stations, titles

OPEN_AT_ONCE = 50
SETTLED_AT_ONCE = 20
INCIDENTS_AT_ONCE = 5
LINES_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Inbox:
    """Ids of cases: the oldest open ones, and those that were settled last. total: how many are open."""

    total: int
    open: tuple[str, ...]
    settled: tuple[str, ...]


def inbox(conn: Connection, school: str) -> Inbox:
    """Which cases to read first."""
    mine = select(cases.c.id).where(cases.c.school == school)
    waiting = mine.where(cases.c.is_open).order_by(cases.c.opened_ms, cases.c.id)
    settled = mine.where(~cases.c.is_open, cases.c.settled_by.isnot(None))
    newest = settled.order_by(cases.c.closed_ms.desc(), cases.c.id).limit(SETTLED_AT_ONCE)
    return Inbox(
        count_open(conn, school),
        tuple(conn.execute(waiting.limit(OPEN_AT_ONCE)).scalars()),
        tuple(conn.execute(newest).scalars()),
    )


def count_open(conn: Connection, school: str) -> int:
    query = select(func.count()).where(cases.c.school == school, cases.c.is_open)
    return int(conn.execute(query).scalar_one())


@dataclass(frozen=True, slots=True)
class Odd:
    """An exception that needs no decision, with the names of what it is about ("" where there is none)."""

    line: Line
    title: str
    station: str


def odd_ones(conn: Connection, school: str, now_ms: int) -> list[Odd]:
    """The newest exceptions of the last 30 days that nobody has to decide."""
    lines = digest(conn, school, now_ms)[:LINES_AT_ONCE]
    names = {row.id: row.name for row in conn.execute(_stations(school))}
    called = _titles(conn, school, [line.barcode for line in lines if line.barcode])
    return [
        Odd(line, called.get(line.barcode or "", ""), names.get(line.key.station, line.key.station))
        for line in lines
    ]


def _stations(school: str) -> Any:
    return select(stations).where(stations.c.school == school).order_by(stations.c.id)


def _titles(conn: Connection, school: str, barcodes: Sequence[str]) -> dict[str, str]:
    of = and_(titles.c.school == copies.c.school, titles.c.id == copies.c.title_id)
    query = (
        select(copies.c.barcode, titles.c.title)
        .join(titles, of)
        .where(copies.c.school == school, copies.c.barcode.in_(set(barcodes)))
    )
    return {row.barcode: row.title for row in conn.execute(query)} if barcodes else {}


@dataclass(frozen=True, slots=True)
class Event:
    """An incident at a device; at_ms: UTC milliseconds."""

    kind: str
    at_ms: int
    detail: str


@dataclass(frozen=True, slots=True)
class Machine:
    """A station as it was last heard of. unsent: entries it had not sent when it last said HELLO (None: not told).

    entries: how many of its present journal are here. parked: another machine with the same disk waits for a decision.
    """

    id: str
    name: str
    room: str
    seen_ms: int | None
    revoked: bool
    enrolled: bool
    parked: bool
    entries: int
    unsent: int | None
    events: tuple[Event, ...]


def machines(conn: Connection, school: str) -> list[Machine]:
    """Every station of the school, with what happened to it last."""
    running = select(lineages).where(lineages.c.school == school, lineages.c.is_open)
    chains: dict[str, list[Any]] = {}
    for row in conn.execute(running):
        chains.setdefault(row.station, []).append(row)
    newest = select(incidents).where(incidents.c.school == school)
    told: dict[str, list[Event]] = {}
    for row in conn.execute(newest.order_by(incidents.c.at_ms.desc(), incidents.c.n.desc())):
        some = told.setdefault(row.station, [])
        if len(some) < INCIDENTS_AT_ONCE:
            some.append(Event(row.kind, row.at_ms, row.detail))
    return [
        _machine(row, chains.get(row.id, []), tuple(told.get(row.id, ())))
        for row in conn.execute(_stations(school))
    ]


def _machine(row: Any, chains: Sequence[Any], events: tuple[Event, ...]) -> Machine:
    said = json.loads(row.health or "{}").get("unsent")
    return Machine(
        id=row.id,
        name=row.name,
        room=row.room,
        seen_ms=row.seen_ms,
        revoked=row.revoked_ms is not None,
        enrolled=bool(chains),
        parked=any(chain.parked for chain in chains),
        entries=max((chain.durable for chain in chains), default=0),
        unsent=int(said) if str(said).isdigit() else None,
        events=events,
    )
