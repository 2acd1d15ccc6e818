"""Fold the copies that entries have touched, and write what has changed: holdings, loans, outcomes, cases, feed.

Called within the transaction that writes the entries, under the school's lock. Everything is read and written set-wise;
a copy's history is read again only as far back as its new entries reach.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, Connection, Text, and_, delete, select

from sync.central import asking, limits
from sync.central.db import beyond, given, insert_many, one_of, update_many, upsert_many
from sync.central.leavers import tell_of_leavers
from sync.central.positions import next_positions, publish
from sync.central.read import Shelf, Stored, key_of
from sync.central.schema import holdings, loans, outcomes, seals
from sync.central.starts import Seal, Start, next_seals, not_held, starts
from sync.events import Code, Event, Folded, Key, Span, outcome_of
from sync.fold import Copy, fold

Row = dict[str, Any]
_PLACE = ("station", "epoch", "seq")
_LOAN = (
    "barcode", "patron", "opened_ms", "due_on", "renewals", "closed_by", "closed_ms", "closed_lo", "how",
    "claimed_by", "claimed_ms",
)  # fmt: skip


@dataclass(slots=True)
class Changed:
    """What a refold has changed, for those who write it down and tell others.

    since: for each patron whose loans changed, the moment from which the limit may be passed anew, or no longer.
    """

    school: str
    now_ms: int
    codes: dict[Key, frozenset[Code]] = field(default_factory=dict)
    past_limit: dict[Key, bool] = field(default_factory=dict)
    loans: list[Row] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)
    since: dict[str, int] = field(default_factory=dict)
    holdings: list[Row] = field(default_factory=list)
    seals: list[Seal] = field(default_factory=list)
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
    begun = {
        barcode: (start, [*start.known, *fresh[barcode]])
        for barcode, start in starts(conn, school, fresh).items()
    }
    changed = Changed(school, now_ms)
    unknown = not_held(conn, school, begun)
    for barcode, (start, events) in begun.items():
        sealable = not unknown or all(e.after not in unknown for e in events)
        _fold_one(changed, shelf.copies[barcode], start, events, sealable=sealable)
    new = {e.key for events in fresh.values() for e in events}
    told = {s.event.key: s for start, _ in begun.values() for s in start.tail}
    _note_loans(conn, changed, {b: start for b, (start, _) in begun.items()})
    _write_loans(conn, changed)
    changed.past_limit |= limits.check(conn, school, changed.since)
    revised = _write_outcomes(conn, changed, new, told, plain)
    asking.write_cases(conn, school, changed.told, now_ms)
    upsert_many(conn, holdings, changed.holdings)
    _write_seals(conn, changed)
    _publish(conn, changed, revised)
    tell_of_leavers(conn, school, changed.since)
    over = {key for key, past in changed.past_limit.items() if past}
    answers = {k: changed.codes[k] | ({Code.OVER_LIMIT} if k in over else set()) for k in new}
    return {**answers, **dict(plain)}


def _fold_one(
    changed: Changed, copy: Copy, start: Start, events: list[Event], *, sealable: bool
) -> None:
    told = fold(events, copy, start.holding)
    changed.told[copy.barcode] = told
    changed.codes.update(told.codes)
    kept, state = next_seals(copy, start, events, told)
    if sealable:
        changed.seals += kept
    else:
        state["sealed"] = ""
    changed.holdings.append({**_holding_row(changed.school, copy, told), **state})


def _note_loans(conn: Connection, changed: Changed, begun: Mapping[str, Start]) -> None:
    """Compare the loans with those written: what is new, what differs, what turns out to have been none."""
    late = {barcode: start.to_ms for barcode, start in begun.items() if not start.in_turn}
    before = _loans_beyond(conn, changed.school, late)
    for barcode, told in changed.told.items():
        for span in told.spans:
            row = _loan_row(changed.school, barcode, span)
            was = before.pop(row["opened_by"], None)
            if was is None or any(was[name] != row[name] for name in _LOAN):
                changed.loans.append(row)
                _note_patron(changed, span.patron, span.opened_ms)
            if was is not None and was["patron"] != span.patron:
                _note_patron(changed, was["patron"], span.opened_ms)
    for opened_by, was in before.items():
        changed.vanished.append(opened_by)
        _note_patron(changed, was["patron"], was["opened_ms"])
        key = key_of(opened_by)
        if was["past_limit"] and key:
            changed.past_limit[key] = False


def _note_patron(changed: Changed, patron: str | None, from_ms: int) -> None:
    if patron:
        changed.since[patron] = min(from_ms, changed.since.get(patron, from_ms))


def _loans_beyond(conn: Connection, school: str, late: Mapping[str, int]) -> dict[str, Any]:
    """The loans written of these copies that were opened beyond their seals, by the entries that opened them."""
    if not late:
        return {}
    given = beyond(conn, late)
    names = (loans.c[name] for name in ("opened_by", "past_limit", *_LOAN))
    query = (
        select(*names)
        .select_from(given)
        .outerjoin(
            loans,
            and_(
                loans.c.school == school,
                loans.c.barcode == given.c.name,
                loans.c.opened_ms > given.c.ms,
            ),
        )
    )
    rows = conn.execute(query).mappings().all()
    return {row["opened_by"]: row for row in rows if row["opened_by"]}


def _holding_row(school: str, copy: Copy, told: Folded) -> Row:
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
    }


def _loan_row(school: str, barcode: str, span: Span) -> Row:
    return {
        "school": school,
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
        "claimed_by": str(span.claimed_by) if span.claimed_by else None,
        "claimed_ms": span.claimed_ms,
    }


def _write_loans(conn: Connection, changed: Changed) -> None:
    upsert_many(conn, loans, changed.loans)
    if changed.vanished:
        gone = one_of(conn, loans.c.opened_by, changed.vanished)
        conn.execute(delete(loans).where(loans.c.school == changed.school, gone))


def _write_seals(conn: Connection, changed: Changed) -> None:
    rows = [
        {"school": changed.school, "barcode": s.barcode, "to_ms": s.to_ms, "sealed": s.sealed}
        for s in changed.seals
    ]
    upsert_many(conn, seals, rows)


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
    others = {k for k in changed.past_limit if k not in changed.codes}
    revised += _limits_elsewhere(conn, changed, others)
    return revised


def _limits_elsewhere(conn: Connection, changed: Changed, keys: set[Key]) -> list[Row]:
    """Loans of copies that were not touched, which the patron's other loans have pushed past the limit, or back."""
    if not keys:
        return []
    of = given(
        conn, [k._asdict() for k in sorted(keys)], station=Text, epoch=BigInteger, seq=BigInteger
    )
    same = (outcomes.c[name] == of.c[name] for name in _PLACE)
    query = (
        select(outcomes)
        .select_from(of)
        .outerjoin(outcomes, and_(outcomes.c.school == changed.school, *same))
    )
    rows = []
    for row in conn.execute(query).all():
        if row.station is None:
            continue
        key = Key(row.station, row.epoch, row.seq)
        if row.past_limit != changed.past_limit[key]:
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
