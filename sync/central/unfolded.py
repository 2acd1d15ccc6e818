"""Entries that change no copy: kept unread, or counting already under another key. Stations hear of their copies again.

A station leaves out what it is told of a copy while it has an entry on it that is not answered.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import DecodeError, Struct
from msgspec.json import Decoder
from sqlalchemy import Connection, select

from kiosk.entry import Word
from sync.central.db import one_of
from sync.central.positions import HELD, publish
from sync.central.schema import copies, holds


class _Named(Struct, frozen=True):
    copy: Word | None = None


_READ = Decoder(_Named).decode


def tell_again(conn: Connection, school: str, bodies: Iterable[str]) -> None:
    """Give the copies that these entries name a new place in the feed, and the queues for their titles."""
    named = {label for label in map(_copy_named, bodies) if label}
    if not named:
        return
    titles = select(copies.c.title_id).where(
        copies.c.school == school, one_of(conn, copies.c.barcode, named)
    )
    waiting = select(holds.c.id).where(
        holds.c.school == school, holds.c.title_id.in_(titles), holds.c.ended_ms.is_(None)
    )
    queue = conn.execute(waiting.order_by(holds.c.id)).scalars()
    publish(conn, school, [*((HELD, b) for b in sorted(named)), *(("hold", h) for h in queue)])


def _copy_named(body: str) -> str | None:
    """As far as a text that is not to be trusted can be read: what no table holds names nothing."""
    try:
        label = _READ(body).copy
    except (DecodeError, ValueError, RecursionError):
        return None
    return label if label and label.isprintable() else None
