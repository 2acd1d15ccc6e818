"""For which share of the opening hours the machines were in working order, against the goal of the plan."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select

from kiosk.signs import Part
from sync.central.report_tables import act_days, heartbeats
from sync.central.reports.in_order import MACHINE, Beat, Open, Worked, worked
from sync.central.reports.look import Look
from sync.central.reports.values import (
    Cell,
    Chart,
    Column,
    Fact,
    Label,
    Report,
    Sheet,
    Unit,
    Word,
    share,
)
from sync.central.schema import stations

_HOUR_MS = 3_600_000


def report(look: Look) -> Report:
    goal = float(look.goals.in_order_percent)
    beats, busy = _beats(look), _busy(look)
    machines = {
        row: worked(beats[row.id], _hours(look, row.room), busy[row.id]) for row in _stations(look)
    }
    all_parts = [part for parts in machines.values() for part in parts]
    rows: list[tuple[Cell, ...]] = [
        (row.name, _part(one.part), one.known_ms / _HOUR_MS, (one.known_ms - one.in_order_ms) / _HOUR_MS, _share([one]))
        for row, parts in machines.items()
        for one in parts
    ]  # fmt: skip
    return Report(
        "hardware",
        facts=(
            Fact("in_order", _share(all_parts), Unit.PERCENT, goal),
            Fact("machines", sum(bool(parts) for parts in machines.values())),
            Fact("silent_machines", sum(not parts for parts in machines.values())),
        ),
        charts=(
            Chart(
                "in_order_by_machine",
                tuple((row.name, _share(parts)) for row, parts in machines.items() if parts),
                unit=Unit.PERCENT,
                goal=goal,
            ),
        ),
        sheets=(
            Sheet(
                "parts",
                (
                    Column("machine"),
                    Column("part"),
                    Column("known_hours", Unit.HOURS),
                    Column("broken_hours", Unit.HOURS),
                    Column("in_order", Unit.PERCENT),
                ),
                tuple(rows),
            ),
        ),
        notes=("in_order_counted", "silence_counted"),
    )


def _share(parts: list[Worked]) -> float | None:
    return share(sum(p.in_order_ms for p in parts), sum(p.known_ms for p in parts))


def _part(part: str) -> Label:
    """The machine, or one of its parts: "scanner front" is the scanner that station.toml calls front."""
    if part == MACHINE:
        return Word("report.part.machine")
    kind, _, name = part.partition(" ")
    return name or (Word(f"report.part.{kind}") if kind in set(Part) else part)


def _stations(look: Look) -> list[Any]:
    query = select(stations.c.id, stations.c.name, stations.c.room).where(
        stations.c.school == look.school
    )
    return list(look.conn.execute(query.order_by(stations.c.name, stations.c.id)))


def _hours(look: Look, room: str) -> list[Open]:
    """The opening hours of the room that have come."""
    found = []
    day = look.period.begins
    while day <= look.last_day:
        for begins, ends in look.clock.hours_on(day, room or look.rules.library.library.room):
            if begins < look.now_ms:
                found.append(Open(day, begins, min(ends, look.now_ms)))
        day += timedelta(days=1)
    return found


def _beats(look: Look) -> dict[str, list[Beat]]:
    """What each station told in the period, and what it had told last before."""
    from_ms, to_ms = look.period.from_ms(look.zone), look.period.to_ms(look.zone)
    mine = heartbeats.c.school == look.school
    before = (
        select(heartbeats.c.station, func.max(heartbeats.c.from_ms).label("from_ms"))
        .where(mine, heartbeats.c.from_ms < from_ms)
        .group_by(heartbeats.c.station)
        .subquery()
    )
    same = (before.c.station == heartbeats.c.station) & (
        heartbeats.c.from_ms >= func.coalesce(before.c.from_ms, from_ms)
    )
    first = select(heartbeats).join(before, same).where(mine, heartbeats.c.from_ms < from_ms)
    within = select(heartbeats).where(
        mine, heartbeats.c.from_ms >= from_ms, heartbeats.c.from_ms < to_ms
    )
    found: dict[str, list[Beat]] = defaultdict(list)
    for query in (first, within.order_by(heartbeats.c.station, heartbeats.c.from_ms)):
        for row in look.conn.execute(query):
            told = Beat(row.from_ms, row.to_ms, row.boot, row.up_ms, json.loads(row.parts))
            found[row.station].append(told)
    return found


def _busy(look: Look) -> dict[str, set[date]]:
    """The days on which each station wrote entries."""
    query = select(act_days.c.station, act_days.c.day).where(
        act_days.c.school == look.school,
        act_days.c.day >= look.period.begins,
        act_days.c.day <= look.period.ends,
        act_days.c.n > 0,
    )
    found: dict[str, set[date]] = defaultdict(set)
    for row in look.conn.execute(query.distinct()):
        found[row.station].add(row.day)
    return found
