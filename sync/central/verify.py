"""Is the central record what its entries say? Every chain walked, every copy folded anew; faults in plain words.

Reads only. Copies are taken some thousands at a time, so that memory does not grow with the school.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, select

from kiosk.entry import GENESIS, UnreadableEntry, digest, parse
from sync.central.db import Database
from sync.central.marks import mark_faults
from sync.central.read import Stored, shelf, tails, time_zone
from sync.central.schema import cases, entries, holdings, lineages, loans, outcomes, schools
from sync.central.stays import stay_faults
from sync.central.verify_voices import voice_faults
from sync.events import CASES, Code, Folded, Key, Outcome, Span, outcome_of
from sync.fold import Copy, fold
from sync.standing import named

COPIES = 2_000


def faults(db: Database) -> Iterator[str]:
    """Everything that is not as it must be, one sentence a fault."""
    with db.read() as conn:
        for school in conn.execute(select(schools.c.id).order_by(schools.c.id)).scalars().all():
            yield from _chains(conn, school)
            for barcodes in _barcodes(conn, school):
                yield from _copies(conn, school, barcodes)
            yield from _without_entries(conn, school)
            yield from voice_faults(conn, school)
            yield from stay_faults(conn, school)
            yield from mark_faults(conn, school)


# The chains.


def _chains(conn: Connection, school: str) -> Iterator[str]:
    places = ("station", "epoch", "seq")
    query = (
        select(*(entries.c[p] for p in places), entries.c.hash, entries.c.body, outcomes.c.codes)
        .outerjoin(
            outcomes,
            (outcomes.c.school == entries.c.school)
            & (outcomes.c.station == entries.c.station)
            & (outcomes.c.epoch == entries.c.epoch)
            & (outcomes.c.seq == entries.c.seq),
        )
        .where(entries.c.school == school)
        .order_by(*(entries.c[p] for p in places))
    )
    ends = {(row.station, row.epoch): row for row in conn.execute(_lineages(school))}
    rows = conn.execution_options(yield_per=5_000).execute(query)
    for (station, epoch), chain in groupby(rows, lambda row: (row.station, row.epoch)):
        last: Any = None
        for row in chain:
            where = f"{school}: entry {station}:{epoch}:{row.seq}"
            yield from (f"{where}: {said}" for said in _entry_faults(row, last))
            last = row
        end = ends.pop((station, epoch), None)
        if end is not None and (end.durable, end.head) != (last.seq, last.hash):
            yield (
                f"{school}: {station}, epoch {epoch}: its watermark says {end.durable}, its last entry is {last.seq}"
            )
    for (station, epoch), end in ends.items():
        if end.durable:
            yield f"{school}: {station}, epoch {epoch}: {end.durable} entries are missing"


def _lineages(school: str) -> Any:
    return select(lineages).where(lineages.c.school == school)


def _entry_faults(row: Any, last: Any) -> Iterator[str]:
    expected = last.seq + 1 if last else 1
    if row.seq != expected:
        yield f"entry {expected} is expected here; entries between are missing"
    if row.codes is None:
        yield "it has no outcome"
        return
    if _is_quarantined(row):
        return
    if digest(row.body) != row.hash:
        yield "the text does not match its hash; it was changed or damaged"
    try:
        entry = parse(row.body)
    except UnreadableEntry as error:
        yield str(error)
        return
    if (entry.station, entry.epoch, entry.seq) != (row.station, row.epoch, row.seq):
        yield f"the text says {entry.key}"
    before = last.hash if last else GENESIS
    # The first entry of a later epoch may follow the last one of the epoch before.
    begins = last is None and row.epoch > 1
    trusted = last is None or not _is_quarantined(last)
    if row.seq == expected and entry.prev != before and trusted and not begins:
        yield "it does not follow the entry before it"


def _is_quarantined(row: Any) -> bool:
    return outcome_of({Code(c) for c in (row.codes or "").split()}) is Outcome.QUARANTINED


# The tables.


def _barcodes(conn: Connection, school: str) -> Iterator[list[str]]:
    last = ""
    while True:
        query = (
            select(entries.c.barcode)
            .where(entries.c.school == school, entries.c.barcode > last)
            .distinct()
            .order_by(entries.c.barcode)
            .limit(COPIES)
        )
        found = list(conn.execute(query).scalars())
        if not found:
            return
        yield found
        last = found[-1]


def _copies(conn: Connection, school: str, barcodes: list[str]) -> Iterator[str]:
    try:
        stored = tails(conn, school, dict.fromkeys(barcodes, -1))
    except UnreadableEntry:
        if len(barcodes) == 1:
            yield f"{school}: copy {barcodes[0]}: an entry on it cannot be read any more; restore a backup"
            return
        # The damage to one copy must not hide what may be wrong with the others.
        half = len(barcodes) // 2
        yield from _copies(conn, school, barcodes[:half])
        yield from _copies(conn, school, barcodes[half:])
        return
    copies = shelf(conn, school, barcodes, time_zone(conn, school)).copies
    held = _rows(conn, holdings, school, barcodes)
    lent = _rows(conn, loans, school, barcodes)
    asked = _rows(conn, cases, school, barcodes)
    for barcode in barcodes:
        told = fold([s.event for s in stored[barcode]], copies.get(barcode) or _stray(copies))
        for said in (
            *_outcome_faults(told, stored[barcode]),
            *_holding_faults(told, held[barcode]),
            *_loan_faults(told, lent[barcode]),
            *_limit_faults(stored[barcode], lent[barcode]),
            *_case_faults(told, asked[barcode]),
        ):
            yield f"{school}: copy {barcode}: {said}"


def _stray(copies: dict[str, Copy]) -> Copy:
    # An old label on an entry that was not renamed with its copy: any copy will do to show the fault.
    return next(iter(copies.values()))


def _rows(
    conn: Connection, table: Any, school: str, barcodes: Collection[str]
) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    query = select(table).where(table.c.school == school, table.c.barcode.in_(barcodes))
    for row in conn.execute(query):
        found[row.barcode].append(row)
    return found


def _outcome_faults(told: Folded, stored: list[Stored]) -> Iterator[str]:
    for s in stored:
        codes = told.codes[s.event.key]
        if codes != s.codes:
            yield f"entry {s.event.key} was told {_words(s.codes)}, and should be told {_words(codes)}"


def _words(codes: Collection[Code]) -> str:
    return ", ".join(sorted(codes)) or "nothing"


def _holding_faults(told: Folded, rows: list[Any]) -> Iterator[str]:
    if len(rows) != 1:
        yield "where it is was never written down"
        return
    now, row = told.holding, rows[0]
    should = {
        "patron": named(now.loan.patron) if now.loan else None,
        "opened_by": str(now.loan.opened_by) if now.loan else None,
        "state": now.state.value,
        "lendable": now.lendable,
        "kept_for": now.kept_for,
        "place": now.place,
        "seen_ms": now.seen_ms,
        "last_entry": str(now.last) if now.last else None,
        "in_doubt": now.doubt is not None,
    }
    wrong = [name for name, value in should.items() if getattr(row, name) != value]
    if wrong:
        yield f"where it is differs from what its entries say ({', '.join(wrong)})"


def _loan_faults(told: Folded, rows: list[Any]) -> Iterator[str]:
    should = {str(span.opened_by): span for span in told.spans}
    there = {row.opened_by: row for row in rows}
    for key in sorted(should.keys() - there.keys()):
        yield f"the loan {key} is not written down"
    for key in sorted(there.keys() - should.keys()):
        yield f"the loan {key} is written down, but no entry opened it"
    for key in sorted(should.keys() & there.keys()):
        if _plain(should[key]) != _plain(there[key]):
            yield f"the loan {key} differs from what its entries say"


def _limit_faults(stored: list[Stored], rows: list[Any]) -> Iterator[str]:
    """What was told of the limit is what the loans say. Who was of which grade then, nothing tells any more."""
    past = {row.opened_by for row in rows if row.past_limit}
    told = {str(s.event.key) for s in stored if s.past_limit}
    for key in sorted(past ^ told):
        yield f"whether the loan {key} is past the limit differs from what its station was told"


def _plain(span: Span | Any) -> tuple[Any, ...]:
    closed_by = str(span.closed_by) if span.closed_by else None
    claimed_by = str(span.claimed_by) if span.claimed_by else None
    return (
        named(span.patron), span.opened_ms, span.due_on, span.renewals, closed_by,
        span.closed_ms, span.closed_lo, span.how, claimed_by, span.claimed_ms,
    )  # fmt: skip


def _case_faults(told: Folded, rows: list[Any]) -> Iterator[str]:
    should = {case.id for case in told.cases if case.open}
    there = {row.id for row in rows if row.is_open}
    for name in sorted(should - there):
        yield f"the case {name} should be open"
    for name in sorted(there - should):
        yield f"the case {name} is open, but its entries do not ask it"


def _without_entries(conn: Connection, school: str) -> Iterator[str]:
    """What speaks of entries that are not there, and quarantined entries that nobody is asked about."""
    spoken = select(entries.c.barcode).where(entries.c.school == school)
    lost = select(holdings.c.barcode).where(
        holdings.c.school == school, holdings.c.barcode.not_in(spoken.where(entries.c.barcode.is_not(None)))
    )  # fmt: skip
    for barcode in conn.execute(lost).scalars():
        yield f"{school}: copy {barcode}: it is written where it is, but no entry speaks of it"
    asked = {
        (row.code, tuple(map(tuple, json.loads(row.about))))
        for row in conn.execute(
            select(cases).where(cases.c.school == school, cases.c.barcode.is_(None))
        )
    }
    query = select(outcomes).where(
        outcomes.c.school == school, outcomes.c.outcome == Outcome.QUARANTINED.value
    )
    for row in conn.execute(query):
        key = Key(row.station, row.epoch, row.seq)
        codes = [c for c in row.codes.split() if Code(c) in CASES]
        if not any((code, (tuple(key),)) in asked for code in codes):
            yield f"{school}: entry {key} is kept unread, and no case asks about it"
