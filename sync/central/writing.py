"""Entries of the station `desk`: one chain, whoever acts; as many as an act has, in its own transaction.

Called under the school's lock. The entries go the way of all entries: chain, fold, outcome, feed.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from sync.central.deeds import EPOCH as EPOCH
from sync.central.deeds import Deed as Deed
from sync.central.deeds import next_wires
from sync.central.ingest import Taken, take_in
from sync.events import DESK, Key


def write_down(
    conn: Connection, school: str, deeds: Sequence[Deed], *, staff: str | None, now_ms: int
) -> list[Key]:
    """Write an entry for each of these, in their order; each on another copy, if on any. Their keys."""
    lineage, wires = next_wires(conn, school, deeds, staff=staff, now_ms=now_ms)
    taken = take_in(conn, school, lineage, wires, now_ms=now_ms)
    assert isinstance(taken, Taken), "the desk's chain is written under the school's lock"
    return [Key(DESK, EPOCH, wire.seq) for wire in wires]
