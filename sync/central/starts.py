"""Where the fold of a copy goes on from: its state now, a seal further back, or the beginning.

A new entry that lies after everything known of its copy is folded on from the state that the copy's row holds, and
nothing else is read. A late one goes back to the newest seal before it; seals that it reaches behind are dropped.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from msgspec import Struct
from msgspec.json import Decoder, Encoder
from sqlalchemy import (
    BigInteger,
    Connection,
    Select,
    Text,
    and_,
    bindparam,
    delete,
    select,
    tuple_,
)

from sync.central.db import given_in, is_postgres, listed, moments_of, one_in
from sync.central.persons import Persons
from sync.central.read import Stored, tails
from sync.central.schema import entries, holdings, seals
from sync.events import Event, Folded, Holding, Key
from sync.fold import Copy, fold
from sync.seals import fits_seal, reaches_back, seal_after
from sync.timeline import in_order

# A copy gets a seal about every so many entries; of a scrambled tail so many are left open. Late entries are usual, and
# each has what lies beyond the seal before it read again, so seals are close.
SEAL_EVERY = 4
KEEP_OPEN = 4
_UNSEALED = (-1, "")
# A seal is the fold's state as JSON, without names: a new field of Holding, Span or Mark comes last and has a default.
_PACK, _UNPACK = Encoder().encode, Decoder(Holding).decode


class Start(Struct):
    """holding: the state to go on from; to_ms: the latest moment within it (-1: nothing is). tail: the entries beyond.

    in_turn: nothing lies beyond, and the new entries come after everything. since: entries since the newest seal.
    """

    holding: Holding | None = None
    to_ms: int = -1
    tail: list[Stored] = []
    in_turn: bool = True
    since: int = 0
    sealed: str = ""

    @property
    def known(self) -> list[Event]:
        return [stored.event for stored in self.tail]


class Seal(Struct, frozen=True, gc=False):
    """The state of a copy up to `to_ms`, to be kept."""

    barcode: str
    to_ms: int
    sealed: str


def starts(
    conn: Connection, school: str, fresh: Mapping[str, list[Event]], persons: Persons | None = None
) -> dict[str, Start]:
    """For each copy, by barcode, where folding goes on. A copy without new entries is folded from the beginning.

    persons: those who were asked for already.
    """
    told: dict[str, Start] = {}
    late: dict[str, int] = {}
    rows = _holdings(conn, school, fresh)
    for barcode, events in fresh.items():
        sealed, to_ms, since = rows.get(barcode, (None, 0, 0))
        if sealed is None and events:
            told[barcode] = Start()
        elif sealed and events and all(fits_seal(e, to_ms) for e in events):
            told[barcode] = Start(_UNPACK(sealed), to_ms, since=since, sealed=sealed)
        else:
            late[barcode] = _reach(events)
    if late:
        told.update(_late(conn, school, late, persons))
    return told


def _holdings(
    conn: Connection, school: str, barcodes: Collection[str]
) -> dict[str, tuple[str, int, int]]:
    if not barcodes:
        return {}
    told = {"school": school, "barcodes": listed(barcodes)}
    rows = conn.execute(_held(is_postgres(conn)), told).all()
    return {barcode: (sealed, to_ms, since) for barcode, sealed, to_ms, since in rows}


@cache
def _held(postgres: bool) -> Select[Any]:
    names = ("barcode", "sealed", "sealed_to_ms", "since_seal")
    query = select(*(holdings.c[name] for name in names))
    mine = holdings.c.school == bindparam("school")
    return query.where(mine, one_in(postgres, holdings.c.barcode, "barcodes"))


def _reach(events: Sequence[Event]) -> int:
    """The moment before which nothing changes; -1 where anything may: it may speak of what lies before it."""
    if not events or any(reaches_back(event) for event in events):
        return -1
    return min(min(event.est, event.lo) for event in events)


def _late(
    conn: Connection, school: str, late: Mapping[str, int], persons: Persons | None
) -> dict[str, Start]:
    newest: dict[str, tuple[int, str]] = {}
    stale: dict[str, int] = {}
    asked = {"school": school, "late": listed(moments_of(late))}
    for barcode, to_ms, sealed, last_ms in conn.execute(_sealed(is_postgres(conn)), asked).all():
        if to_ms is not None:
            newest[barcode] = (to_ms, sealed)
        if last_ms is not None and last_ms >= late[barcode]:
            stale[barcode] = late[barcode]
    if stale:
        told = {"school": school, "stale": listed(moments_of(stale))}
        conn.execute(_reached_behind(is_postgres(conn)), told)
    found = tails(conn, school, {b: newest.get(b, _UNSEALED)[0] for b in late}, persons)
    begun = {}
    for barcode in late:
        to_ms, sealed = newest.get(barcode, _UNSEALED)
        state = _UNPACK(sealed) if sealed else None
        begun[barcode] = Start(state, to_ms, found.get(barcode, []), in_turn=False)
    return begun


@cache
def _sealed(postgres: bool) -> Select[Any]:
    """For each copy its newest seal before the moment, and the moment of its newest seal: however many it has.

    Each is a question of its own, so that it is one step in the index; PostgreSQL would join all seals of the school.
    """
    late = given_in(postgres, "late", name=Text, ms=BigInteger)
    mine = and_(seals.c.school == bindparam("school"), seals.c.barcode == late.c.name)

    def newest(what: Any, *beside: Any) -> Any:
        query = select(what).where(mine, *beside).order_by(seals.c.to_ms.desc()).limit(1)
        return query.correlate(late).scalar_subquery()

    before = seals.c.to_ms < late.c.ms
    told = (newest(seals.c.to_ms, before), newest(seals.c.sealed, before), newest(seals.c.to_ms))
    return select(late.c.name, *told)


@cache
def _reached_behind(postgres: bool) -> Any:
    """Drop the seals that late entries reach behind."""
    stale = given_in(postgres, "stale", name=Text, ms=BigInteger)
    other = seals.alias()
    later = and_(
        other.c.school == bindparam("school"),
        other.c.barcode == stale.c.name,
        other.c.to_ms >= stale.c.ms,
    )
    # An outer join, so that SQLite begins with the few copies asked for.
    those = select(other.c.barcode, other.c.to_ms).select_from(stale.outerjoin(other, later))
    place = tuple_(seals.c.barcode, seals.c.to_ms)
    return delete(seals).where(seals.c.school == bindparam("school"), place.in_(those))


def not_held(
    conn: Connection, school: str, told: Mapping[str, tuple[Start, list[Event]]]
) -> set[Key]:
    """Entries that these say they knew, and which we do not hold: what lies after them cannot be sealed yet."""
    asked: set[Key] = set()
    for start, events in told.values():
        mine = {event.key for event in events}
        last = start.holding.last if start.holding else None
        asked |= {e.after for e in events if e.after and e.after != last and e.after not in mine}
    if not asked:
        return set()
    place = tuple_(entries.c.station, entries.c.epoch, entries.c.seq)
    query = select(entries.c.station, entries.c.epoch, entries.c.seq).where(
        entries.c.school == school, place.in_(sorted(asked))
    )
    return asked - {Key(*row) for row in conn.execute(query).all()}


def next_seals(
    copy: Copy, start: Start, events: Sequence[Event], told: Folded
) -> tuple[list[Seal], tuple[str, int, int]]:
    """The seals to be kept, and what the copy's row says of its state: sealed, sealed_to_ms, since_seal.

    events: those that were folded.
    """
    to_ms = max([start.to_ms, *(max(e.est, e.hi) for e in events)])
    sealed = "" if told.holding.doubt else _packed(told.holding)
    since = start.since + len(events)
    kept: list[Seal] = []
    if start.in_turn and since >= SEAL_EVERY and start.sealed:
        kept = [Seal(copy.barcode, start.to_ms, start.sealed)]
        since = len(events)
    elif not start.in_turn and since >= SEAL_EVERY + KEEP_OPEN:
        kept, since = _seal_tail(copy, start, events)
    return kept, (sealed, to_ms, since)


def _packed(holding: Holding) -> str:
    return _PACK(holding).decode()


def _seal_tail(copy: Copy, start: Start, events: Sequence[Event]) -> tuple[list[Seal], int]:
    """Seals along a scrambled tail, each folded on from the one before."""
    ordered, state = in_order(events), start.holding
    kept: list[Seal] = []
    while len(ordered) >= SEAL_EVERY + KEEP_OPEN:
        at = seal_after(ordered, keep=KEEP_OPEN, most=SEAL_EVERY)
        if not at or any(reaches_back(event) for event in ordered[at:]):
            break
        first = fold(ordered[:at], copy, state)
        if first.holding.doubt:
            break
        state = first.holding
        highest = max(max(event.est, event.hi) for event in ordered[:at])
        kept.append(Seal(copy.barcode, highest, _packed(state)))
        ordered = ordered[at:]
    return kept, len(ordered)
