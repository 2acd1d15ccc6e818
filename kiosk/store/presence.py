"""Who is signed in to the room where this station stands. Nothing older than a day is kept."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from kiosk.rooms import Passage, Presence
from kiosk.store.schema import present
from kiosk.store.tx import Tx

_DAY_MS = 24 * 3_600_000


def presence_of(tx: Tx, patron_id: str) -> Presence | None:
    row = tx.conn.execute(select(present).where(present.c.patron_id == patron_id)).first()
    return Presence(Passage.AGAIN, row.entry, row.since_ms, row.closes_ms) if row else None


def note_presence(tx: Tx, patron_id: str, there: Presence) -> None:
    """Write down that somebody is in, and forget those of days gone by."""
    old = (present.c.patron_id == patron_id) | (present.c.since_ms < there.since_ms - _DAY_MS)
    tx.conn.execute(delete(present).where(old))
    row = {"patron_id": patron_id, "entry": there.sign_in, "since_ms": there.since_ms}
    tx.conn.execute(insert(present), row | {"closes_ms": there.closes_ms})


def note_leaving(tx: Tx, patron_id: str) -> None:
    tx.conn.execute(delete(present).where(present.c.patron_id == patron_id))
