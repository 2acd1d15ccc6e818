"""What the fold must know, read set-wise: copies' surroundings, patrons' histories, entries since a seal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import BigInteger, Connection, Select, Table, Text, and_, bindparam, or_, select

from kiosk.domain import CopyState, Note
from kiosk.entry import Entry, UnreadableEntry, parse
from kiosk.figures import whole
from sync.central.db import given_in, is_postgres, listed, moments_of, one_in
from sync.central.persons import Person, Persons, decided_by_staff
from sync.central.schema import copies, entries, holds, old_labels, outcomes, people, schools
from sync.events import DESK, Code, Event, HoldSpan, Key
from sync.fold import Copy
from sync.standing import OF_PATRON, somebody
from sync.timeline import Stamp

_MOST_EPOCHS = (1 << 31) - 1


@lru_cache(maxsize=1 << 14)
def key_of(text: str | None) -> Key | None:
    """Read station:epoch:seq. What is not one, or what no journal can hold, names nothing."""
    station, _, rest = (text or "").partition(":")
    epoch, _, seq = rest.partition(":")
    at, n = whole(epoch, _MOST_EPOCHS), whole(seq)
    return None if at is None or n is None else Key(station, at, n)


_WAITING, _FILLED = Note.HOLD_WAITING.value, Note.HOLD_FILLED.value
_day = lru_cache(maxsize=1024)(date.fromisoformat)


def time_zone(conn: Connection, school: str) -> ZoneInfo:
    return ZoneInfo(conn.execute(_TIME_ZONE, {"school": school}).scalar_one())


_TIME_ZONE = select(schools.c.time_zone).where(schools.c.id == bindparam("school"))


def event_of(
    entry: Entry, stamp: Stamp, person: Person | None, codes: frozenset[Code] = frozenset()
) -> Event:
    """The entry as the fold sees it."""
    return Event(
        key=Key(entry.station, entry.epoch, entry.seq),
        act=entry.act,
        allowed=entry.allowed,
        lo=stamp.lo,
        est=stamp.est,
        hi=stamp.hi,
        wall_ms=entry.wall_ms,
        label=entry.copy or "",
        patron=person.patron if person else None,
        due_on=_day(entry.due_on) if entry.due_on else None,
        days=entry.days,
        renewals=entry.renewals,
        hold_waiting=_WAITING in entry.notes,
        hold_filled=_FILLED in entry.notes,
        after=key_of(entry.after),
        undoes=key_of(entry.undoes),
        as_of_ms=entry.as_of_ms,
        value=entry.value,
        case=entry.case,
        choice=entry.choice,
        facts=entry.facts,
        codes=codes,
        override=decided_by_staff(entry),
    )


@dataclass(slots=True)
class Shelf:
    """Copies and what surrounds them. labels: replaced ones, with the present barcodes of their copies. shared: those
    that another copy bears now, since when (UTC ms; None: nobody knows).
    """

    copies: dict[str, Copy]
    labels: dict[str, str] = field(default_factory=dict)
    shared: dict[str, int | None] = field(default_factory=dict)

    def barcode(self, entry: Entry) -> str:
        """The present barcode of the copy that this entry, which speaks of one, means.

        Of a label that two copies bore the desk means the one that bears it now, and so does a station that had been
        told of it when it was scanned; any other means the first, and where it may be wrong, a person is asked.
        """
        label = entry.copy or ""
        since = self.shared.get(label)
        told = since is not None and entry.as_of_ms is not None and entry.as_of_ms >= since
        if label in self.shared and (entry.station == DESK or told):
            return label
        return self.labels.get(label, label)


def shelf(conn: Connection, school: str, scanned: Collection[str], zone: ZoneInfo) -> Shelf:
    """The copies that these labels mean, with their old labels, queues, and whether they are ours."""
    if not scanned:
        return Shelf({})
    told = {"school": school, "scanned": listed(scanned)}
    replaced = conn.execute(_labels(is_postgres(conn)), told).all()
    old = [row for row in replaced if row.label in scanned]
    labels = {row.label: row.barcode for row in old}
    barcodes = {*scanned, *labels.values()}
    found = conn.execute(_copies(is_postgres(conn)), {"barcodes": listed(barcodes)}).all()
    mine = {barcode: title for whose, barcode, title, _ in found if whose == school}
    states = {barcode: CopyState(state) for whose, barcode, _, state in found if whose == school}
    elsewhere = {barcode for _, barcode, *_ in found if barcode not in mine}
    queues = _queues(conn, school, set(mine.values()))
    spans: dict[str, list[tuple[str, int, int | None]]] = defaultdict(list)
    for row in replaced:
        spans[row.barcode].append((row.label, row.replaced_ms, row.shared_ms))
    copies = {
        barcode: Copy(
            barcode,
            zone,
            known=barcode in mine,
            foreign=barcode in elsewhere,
            state=states.get(barcode, CopyState.ON_SHELF),
            old_labels=tuple(sorted(spans[barcode])) if barcode in spans else (),
            holds=queues.get(mine.get(barcode, ""), ()),
        )
        for barcode in barcodes
    }
    return Shelf(copies, labels, {row.label: row.shared_ms for row in old if row.label in mine})


@cache
def _labels(postgres: bool) -> Select[Any]:
    meant = (one_in(postgres, c, "scanned") for c in (old_labels.c.label, old_labels.c.barcode))
    return select(old_labels).where(old_labels.c.school == bindparam("school"), or_(*meant))


@cache
def _copies(postgres: bool) -> Select[Any]:
    told = (copies.c.school, copies.c.barcode, copies.c.title_id, copies.c.state)
    return select(*told).where(one_in(postgres, copies.c.barcode, "barcodes"))


def _queues(
    conn: Connection, school: str, title_ids: Collection[str]
) -> dict[str, tuple[HoldSpan, ...]]:
    if not title_ids:
        return {}
    queues: dict[str, list[HoldSpan]] = defaultdict(list)
    told = {"school": school, "titles": listed(title_ids)}
    for row in conn.execute(_waiting(is_postgres(conn)), told):
        queues[row.title_id].append(HoldSpan(row.patron_id, row.placed_ms, row.ended_ms))
    return {title: tuple(queue) for title, queue in queues.items()}


@cache
def _waiting(postgres: bool) -> Select[Any]:
    of_titles = one_in(postgres, holds.c.title_id, "titles")
    query = select(holds).where(holds.c.school == bindparam("school"), of_titles)
    return query.order_by(holds.c.placed_ms, holds.c.id)


class Stored(Struct, frozen=True, gc=False):
    """An entry since the seal, and what was last said of it."""

    event: Event
    codes: frozenset[Code]
    past_limit: bool
    revision: int


def tails(
    conn: Connection, school: str, sealed_to: Mapping[str, int], persons: Persons | None = None
) -> dict[str, list[Stored]]:
    """The entries of each copy that lie beyond its seal (`sealed_to`: barcode -> ms, -1 for all of them).

    persons: those who were asked for already.
    """
    told = {"school": school, "sealed_to": listed(moments_of(sealed_to))}
    # An entry without an outcome is one of those just being taken in.
    asked = conn.execute(_tails(is_postgres(conn)), told).all()
    rows = [row for row in asked if row.codes is not None]
    persons = persons or Persons(conn, school)
    persons.learn(row.patron for row in rows)
    found: dict[str, list[Stored]] = defaultdict(list)
    for barcode, body, lo, est, hi, patron, card, codes, past_limit, revision, word in rows:
        try:
            entry = parse(body)
        except UnreadableEntry:
            # Taken in by an earlier release, which checked less: `central verify` names it, and the others go on.
            continue
        stamp, person, said = Stamp(lo, est, hi), persons.beside(patron, card), read_codes(codes)
        erased = person is None and entry.who is not None
        if erased and word:
            person = Person(somebody(word))
        # Of somebody who was erased nothing can be found out again; what was said then stays, and what rests on it.
        odd = said & OF_PATRON if erased else persons.codes(entry, stamp, person)
        event = event_of(entry, stamp, person, odd)
        found[barcode].append(Stored(event, said, past_limit, revision))
    return found


@lru_cache(maxsize=1024)
def read_codes(text: str) -> frozenset[Code]:
    """The codes of an outcome as they are written down."""
    return frozenset(Code(code) for code in text.split())


@cache
def _tails(postgres: bool) -> Select[Any]:
    since = given_in(postgres, "sealed_to", name=Text, ms=BigInteger)
    later = and_(
        entries.c.school == bindparam("school"),
        entries.c.barcode == since.c.name,
        entries.c.lo > since.c.ms,
    )
    told = (
        entries.c.barcode, entries.c.body, entries.c.lo, entries.c.est, entries.c.hi,
        people.c.patron, people.c.card, outcomes.c.codes, outcomes.c.past_limit, outcomes.c.revision,
        outcomes.c.somebody,
    )  # fmt: skip
    # Outer joins, so that SQLite begins with the few copies asked for; it would begin with all entries.
    source = since.outerjoin(entries, later).outerjoin(outcomes, _beside(outcomes))
    return select(*told).select_from(source.outerjoin(people, _beside(people)))


def _beside(table: Table) -> Any:
    """The row of this table that stands beside an entry."""
    names = ("school", "station", "epoch", "seq")
    return and_(*(table.c[name] == entries.c[name] for name in names))
