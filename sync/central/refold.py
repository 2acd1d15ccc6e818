"""Fold the copies that entries have touched, and write what has changed: holdings, loans, outcomes, cases, feed.

Called within the transaction that writes the entries, under the school's lock. Everything is read and written set-wise;
a copy's history before its seal is not read again unless an entry reaches behind it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, delete, select, update

from kiosk.domain import Act
from sync.central import limits
from sync.central.db import insert_many, update_many, upsert_many
from sync.central.positions import next_positions, publish
from sync.central.read import Shelf, Stored, pack_holding, tails, unpack_holding
from sync.central.schema import cases, holdings, loans, outcomes
from sync.events import Case, Code, Event, Folded, Holding, Key, Span, outcome_of
from sync.fold import Copy, fold
from sync.seals import fits_seal, seal_after
from sync.timeline import in_order

# A copy is sealed when so many entries lie open; so many are left open, since the next may come from a slower station.
SEAL_FROM = 24
KEEP_OPEN = 8

Row = dict[str, Any]
_PLACE = ("station", "epoch", "seq")


@dataclass(slots=True)
class Changed:
    """What a refold has changed, for those who write it down and tell others."""

    school: str
    now_ms: int
    codes: dict[Key, frozenset[Code]] = field(default_factory=dict)
    past_limit: dict[Key, bool] = field(default_factory=dict)
    spans: dict[Key, tuple[str, Span]] = field(default_factory=dict)
    vanished: list[str] = field(default_factory=list)
    holdings: list[Row] = field(default_factory=list)
    told: dict[str, Folded] = field(default_factory=dict)


def refold(
    conn: Connection,
    school: str,
    fresh: Mapping[str, list[Event]],
    shelf: Shelf,
    *,
    now_ms: int,
    plain: Collection[tuple[Key, frozenset[Code]]] = (),
) -> dict[Key, frozenset[Code]]:
    """Take new events in, by barcode; what is told of every new entry. `plain`: entries that are on no copy.

    A barcode with no new events is folded anew, because something around it has changed.
    """
    before = _holdings(conn, school, fresh)
    stored = tails(conn, school, _reach(fresh, before))
    changed = Changed(school, now_ms)
    for barcode, events in fresh.items():
        old = stored.get(barcode, [])
        _fold_one(changed, shelf.copies[barcode], events, old, before.get(barcode))
    new = {e.key for events in fresh.values() for e in events}
    told = {s.event.key: s for some in stored.values() for s in some}
    _write_loans(conn, changed)
    changed.past_limit = limits.check(conn, school, changed.spans.values())
    revised = _write_outcomes(conn, changed, new, told, plain)
    _write_cases(conn, changed)
    upsert_many(conn, holdings, changed.holdings)
    _publish(conn, changed, revised)
    over = {key for key, past in changed.past_limit.items() if past}
    answers = {k: c | ({Code.OVER_LIMIT} if k in over else set()) for k, c in changed.codes.items()}
    return {**answers, **dict(plain)}


def _holdings(conn: Connection, school: str, barcodes: Collection[str]) -> dict[str, Any]:
    query = select(holdings).where(holdings.c.school == school, holdings.c.barcode.in_(barcodes))
    return {row.barcode: row for row in conn.execute(query)} if barcodes else {}


def _reach(fresh: Mapping[str, list[Event]], before: Mapping[str, Any]) -> dict[str, int]:
    """How far back each copy must be read: to its seal, or to the beginning where an event reaches behind that."""
    reach = {}
    for barcode, events in fresh.items():
        row = before.get(barcode)
        if row is None:
            continue
        whole = not events or not all(fits_seal(e, row.sealed_to_ms) for e in events)
        reach[barcode] = -1 if whole else row.sealed_to_ms
    return {b: (ms if ms >= 0 or _sealed(before[b]) else 0) for b, ms in reach.items()}


def _sealed(row: Any) -> bool:
    return bool(row.sealed)


def _fold_one(
    changed: Changed, copy: Copy, events: list[Event], old: list[Stored], row: Any
) -> None:
    reopened = row is not None and (
        not events or not all(fits_seal(e, row.sealed_to_ms) for e in events)
    )
    sealed_to = -1 if row is None or reopened else row.sealed_to_ms
    sealed = "" if row is None or reopened else row.sealed
    start = unpack_holding(sealed) if sealed else None
    known = [s.event for s in old]
    told = fold([*known, *events], copy, start)
    changed.told[copy.barcode] = told
    later = set(told.order[len(known) :])
    in_turn = not reopened and later == {e.key for e in events}
    _note_spans(changed, copy.barcode, told, later if in_turn else None)
    if not in_turn:
        # What opened a loan may turn out to have been a scan too many.
        opened = {span.opened_by for span in told.spans}
        again = (e for e in known if e.act is Act.CHECKOUT and e.key not in opened)
        changed.vanished += [str(e.key) for e in again]
    changed.codes.update(told.codes)
    if len(told.order) >= SEAL_FROM:
        sealed, sealed_to = _seal(copy, [*known, *events], start) or (sealed, sealed_to)
    changed.holdings.append(_holding_row(changed.school, copy, told, sealed, sealed_to))


def _note_spans(changed: Changed, barcode: str, told: Folded, later: set[Key] | None) -> None:
    """Remember the loans to be written: all, or those that the `later` events opened, ended or may have renewed."""
    for span in told.spans:
        touched = later is None or span.opened_by in later or span.closed_by in later
        if touched or span.closed_by is None:
            changed.spans[span.opened_by] = (barcode, span)


def _seal(copy: Copy, events: list[Event], start: Holding | None) -> tuple[str, int] | None:
    ordered = in_order(events)
    at = seal_after(ordered, keep=KEEP_OPEN)
    # Settlements speak of what came before them: a copy that has one lately is left open.
    if at < SEAL_FROM - KEEP_OPEN or any(e.act is Act.SETTLE for e in ordered):
        return None
    first = fold(ordered[:at], copy, start)
    if first.holding.doubt or any(case.open for case in first.cases):
        return None
    return pack_holding(first.holding), max(max(e.est, e.hi) for e in ordered[:at])


def _holding_row(school: str, copy: Copy, told: Folded, sealed: str, sealed_to: int) -> Row:
    now = told.holding
    return {
        "school": school,
        "barcode": copy.barcode,
        "patron": now.loan.patron if now.loan else None,
        "opened_by": str(now.loan.opened_by) if now.loan else None,
        "state": now.state.value,
        "lendable": now.lendable,
        "kept_for": now.kept_for,
        "place": now.place,
        "seen_ms": now.seen_ms,
        "last_entry": str(now.last) if now.last else None,
        "in_doubt": now.doubt is not None,
        "sealed": sealed,
        "sealed_to_ms": sealed_to,
    }


def _write_loans(conn: Connection, changed: Changed) -> None:
    rows = [
        {
            "school": changed.school,
            "opened_by": str(span.opened_by),
            "barcode": barcode,
            "patron": span.patron,
            "opened_ms": span.opened_ms,
            "due_on": span.due_on,
            "renewals": span.renewals,
            "closed_by": str(span.closed_by) if span.closed_by else None,
            "closed_ms": span.closed_ms,
            "closed_lo": span.closed_lo,
            "how": span.how,
        }
        for barcode, span in changed.spans.values()
    ]
    upsert_many(conn, loans, rows)
    if changed.vanished:
        gone = loans.c.opened_by.in_(changed.vanished)
        conn.execute(delete(loans).where(loans.c.school == changed.school, gone))


def _write_outcomes(
    conn: Connection,
    changed: Changed,
    new: set[Key],
    told: Mapping[Key, Stored],
    plain: Iterable[tuple[Key, frozenset[Code]]],
) -> list[Row]:
    """Insert what is told of new entries; revise what has changed. The rows revised, still without a position."""
    fresh = [_outcome_row(changed, key, codes, 1) for key, codes in plain]
    revised = []
    for key, codes in changed.codes.items():
        if key in new:
            fresh.append(_outcome_row(changed, key, codes, 1))
            continue
        was = told[key]
        past = changed.past_limit.get(key, was.past_limit)
        if codes != was.codes or past != was.past_limit:
            changed.past_limit[key] = past
            revised.append(_outcome_row(changed, key, codes, was.revision + 1))
    insert_many(conn, outcomes, fresh)
    others = [k for k in changed.past_limit if k not in changed.codes]
    revised += _limits_elsewhere(conn, changed, others)
    return revised


def _limits_elsewhere(conn: Connection, changed: Changed, keys: list[Key]) -> list[Row]:
    """Loans of copies that were not touched, which the patron's other loans have pushed past the limit, or back."""
    if not keys:
        return []
    query = select(outcomes).where(
        outcomes.c.school == changed.school,
        outcomes.c.station.in_({k.station for k in keys}),
        outcomes.c.seq.in_({k.seq for k in keys}),
    )
    rows = []
    for row in conn.execute(query):
        key = Key(row.station, row.epoch, row.seq)
        if key in keys and row.past_limit != changed.past_limit[key]:
            codes = frozenset(Code(c) for c in row.codes.split())
            rows.append(_outcome_row(changed, key, codes, row.revision + 1))
    return rows


