"""Going over into a new epoch: the central record's entries take their places, ours are written again beyond them.

Nothing is dropped: what leaves the journal lies in `journal_aside` byte for byte, and its words stand in the new epoch
under `origin`. What takes long, reading and hashing, is done before the write lock is taken (`prepare`); the writing is
one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from msgspec import structs
from sqlalchemy import Table, func, select

from kiosk.entry import GENESIS, Entry, UnreadableEntry, canonical, digest, key_of, parse
from kiosk.errors import StoreError
from kiosk.store.lineage import CURSOR, REVOKED, Lineage, lineage, set_lineage
from kiosk.store.outgoing import Sent, chain_end, durable, hash_at
from kiosk.store.schema import copies, journal, journal_people, journal_said, loans
from kiosk.store.tx import Tx

_NEWEST_EPOCH = select(func.max(journal.c.epoch))
_FOLLOW = (
    "UPDATE copies SET last_entry = ? WHERE barcode = ? AND last_entry = ?",
    "UPDATE loans SET entry = ? WHERE barcode = ? AND entry = ?",
)
# Plain statements, since thousands of rows pass through them while the desk waits.
_ASIDE = (
    "INSERT INTO journal_aside (station, epoch, seq, hash, body, rehomed) VALUES (?, ?, ?, ?, ?, ?)"
)
_ENTRY = "INSERT INTO journal (epoch, seq, hash, body, copy, at_ms) VALUES (?, ?, ?, ?, ?, ?)"
_PERSON = "INSERT INTO journal_people (epoch, seq, salt, patron_id, card) VALUES (?, ?, ?, ?, ?)"
_SAID = "INSERT INTO journal_said (epoch, seq, salt, said) VALUES (?, ?, ?, ?)"
_OF_ENTRIES = ("journal", "journal_people", "journal_said", "journal_outcomes")
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Own:
    """An entry of ours that is set aside. entry None: its text cannot be read. again: as it stands in the new epoch."""

    sent: Sent
    entry: Entry | None
    again: Sent | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that a rewind writes. end: our last entry when it was prepared; it holds only while that is the last.

    first: the seq from which the old epoch is set aside (None: nothing is). put: the statements that write entries,
    each with its rows. count: how many of our entries are written again.
    """

    into: Lineage
    from_epoch: int
    durable: int
    end: tuple[int, str]
    first: int | None
    count: int
    aside: list[Row]
    put: list[tuple[str, list[Row]]]
    follow: list[Row]


def prepare(
    tx: Tx, into: Lineage, *, from_epoch: int, agreed: int, theirs: Sequence[Sent], was: str = ""
) -> Prepared:
    """What setting our entries of `from_epoch` beyond `agreed` aside, and writing them again as `into`, comes to.

    theirs: what the central record holds of `from_epoch` beyond `agreed`, dense. was: the station's name before, where
    it had another one. Only reads.
    """
    before = lineage(tx)
    name = before.station if before else was or into.station
    prev = _hash_before(tx, into.epoch, from_epoch, agreed, theirs)
    ours = list(_written_again(_beyond(tx, from_epoch, agreed), into, prev))
    again = [own.again for own in ours if own.again]
    put = [*((from_epoch, sent) for sent in theirs), *((into.epoch, sent) for sent in again)]
    return Prepared(
        into=into,
        from_epoch=from_epoch,
        durable=theirs[-1].seq if theirs else agreed,
        end=chain_end(tx, from_epoch),
        first=ours[0].sent.seq if ours else None,
        count=len(again),
        aside=[_aside_row(name, from_epoch, own, into) for own in ours],
        put=[
            (_ENTRY, [_entry_row(epoch, sent) for epoch, sent in put]),
            (_PERSON, [_person_row(epoch, s) for epoch, s in put if s.salt and s.patron]),
            (
                _SAID,
                [_said_row(epoch, s) for epoch, s in put if s.said_salt and s.said is not None],
            ),
        ],
        follow=list(_named(tx, ours, into)),
    )


def take_rewind(tx: Tx, made: Prepared) -> int | None:
    """Do what was prepared; how many entries were written again. None: an act has come between, prepare it anew."""
    if chain_end(tx, made.from_epoch) != made.end:
        return None
    _write(tx, _ASIDE, made.aside)
    for table in _OF_ENTRIES if made.first else ():
        leave = f"DELETE FROM {table} WHERE epoch = ? AND seq >= ?"
        tx.conn.exec_driver_sql(leave, (made.from_epoch, made.first))
    tx.set_value(f"durable:{made.from_epoch}", str(made.durable))
    for statement, rows in made.put:
        _write(tx, statement, rows)
    for statement in _FOLLOW:
        _write(tx, statement, made.follow)
    set_lineage(tx, made.into)
    if made.into.epoch != made.from_epoch:
        tx.set_value(f"durable:{made.into.epoch}", "0")
    # Where the record was put back, its positions are given anew: how far we had read says nothing.
    tx.set_value(CURSOR, "0")
    return made.count


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
    made = prepare(tx, into, from_epoch=from_epoch, agreed=agreed, theirs=(), was=local)
    moved = take_rewind(tx, made)
    assert moved is not None, "nothing comes between within one transaction"
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


def _write(tx: Tx, statement: str, rows: list[Row]) -> None:
    if rows:
        tx.conn.exec_driver_sql(statement, rows)


def _aside_row(station: str, epoch: int, own: _Own, into: Lineage) -> Row:
    again = key_of(into.station, into.epoch, own.again.seq) if own.again else None
    return (station, epoch, own.sent.seq, own.sent.hash, own.sent.body, again)


def _entry_row(epoch: int, sent: Sent) -> Row:
    entry = _read(sent.body)
    copy, at_ms = (entry.copy, entry.wall_ms) if entry else (None, 0)
    return (epoch, sent.seq, sent.hash, sent.body, copy, at_ms)


def _person_row(epoch: int, sent: Sent) -> Row:
    return (epoch, sent.seq, sent.salt, sent.patron, sent.card)


def _said_row(epoch: int, sent: Sent) -> Row:
    return (epoch, sent.seq, sent.said_salt, sent.said)


def _hash_before(tx: Tx, epoch: int, from_epoch: int, agreed: int, theirs: Sequence[Sent]) -> str:
    if epoch == from_epoch:
        return GENESIS
    return (theirs[-1].hash if theirs else hash_at(tx, from_epoch, agreed)) or GENESIS


def _written_again(ours: Iterable[_Own], into: Lineage, prev: str) -> Iterator[_Own]:
    """Our entries with what each becomes in the new epoch, in their order."""
    moved: dict[str, str] = {}
    for own in ours:
        if own.entry is None:
            yield own
            continue
        old = own.entry
        seq = len(moved) + 1
        entry = structs.replace(
            old,
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
        yield _Own(own.sent, old, replace(own.sent, seq=seq, hash=prev, body=body))


def _now(key: str | None, moved: Mapping[str, str]) -> str | None:
    """An entry that spoke of one before it goes on speaking of that one."""
    return moved.get(key, key) if key else None


def _named(tx: Tx, ours: Iterable[_Own], into: Lineage) -> Iterator[Row]:
    """Copies and loans that name these entries by their keys: the new one, the copy, the old one."""
    named = set(tx.conn.execute(select(copies.c.last_entry)).scalars())
    named.update(tx.conn.execute(select(loans.c.entry)).scalars())
    for own in ours:
        if own.again and own.entry and own.entry.copy and own.entry.key in named:
            new = key_of(into.station, into.epoch, own.again.seq)
            yield (new, own.entry.copy, own.entry.key)
