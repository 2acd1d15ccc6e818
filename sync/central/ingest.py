"""Take a station's entries in: one batch, one transaction, every entry with exactly one outcome.

Nothing is refused for what it says: what happened has happened. What cannot be read or trusted is kept as it came, and
a person is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, bindparam, select, update

from kiosk.domain import Act
from kiosk.entry import Entry, UnreadableEntry, parse
from sync.central import queue
from sync.central.asking import ask_about_unread
from sync.central.db import (
    by_keys,
    insert_many,
    insert_rows,
    is_postgres,
    listed,
    one_in,
    one_of,
    upsert_many,
)
from sync.central.deeds import next_wires
from sync.central.hearing import hear, keep_words
from sync.central.persons import Persons
from sync.central.read import Shelf, event_of, shelf, time_zone
from sync.central.refold import by_copy, refold
from sync.central.rehomed import rehomed_before
from sync.central.schema import anchors, entries, incidents, lineages, outcomes, people
from sync.central.starts import starts
from sync.central.unfolded import tell_again
from sync.continuity import Arrival, Diverged, Gap, Lineage, Plan, Text, judge_push, texts_of
from sync.events import DESK, Code, Event, Key, Outcome, outcome_of
from sync.timeline import Anchor, Reading, Stamp, stamp
from sync.wire import AnchorNote, Answer, WireEntry


@dataclass(frozen=True, slots=True)
class Taken:
    """What a batch has become: the new watermark with the hash there, and one answer for every entry of the batch."""

    durable: int
    head: str
    answers: tuple[Answer, ...]


def take_in(
    conn: Connection,
    school: str,
    lineage: Lineage,
    wires: Sequence[WireEntry],
    *,
    now_ms: int,
    anchor: Anchor | None = None,
    texts: Sequence[Text] | None = None,
) -> Taken | Diverged | Gap:
    """Take a batch in, under the school's lock. The watermark has moved when the transaction commits.

    texts: what the entries say, where they were read before the lock was taken.
    """
    by_keys(conn)
    place = (school, lineage.station, lineage.epoch)
    seqs = {wire.seq for wire in wires}
    held = _held(conn, place, [seq for seq in seqs if seq <= lineage.durable])
    plan = judge_push(wires, texts or texts_of(wires), lineage, held)
    if not isinstance(plan, Plan):
        return plan
    if anchor:
        _note_anchor(conn, school, lineage.station, anchor)
    told = _take_fresh(conn, place, lineage, plan.fresh, now_ms) if plan.fresh else {}
    answers = [*_told_before(conn, place, plan.repeats), *(_answer(k, c) for k, c in told.items())]
    last = plan.fresh[-1].wire if plan.fresh else None
    return Taken(
        durable=last.seq if last else lineage.durable,
        head=last.hash if last else lineage.head,
        answers=tuple(sorted(answers, key=lambda a: a.seq)),
    )


def anchor_of(note: AnchorNote | None, hello_ms: int | None) -> Anchor | None:
    """The anchor that an exchange has given, if it can be believed."""
    if note is None or hello_ms is None or note.got_mono_ms < note.sent_mono_ms:
        return None
    round_trip = note.got_mono_ms - note.sent_mono_ms
    return Anchor(note.boot, note.sent_mono_ms + round_trip // 2, hello_ms, round_trip // 2 + 1)


def _held(conn: Connection, place: tuple[str, str, int], seqs: list[int]) -> dict[int, str]:
    if not seqs:
        return {}
    query = select(entries.c.seq, entries.c.hash).where(_at(conn, entries, place, seqs))
    return {row.seq: row.hash for row in conn.execute(query)}


def _at(conn: Connection, table: Table, place: tuple[str, str, int], seqs: Sequence[int]) -> Any:
    school, station, epoch = place
    return and_(
        table.c.school == school,
        table.c.station == station,
        table.c.epoch == epoch,
        one_of(conn, table.c.seq, seqs),
    )


def _told_before(
    conn: Connection, place: tuple[str, str, int], seqs: Sequence[int]
) -> Iterable[Answer]:
    if not seqs:
        return []
    rows = conn.execute(select(outcomes).where(_at(conn, outcomes, place, seqs)))
    return [answer_of(row) for row in rows]


def answer_of(row: Any) -> Answer:
    """A row of outcomes as it is told to the station."""
    codes = [*row.codes.split(), *([Code.OVER_LIMIT.value] if row.past_limit else [])]
    return Answer(
        epoch=row.epoch, seq=row.seq, outcome=row.outcome, codes=codes, revision=row.revision
    )


def _answer(key: Key, codes: frozenset[Code]) -> Answer:
    told, named = _in_words(codes)
    return Answer(epoch=key.epoch, seq=key.seq, outcome=told, codes=named, revision=1)


@lru_cache(maxsize=1024)
def _in_words(codes: frozenset[Code]) -> tuple[Any, list[str]]:
    """The outcome and the codes as a station is told."""
    return outcome_of(codes).value, sorted(code.value for code in codes)


def _note_anchor(conn: Connection, school: str, station: str, anchor: Anchor) -> None:
    upsert_many(
        conn,
        anchors,
        [
            {
                "school": school,
                "station": station,
                "boot": anchor.boot,
                "server_ms": anchor.server_ms,
                "mono_ms": anchor.mono_ms,
                "half_ms": anchor.half_ms,
            }
        ],
    )


def _take_fresh(
    conn: Connection,
    place: tuple[str, str, int],
    lineage: Lineage,
    fresh: Sequence[Arrival],
    now_ms: int,
) -> dict[Key, frozenset[Code]]:
    school = place[0]
    zone = time_zone(conn, school)
    stamps = _stamps(conn, place, lineage, fresh, now_ms)
    known = rehomed_before(conn, school, fresh)
    labels = {a.entry.copy for a in fresh if a.entry and a.entry.copy}
    on_shelf = shelf(conn, school, labels, zone)
    persons = Persons(conn, school)
    persons.learn(a.wire.patron for a in fresh if a.wire.salt)
    rows: list[tuple[Any, ...]] = []
    plain: list[tuple[Key, frozenset[Code]]] = []
    events: list[tuple[str, Event]] = []
    told: list[tuple[Entry, WireEntry, int]] = []
    unfolded: list[str] = []
    for arrival, stamped in zip(fresh, stamps, strict=True):
        key = Key(*place[1:], arrival.wire.seq)
        entry = arrival.entry
        counts = entry is not None and arrival.fault is None and key not in known
        barcode = on_shelf.barcode(entry) if entry and counts and entry.copy else None
        rows.append((*_entry_row(school, key, arrival, stamped, now_ms), barcode))
        if entry and barcode:
            wire = arrival.wire
            person = persons.beside(wire.patron, wire.card) if wire.salt else None
            codes = persons.codes(entry, stamped, person)
            events.append((barcode, event_of(entry, stamped, person, codes)))
        else:
            plain.append((key, frozenset({arrival.fault}) if arrival.fault else frozenset()))
            if not counts:
                unfolded.append(arrival.wire.body)
            if entry and counts and entry.act is Act.SAY:
                told.append((entry, arrival.wire, stamped.est))
    by_barcode = by_copy(events)
    # Asked before the new entries are written, which would be read along with the old ones.
    begun = starts(conn, school, by_barcode, persons)

    def write() -> None:
        insert_rows(conn, entries, _ENTRY, rows)
        insert_rows(conn, people, _BESIDE, _people_rows(place, fresh))
        keep_words(conn, place, ((a.entry, a.wire) for a in fresh if a.entry and a.wire.said))
        ask_about_unread(conn, school, plain, now_ms)

    answers = refold(
        conn,
        school,
        by_barcode,
        on_shelf,
        now_ms=now_ms,
        plain=plain,
        begun=begun,
        write_first=write,
    )
    hear(conn, school, told, now_ms)
    tell_again(conn, school, unfolded)
    step_queues(conn, school, by_barcode, on_shelf, now_ms)
    return answers


def step_queues(
    conn: Connection,
    school: str,
    by_barcode: Mapping[str, list[Event]],
    on_shelf: Shelf,
    now_ms: int,
) -> None:
    """What these entries, which have been folded, change in the queues."""
    waited_for = {b: some for b, some in by_barcode.items() if on_shelf.copies[b].holds}
    stepped = queue.step(conn, school, waited_for, now_ms)
    if stepped.again:
        # What is revised by this comes to the station with its feed.
        around = shelf(conn, school, stepped.again, time_zone(conn, school))
        refold(conn, school, {b: [] for b in stepped.again}, around, now_ms=now_ms)
    if stepped.grants:
        # The centre says for whom a copy is kept, where a station could not know.
        own, wires = next_wires(conn, school, stepped.grants, staff=None, now_ms=now_ms)
        take_in(conn, school, own, wires, now_ms=now_ms)


def _stamps(
    conn: Connection,
    place: tuple[str, str, int],
    lineage: Lineage,
    fresh: Sequence[Arrival],
    now_ms: int,
) -> list[Stamp]:
    """When each entry happened. One that cannot be read happened when its neighbour did, as far as we know."""
    school, station = place[:2]
    if station == DESK:
        return _by_our_clock(fresh, _last_reading(conn, place, lineage.durable))
    boots = {a.entry.boot for a in fresh if a.entry}
    asked = {"school": school, "station": station, "boots": listed(boots)}
    by_boot: dict[str, list[Anchor]] = {}
    for row in conn.execute(_anchors(is_postgres(conn)), asked):
        anchor = Anchor(row.boot, row.mono_ms, row.server_ms, row.half_ms)
        by_boot.setdefault(row.boot, []).append(anchor)
    before = _last_reading(conn, place, lineage.durable)
    stamps = []
    for arrival in fresh:
        entry = arrival.entry
        if entry is None:
            floor = before[1].lo if before else 0
            stamps.append(Stamp(floor, floor, max(floor, now_ms)))
            continue
        reading = reading_of(entry)
        stamped = stamp(reading, by_boot.get(entry.boot, ()), now_ms, before)
        stamps.append(stamped)
        if arrival.fault is None:
            before = (reading, stamped)
    return stamps


@cache
def _anchors(postgres: bool) -> Select[Any]:
    mine = (anchors.c.school == bindparam("school"), anchors.c.station == bindparam("station"))
    return select(anchors).where(*mine, one_in(postgres, anchors.c.boot, "boots"))


def _by_our_clock(fresh: Sequence[Arrival], before: tuple[Reading, Stamp] | None) -> list[Stamp]:
    """Staff act at the central record: when, is known, and never before what they did last."""
    stamps = []
    at = before[1].est if before else 0
    for arrival in fresh:
        at = max(at, arrival.entry.wall_ms) if arrival.entry else at
        stamps.append(Stamp(at, at, at))
    return stamps


def reading_of(entry: Entry) -> Reading:
    return Reading(entry.boot, entry.mono_ms, entry.wall_ms, entry.clock == "sure")


def _last_reading(
    conn: Connection, place: tuple[str, str, int], durable: int
) -> tuple[Reading, Stamp] | None:
    """The newest entry that can be read, with its stamp. A quarantined one says nothing of the time."""
    if durable == 0:
        return None
    told = dict(zip(("of", "station", "epoch"), place, strict=True))
    row = conn.execute(_newest_read(), told).first()
    try:
        return (reading_of(parse(row.body)), Stamp(row.lo, row.est, row.hi)) if row else None
    except UnreadableEntry:
        # Taken in by an earlier release, which checked less.
        return None


@cache
def _newest_read() -> Select[Any]:
    same = [outcomes.c[name] == entries.c[name] for name in ("school", "station", "epoch", "seq")]
    return (
        select(entries.c.body, entries.c.lo, entries.c.est, entries.c.hi)
        .join(outcomes, and_(*same))
        .where(
            entries.c.school == bindparam("of"),
            entries.c.station == bindparam("station"),
            entries.c.epoch == bindparam("epoch"),
            outcomes.c.outcome != Outcome.QUARANTINED.value,
        )
        .order_by(entries.c.seq.desc())
        .limit(1)
    )


_ENTRY = (
    "school", "station", "epoch", "seq", "hash", "body", "lo", "est", "hi", "received_ms", "origin",
    "barcode",
)  # fmt: skip
_BESIDE = ("school", "station", "epoch", "seq", "salt", "patron", "card")


def _entry_row(
    school: str, key: Key, arrival: Arrival, stamped: Stamp, now_ms: int
) -> tuple[Any, ...]:
    wire, entry = arrival.wire, arrival.entry
    origin = entry.origin if entry and arrival.fault is None else None
    of_time = (stamped.lo, stamped.est, stamped.hi, now_ms)
    return (school, *key, wire.hash, wire.body, *of_time, origin)


def _people_rows(place: tuple[str, str, int], fresh: Sequence[Arrival]) -> list[tuple[Any, ...]]:
    wires = (arrival.wire for arrival in fresh)
    return [(*place, w.seq, w.salt, w.patron, w.card) for w in wires if w.patron and w.salt]


def move_watermark(
    conn: Connection, school: str, station: str, epoch: int, *, durable: int, head: str
) -> None:
    """Say what we hold of this lineage."""
    conn.execute(
        update(lineages)
        .where(
            lineages.c.school == school,
            lineages.c.station == station,
            lineages.c.epoch == epoch,
        )
        .values(durable=durable, head=head)
    )


def note_incident(
    conn: Connection, school: str, station: str, epoch: int, kind: str, now_ms: int, detail: str
) -> None:
    """Something happened to a device; whoever keeps the machines running must hear of it."""
    insert_many(
        conn,
        incidents,
        [
            {
                "school": school,
                "station": station,
                "epoch": epoch,
                "kind": kind,
                "at_ms": now_ms,
                "detail": detail,
            }
        ],
    )