def _outcome_row(changed: Changed, key: Key, codes: frozenset[Code], revision: int) -> Row:
    past = changed.past_limit.get(key, False)
    return {
        "school": changed.school,
        **dict(zip(_PLACE, key, strict=True)),
        "outcome": outcome_of(codes | ({Code.OVER_LIMIT} if past else set())).value,
        "codes": " ".join(sorted(codes)),
        "past_limit": past,
        "revision": revision,
    }


def _write_cases(conn: Connection, changed: Changed) -> None:
    """Open, close and reopen. A case that its copy's entries no longer ask is answered."""
    touched = changed.told
    query = select(cases).where(
        cases.c.school == changed.school, cases.c.barcode.in_(touched), cases.c.is_open
    )
    were_open = {row.id: row for row in conn.execute(query)} if touched else {}
    asked = {c.id: (barcode, c) for barcode, told in touched.items() for c in told.cases}
    closed_before = _known(conn, changed.school, [i for i in asked if i not in were_open])
    rows = []
    for name, (barcode, case) in asked.items():
        row = were_open.get(name) or closed_before.get(name)
        if row is None or _case_differs(row, case):
            rows.append(_case_row(changed, barcode, case, row))
    upsert_many(conn, cases, rows)
    gone = [i for i, row in were_open.items() if i not in asked and _within(row, changed)]
    if gone:
        conn.execute(
            update(cases)
            .where(cases.c.school == changed.school, cases.c.id.in_(gone))
            .values(is_open=False, closed_ms=changed.now_ms)
        )


