"""Going over into a new epoch: the central record's entries take their places, ours are written again beyond them.

Nothing is dropped: what leaves the journal lies in `journal_aside` byte for byte, and its words stand in the new epoch
under `origin`. Called within one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Table, bindparam, delete, func, insert, select, update

from kiosk.entry import GENESIS, Entry, UnreadableEntry, canonical, digest, key_of, parse
from kiosk.errors import StoreError
from kiosk.store.lineage import CURSOR, REVOKED, Lineage, lineage, set_lineage
from kiosk.store.outgoing import Sent, chain_end, durable
from kiosk.store.schema import (
    copies,
    journal,
    journal_aside,
    journal_outcomes,
    journal_people,
    journal_said,
    loans,
)
from kiosk.store.tx import Tx

_NEWEST_EPOCH = select(func.max(journal.c.epoch))
_FOLLOW_COPY = (
    update(copies)
    .where(copies.c.barcode == bindparam("copy"), copies.c.last_entry == bindparam("old"))
    .values(last_entry=bindparam("new"))
)
_FOLLOW_LOAN = (
    update(loans)
    .where(loans.c.barcode == bindparam("copy"), loans.c.entry == bindparam("old"))
    .values(entry=bindparam("new"))
)


@dataclass(frozen=True, slots=True)
class _Own:
    """An entry of ours that is set aside. entry None: its text cannot be read."""

    sent: Sent
    entry: Entry | None


def take_rewind(
    tx: Tx, into: Lineage, *, from_epoch: int, agreed: int, theirs: Sequence[Sent], was: str = ""
) -> int:
    """Set our entries of `from_epoch` beyond `agreed` aside and write them again as `into`; how many.

    theirs: what the central record holds of `from_epoch` beyond `agreed`, dense. was: the station's name before, where
    it had another one.
    """
    ours = _beyond(tx, from_epoch, agreed)
    before = lineage(tx)
    old_name = before.station if before else was or into.station
    _set_aside(tx, old_name, from_epoch, ours, into)
    _put(tx, from_epoch, theirs)
    last = theirs[-1].seq if theirs else agreed
    tx.set_value(f"durable:{from_epoch}", str(last))
    prev = _hash_before(tx, into.epoch, from_epoch)
    moved = _write_again(tx, into, ours, prev)
    _follow(tx, moved, ours)
    set_lineage(tx, into)
    if into.epoch != from_epoch:
        tx.set_value(f"durable:{into.epoch}", "0")
    return len(moved)


def begin_lineage(tx: Tx, into: Lineage, *, local: str) -> int:
    """The store is this station's from now on; what it had written, and was not sent, is written again as its own.

    local: the name that entries bore before the first enrolment. Raises StoreError where it is another station's.
    """
    before = lineage(tx)
    if before and (before.school, before.station) != (into.school, into.station):
        raise StoreError(
            f"this store is that of the station {before.station} of {before.school}; ask for a code of that station, "
            "or begin with an empty folder: store.folder in station.toml"
        )
    from_epoch = before.epoch if before else tx.conn.execute(_NEWEST_EPOCH).scalar() or 1
    agreed = durable(tx, from_epoch) if before else 0
    moved = take_rewind(tx, into, from_epoch=from_epoch, agreed=agreed, theirs=(), was=local)
    tx.set_value(CURSOR, "0")
    tx.set_value(REVOKED, "0")
    return moved


def _beyond(tx: Tx, epoch: int, agreed: int) -> list[_Own]:
    rows = tx.conn.execute(
        select(journal.c.seq, journal.c.hash, journal.c.body)
        .where(journal.c.epoch == epoch, journal.c.seq > agreed)
        .order_by(journal.c.seq)
    ).all()
    people, told = (_beside(tx, table, epoch, agreed) for table in (journal_people, journal_said))
    nobody, nothing = (None, None, None), (None, None)
    found = []
    for row in rows:
        beside = (*people.get(row.seq, nobody), *told.get(row.seq, nothing))
        found.append(_Own(Sent(row.seq, row.hash, row.body, *beside), _read(row.body)))
    return found


def _beside(tx: Tx, table: Table, epoch: int, agreed: int) -> dict[int, tuple[Any, ...]]:
    """What lies beside these entries, by seq: the columns beyond the key, in their order."""
    beyond = select(table).where(table.c.epoch == epoch, table.c.seq > agreed)
    return {row.seq: tuple(row[2:]) for row in tx.conn.execute(beyond)}


def _read(body: str) -> Entry | None:
    try:
        return parse(body)
    except UnreadableEntry:
        return None


def _set_aside(tx: Tx, station: str, epoch: int, ours: list[_Own], into: Lineage) -> None:
    readable = [own for own in ours if own.entry]
    again = {own.sent.seq: n for n, own in enumerate(readable, start=1)}
    rows = [
        {
            "station": station,
            "epoch": epoch,
            "seq": own.sent.seq,
            "hash": own.sent.hash,
            "body": own.sent.body,
            "rehomed": key_of(into.station, into.epoch, again[own.sent.seq]) if own.entry else None,
        }
        for own in ours
    ]
    if not rows:
        return
    tx.conn.execute(insert(journal_aside), rows)
    first = ours[0].sent.seq
    for table in (journal, journal_people, journal_said, journal_outcomes):
        tx.conn.execute(delete(table).where(table.c.epoch == epoch, table.c.seq >= first))


def _put(tx: Tx, epoch: int, entries: Iterable[Sent]) -> None:
    """Write entries as they are, with what lies beside them; at once, for the desk waits meanwhile."""
    rows, people, words = [], [], []
    for sent in entries:
        entry = _read(sent.body)
        place = {"epoch": epoch, "seq": sent.seq}
        when = {"copy": entry.copy if entry else None, "at_ms": entry.wall_ms if entry else 0}
        rows.append({**place, "hash": sent.hash, "body": sent.body, **when})
        if sent.salt and sent.patron:
            person = {"salt": sent.salt, "patron_id": sent.patron, "card": sent.card}
            people.append({**place, **person})
        if sent.said_salt and sent.said is not None:
            words.append({**place, "salt": sent.said_salt, "said": sent.said})
    for table, told in ((journal, rows), (journal_people, people), (journal_said, words)):
        if told:
            tx.conn.execute(insert(table), told)


def _hash_before(tx: Tx, epoch: int, from_epoch: int) -> str:
    return (chain_end(tx, from_epoch)[1] if epoch != from_epoch else "") or GENESIS


def _write_again(tx: Tx, into: Lineage, ours: Iterable[_Own], prev: str) -> dict[str, str]:
    """Our entries in the new epoch, in their order; the old key of each with its new one."""
    moved: dict[str, str] = {}
    fresh = []
    for own in ours:
        if own.entry is None:
            continue
        old = own.entry
        seq = len(moved) + 1
        entry = old._replace(
            station=into.station,
            epoch=into.epoch,
            seq=seq,
            prev=prev,
            after=_now(old.after, moved),
            undoes=_now(old.undoes, moved),
            origin=old.origin or f"{old.key} {own.sent.hash}",
        )
        body = canonical(entry)
        prev = digest(body)
        moved[old.key] = entry.key
        fresh.append(replace(own.sent, seq=seq, hash=prev, body=body))
    _put(tx, into.epoch, fresh)
    return moved


def _now(key: str | None, moved: Mapping[str, str]) -> str | None:
    """An entry that spoke of one before it goes on speaking of that one."""
    return moved.get(key, key) if key else None


def _follow(tx: Tx, moved: Mapping[str, str], ours: Iterable[_Own]) -> None:
    """Copies and loans name entries by their keys."""
    named = [
        {"copy": own.entry.copy, "old": own.entry.key, "new": moved[own.entry.key]}
        for own in ours
        if own.entry and own.entry.copy
    ]
    if named:
        tx.conn.execute(_FOLLOW_COPY, named)
        tx.conn.execute(_FOLLOW_LOAN, named)
