"""What an entry of the station `desk` says, and its place in that one chain; taken in by whoever asked for it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from kiosk.domain import Act, Reason, Verdict
from kiosk.entry import GENESIS, VERSION, Entry, canonical, commitment, digest
from sync.central.db import one_of
from sync.central.schema import entries, holdings, rules
from sync.continuity import Lineage
from sync.events import DESK
from sync.wire import WireEntry

EPOCH = 1


@dataclass(frozen=True, slots=True)
class Deed:
    """What one entry says. more: fields of the entry, such as value, case, text (why) or undoes."""

    act: Act
    copy: str | None = None
    patron: str | None = None
    card: str | None = None
    more: dict[str, Any] = field(default_factory=dict)


def next_wires(
    conn: Connection, school: str, deeds: Sequence[Deed], *, staff: str | None, now_ms: int
) -> tuple[Lineage, list[WireEntry]]:
    """The next entries of the chain, in this order, each on another copy, if on any. staff None: done by rule."""
    durable, head = _end(conn, school)
    lineage = Lineage(DESK, EPOCH, durable, head, "")
    known = _known(conn, school, {d.copy for d in deeds if d.copy})
    told: dict[str, Any] = {"staff": staff, "rules": _rules(conn, school)}
    wires: list[WireEntry] = []
    for seq, deed in enumerate(deeds, durable + 1):
        # Staff act on what the record shows: on this copy, that entry came before.
        after = known.get(deed.copy) if deed.copy else None
        wire = _wire(deed, now_ms, {**told, "seq": seq, "prev": head or GENESIS, "after": after})
        wires.append(wire)
        head = wire.hash
    return lineage, wires


def next_seq(conn: Connection, school: str) -> int:
    """What the next entry of the desk will be numbered."""
    return _end(conn, school)[0] + 1


def told(verdict: Verdict) -> dict[str, Any]:
    """A verdict as fields of an entry."""
    return {
        "allowed": verdict.allowed,
        "reason": verdict.reason,
        "rule": str(verdict.rule) if verdict.rule else None,
        "due_on": verdict.due_on.isoformat() if verdict.due_on else None,
        "days": verdict.days,
        "notes": tuple(note.value for note in verdict.notes),
    }


def _wire(deed: Deed, now_ms: int, place: dict[str, Any]) -> WireEntry:
    salt = secrets.token_hex(16) if deed.patron else None
    entry = Entry(
        station=DESK,
        epoch=EPOCH,
        act=deed.act,
        boot="central",
        mono_ms=now_ms,
        wall_ms=now_ms,
        clock="sure",
        v=VERSION,
        copy=deed.copy,
        who=commitment(salt, deed.patron) if salt and deed.patron else None,
        **{"allowed": True, "reason": Reason.OK, **place, **deed.more},
    )
    body = canonical(entry)
    return WireEntry(
        seq=entry.seq, hash=digest(body), body=body, salt=salt, patron=deed.patron, card=deed.card
    )


def _end(conn: Connection, school: str) -> tuple[int, str]:
    """The last entry of the desk and its hash."""
    query = (
        select(entries.c.seq, entries.c.hash)
        .where(entries.c.school == school, entries.c.station == DESK, entries.c.epoch == EPOCH)
        .order_by(entries.c.seq.desc())
        .limit(1)
    )
    last = conn.execute(query).first()
    return (last.seq, last.hash) if last else (0, "")


def _known(conn: Connection, school: str, barcodes: set[str]) -> dict[str, str | None]:
    query = select(holdings.c.barcode, holdings.c.last_entry).where(
        holdings.c.school == school, one_of(conn, holdings.c.barcode, barcodes)
    )
    return {row.barcode: row.last_entry for row in conn.execute(query)} if barcodes else {}


def _rules(conn: Connection, school: str) -> str:
    newest = (
        select(rules.c.digest)
        .where(rules.c.school == school)
        .order_by(rules.c.published_ms.desc(), rules.c.digest)
        .limit(1)
    )
    return conn.execute(newest).scalar() or ""