def _within(row: Any, changed: Changed) -> bool:
    """Whether the case rests on entries that have just been folded; one that lies before the seal is not theirs."""
    return all(key in changed.told[row.barcode].codes for key in _keys(row))


def _keys(row: Any) -> list[Key]:
    return [Key(*key) for key in json.loads(row.about)]


def _known(conn: Connection, school: str, names: list[str]) -> dict[str, Any]:
    query = select(cases).where(cases.c.school == school, cases.c.id.in_(names))
    return {row.id: row for row in conn.execute(query)} if names else {}


def _case_differs(row: Any, case: Case) -> bool:
    settled = str(case.settled_by) if case.settled_by else None
    return (row.is_open, row.facts, row.settled_by) != (case.open, case.facts, settled)


def _case_row(changed: Changed, barcode: str | None, case: Case, row: Any) -> Row:
    return {
        "school": changed.school,
        "id": case.id,
        "barcode": barcode,
        "code": case.code.value,
        "about": json.dumps([list(key) for key in case.keys]),
        "patrons": json.dumps(list(case.patrons), ensure_ascii=False),
        "facts": case.facts,
        "is_open": case.open,
        "reopened": case.reopened,
        "settled_by": str(case.settled_by) if case.settled_by else None,
        "opened_ms": row.opened_ms if row else changed.now_ms,
        "closed_ms": None if case.open else changed.now_ms,
    }


def _publish(conn: Connection, changed: Changed, revised: list[Row]) -> None:
    """Give positions to what stations must hear: the copies and loans touched, and outcomes revised."""
    touched = [row["barcode"] for row in changed.holdings]
    publish(conn, changed.school, [(kind, b) for b in touched for kind in ("copy", "loan")])
    if revised:
        at = next_positions(conn, changed.school, len(revised))
        update_many(conn, outcomes, [{**row, "position": at + n} for n, row in enumerate(revised)])


def by_copy(events: Iterable[tuple[str, Event]]) -> dict[str, list[Event]]:
    """Gather events under their copies' barcodes."""
    gathered: dict[str, list[Event]] = defaultdict(list)
    for barcode, event in events:
        gathered[barcode].append(event)
    return dict(gathered)
