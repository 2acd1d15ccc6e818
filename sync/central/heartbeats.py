"""What stations tell of their parts at each HELLO, kept as spans in which they told the same.

Bounded whatever a station sends: a span lasts five minutes at least, what is told within keeps its worst, and spans
are dropped after two years.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, select, update

from kiosk.health_told import IN_ORDER, told_parts
from sync.central.db import insert_many
from sync.central.report_tables import heartbeats
from sync.wire import Hello

# A station that has nothing to say comes every half minute, and at least every five while the line is poor.
SILENT_MS = 10 * 60_000
SHORTEST_MS = 5 * 60_000
KEEP_MS = 2 * 366 * 24 * 3_600_000

# Of the history, as many as a page shows.
SHOWN = 40


@dataclass(frozen=True, slots=True)
class Beat:
    """A span in which a station said the same. up_ms: when its machine was switched on. parts: as told_parts gives."""

    from_ms: int
    to_ms: int
    up_ms: int
    parts: Mapping[str, str]


def note_heartbeat(conn: Connection, message: Hello, now_ms: int) -> None:
    """Write down how the parts of this station are, under the school's lock."""
    parts = told_parts(message.health)
    mine = (heartbeats.c.school == message.school, heartbeats.c.station == message.station)
    newest = conn.execute(
        select(heartbeats).where(*mine).order_by(heartbeats.c.from_ms.desc()).limit(1)
    ).first()
    if newest is None or _begins(newest, parts, message.boot, now_ms):
        row = {"school": message.school, "station": message.station, "from_ms": now_ms}
        row |= {"to_ms": now_ms, "boot": message.boot, "up_ms": now_ms - message.mono_ms}
        insert_many(conn, heartbeats, [{**row, "parts": _text(parts)}])
        return
    worst = _worst(json.loads(newest.parts), parts)
    same = (*mine, heartbeats.c.from_ms == newest.from_ms)
    told = {"to_ms": max(now_ms, newest.to_ms), "parts": _text(worst)}
    conn.execute(update(heartbeats).where(*same).values(told))


def beats(conn: Connection, school: str, station: str) -> list[Beat]:
    """The newest spans of a station, newest first; between two that do not meet it was not heard of."""
    mine = (heartbeats.c.school == school, heartbeats.c.station == station)
    newest = select(heartbeats).where(*mine).order_by(heartbeats.c.from_ms.desc()).limit(SHOWN)
    return [
        Beat(row.from_ms, row.to_ms, row.up_ms, json.loads(row.parts))
        for row in conn.execute(newest)
    ]


def forget_heartbeats(conn: Connection, school: str, now_ms: int) -> int:
    """Drop what is older than two years; how many spans."""
    old = (heartbeats.c.school == school, heartbeats.c.to_ms < now_ms - KEEP_MS)
    return conn.execute(delete(heartbeats).where(*old)).rowcount


def _begins(newest: Any, parts: dict[str, str], boot: str, now_ms: int) -> bool:
    """Whether a new span begins. A clock that was set back adds to the newest one."""
    if now_ms <= newest.from_ms:
        return False
    if newest.boot != boot or now_ms - newest.to_ms > SILENT_MS:
        return True
    return bool(json.loads(newest.parts) != parts and now_ms - newest.from_ms >= SHORTEST_MS)


def _worst(before: dict[str, str], now: dict[str, str]) -> dict[str, str]:
    return {**before, **{part: _worse(before.get(part), how) for part, how in now.items()}}


def _worse(before: str | None, now: str) -> str:
    return before if before is not None and before not in IN_ORDER else now


def _text(parts: dict[str, str]) -> str:
    return json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
