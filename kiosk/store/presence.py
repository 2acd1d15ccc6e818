"""Who is signed in to the room where this station stands. Nothing older than a day is kept."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, insert, select

from kiosk.rooms import Passage, Presence
from kiosk.store.schema import present
from kiosk.store.statement import Statement
from kiosk.store.tx import Tx

_DAY_MS = 24 * 3_600_000
_THEIRS = present.c.patron_id == bindparam("patron_id")
_THERE = Statement(select(present).where(_THEIRS))
_LEAVES = Statement(delete(present).where(_THEIRS))
_OLD = Statement(delete(present).where(_THEIRS | (present.c.since_ms < bindparam("before_ms"))))
_COMES = Statement(insert(present))


def presence_of(tx: Tx, patron_id: str) -> Presence | None:
    row = tx.first(_THERE, patron_id=patron_id)
    return Presence(Passage.AGAIN, row.entry, row.since_ms, row.closes_ms) if row else None


def note_presence(tx: Tx, patron_id: str, there: Presence) -> None:
    """Write down that somebody is in, and forget those of days gone by."""
    since_ms, closes_ms = there.since_ms, there.closes_ms
    tx.run(_OLD, patron_id=patron_id, before_ms=since_ms - _DAY_MS)
    told = {"entry": there.sign_in, "since_ms": since_ms, "closes_ms": closes_ms}
    tx.run(_COMES, patron_id=patron_id, **told)


def note_leaving(tx: Tx, patron_id: str) -> None:
    tx.run(_LEAVES, patron_id=patron_id)
