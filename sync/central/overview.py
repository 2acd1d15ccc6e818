"""The stations as the console shows them: when they were heard of last, and what happened to them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from kiosk.figures import whole
from sync.central.schema import incidents, lineages, stations

INCIDENTS_AT_ONCE = 5


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
    every = select(stations).where(stations.c.school == school).order_by(stations.c.id)
    return [
        _machine(row, chains.get(row.id, []), tuple(told.get(row.id, ())))
        for row in conn.execute(every)
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
        unsent=whole(str(said)),
        events=events,
    )
