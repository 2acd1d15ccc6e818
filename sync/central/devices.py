"""Stations as whoever looks after them sees them: which need a person, what each said last, and what is done to them.

What is done is an entry of the desk, like every other act of staff.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from kiosk.health_told import told_parts
from kiosk.signs import Condition, Light, Sign
from sync.central import enrolment
from sync.central.db import CentralError
from sync.central.desk import Desk
from sync.central.overview import Machine, machines
from sync.central.schema import lineages, stations

# Heard of within this, a station counts as being there now; it calls at least every five minutes.
THERE_MS = 10 * 60_000
SILENT_MS = 24 * 3_600_000
SILENT_LONG_MS = 7 * SILENT_MS
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Standing:
    """A station and what to make of it. why: what keeps it from green, the worst first; words for each exist.

    parts: scanners, printer and disk by name, each with its condition. rules: the digest of those it lives by, "" where
    it has not said. free_mb: "" where it has not said.
    """

    machine: Machine
    light: Light
    why: tuple[str, ...]
    here: bool
    parts: Mapping[str, Condition]
    rules: str
    free_mb: str
    software: str


def standings(conn: Connection, school: str, now_ms: int) -> list[Standing]:
    """Every station of the school, those that need a person first."""
    said = select(stations.c.id, stations.c.health, stations.c.software)
    told = {row.id: row for row in conn.execute(said.where(stations.c.school == school))}
    found = [_standing(one, told[one.id], now_ms) for one in machines(conn, school)]
    return sorted(found, key=lambda one: (_WORST_FIRST.index(one.light), one.machine.id))


def standing(conn: Connection, school: str, station: str, now_ms: int) -> Standing:
    """Raises CentralError where there is no such station."""
    for one in standings(conn, school, now_ms):
        if one.machine.id == station:
            return one
    raise CentralError(f"there is no station {station!r}; see: central station list")


def parked_epochs(conn: Connection, school: str, station: str) -> list[int]:
    """The epochs of machines with the same disk that wait for a decision."""
    query = select(lineages.c.epoch).where(
        lineages.c.school == school,
        lineages.c.station == station,
        lineages.c.is_open,
        lineages.c.parked,
    )
    return sorted(conn.execute(query).scalars())


_WORST_FIRST = (Light.RED, Light.YELLOW, Light.GREEN)
_WEIGHT = {
    "parked": Light.RED,
    "part_red": Light.RED,
    "silent_long": Light.RED,
    "silent": Light.YELLOW,
    "part_yellow": Light.YELLOW,
    "unsent": Light.YELLOW,
    "new": Light.YELLOW,
    "unheard": Light.YELLOW,
}


def _standing(machine: Machine, row: object, now_ms: int) -> Standing:
    health = json.loads(getattr(row, "health", "") or "{}")
    parts = conditions(told_parts(health))
    why = tuple(sorted(_why(machine, parts, now_ms), key=list(_WEIGHT).index))
    lights = [_WEIGHT[one] for one in why] or [Light.GREEN]
    return Standing(
        machine=machine,
        light=Light.GREEN if machine.revoked else min(lights, key=_WORST_FIRST.index),
        why=() if machine.revoked else why,
        here=machine.seen_ms is not None and now_ms - machine.seen_ms <= THERE_MS,
        parts=parts,
        rules=str(health.get("rules", "")),
        free_mb=str(health.get("free_mb", "")),
        software=str(getattr(row, "software", "")),
    )


def _why(machine: Machine, parts: Mapping[str, Condition], now_ms: int) -> set[str]:
    found = {f"part_{Sign(one, '').light}" for one in parts.values()} & set(_WEIGHT)
    if machine.parked:
        found.add("parked")
    if not machine.enrolled:
        found.add("new")
    elif machine.seen_ms is None:
        found.add("unheard")
    if machine.seen_ms is not None:
        silent_ms = now_ms - machine.seen_ms
        if silent_ms > SILENT_LONG_MS:
            found.add("silent_long")
        elif silent_ms > SILENT_MS:
            found.add("silent")
        # What it had not sent when it was last heard of is not here yet.
        if machine.unsent and silent_ms > THERE_MS:
            found.add("unsent")
    return found


def conditions(parts: Mapping[str, str]) -> dict[str, Condition]:
    """The parts that a station told of, each with its condition; what this release has no words for is left out."""
    known = set(Condition)
    return {part: Condition(how) for part, how in parts.items() if how in known}


# --- what is done --------------------------------------------------------------------------------


def add(desk: Desk, station: str, name: str, room: str) -> str:
    """A new station and its first one-time code. Raises CentralError where the id is taken."""
    enrolment.add_station(desk.conn, desk.school, station, name, room)
    desk.note(f"station {station} added")
    return new_code(desk, station)


def new_code(desk: Desk, station: str) -> str:
    """A code by which one machine becomes this station, once, within 10 minutes. Raises CentralError."""
    code = enrolment.new_code(desk.conn, desk.school, station, desk.now_ms)
    desk.note(f"station {station} given a code")
    return code


def rename(desk: Desk, station: str, name: str, room: str) -> None:
    """What people call it, and where it stands. The id never changes: entries name it."""
    here = (stations.c.school == desk.school, stations.c.id == station)
    told = update(stations).where(*here).values(name=name[:LONGEST_NAME], room=room)
    if desk.conn.execute(told).rowcount != 1:
        raise CentralError(f"there is no station {station!r}; see: central station list")
    desk.note(f"station {station} is called {name[:LONGEST_NAME]}, in {room or 'no room'}")


def revoke(desk: Desk, station: str) -> None:
    """Serve it nothing any more; it wipes its cached patrons at its next contact, and its unsent entries are kept."""
    enrolment.revoke(desk.conn, desk.school, station, desk.now_ms)
    desk.note(f"station {station} revoked")


def choose(desk: Desk, station: str, epoch: int) -> None:
    """Of two machines with the same disk: the one in the parked epoch is the station. Raises CentralError."""
    enrolment.unpark(desk.conn, desk.school, station, epoch)
    desk.note(f"station {station} goes on in epoch {epoch}")
