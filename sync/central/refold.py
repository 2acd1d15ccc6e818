"""Fold the copies that entries have touched, and write what has changed: holdings, loans, outcomes, cases, feed.

Called within the transaction that writes the entries, under the school's lock. Everything is read and written set-wise;
a copy's history is read again only as far back as its new entries reach.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, Text, and_, bindparam, delete, select

from sync.central import asking, limits
from sync.central.db import (
    ahead,
    given_in,
    insert_rows,
    is_postgres,
    listed,
    moments_of,
    one_of,
    update_rows,
    upsert_rows,
)
from sync.central.leavers import tell_of_leavers
from sync.central.positions import HELD, next_positions, publish
from sync.central.read import Shelf, Stored, key_of, read_codes
from sync.central.schema import holdings, loans, outcomes, patrons, seals
from sync.central.starts import Seal, Start, next_seals, not_held, starts
from sync.events import Code, Event, Folded, Key, Span, outcome_of
from sync.fold import Copy, fold

Values = tuple[Any, ...]
_PLACE = ("station", "epoch", "seq")
_LOAN = (
    "school", "opened_by", "barcode", "patron", "opened_ms", "due_on", "renewals",
    "closed_by", "closed_ms", "closed_lo", "how", "claimed_by", "claimed_ms",
)  # fmt: skip
_HOLDING = (
    "school", "barcode", "patron", "opened_by", "state", "lendable", "kept_for", "place", "seen_ms",
    "last_entry", "in_doubt", "sealed", "sealed_to_ms", "since_seal",
)  # fmt: skip
_PATRON, _OPENED_MS, _DUE_ON, _CLOSED_MS = (
    _LOAN.index(name) for name in ("patron", "opened_ms", "due_on", "closed_ms")
)
_OUTCOME = ("school", *_PLACE, "outcome", "codes", "past_limit", "revision")
_OVER = frozenset({Code.OVER_LIMIT})
_UNDONE = "undone"
_SEAL = ("school", "barcode", "to_ms", "sealed")


@dataclass(slots=True)
class Changed:
    """What a refold has changed, for those who write it down and tell others.

    lent: the patrons whose loans changed. within: for those of them who had another number of copies at some time,
    from when to when (UTC ms).
    counted: the patrons who have borrowed another number of copies by it.
    """

    school: str
    now_ms: int
    codes: dict[Key, frozenset[Code]] = field(default_factory=dict)
    past_limit: dict[Key, bool] = field(default_factory=dict)
    loans: list[Values] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)
    lent: set[str] = field(default_factory=set)
    within: dict[str, tuple[int, int]] = field(default_factory=dict)
    counted: set[str] = field(default_factory=set)
    holdings: list[Values] = field(default_factory=list)
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
    begun: Mapping[str, Start] | None = None,
    write_first: Callable[[], None] = lambda: None,
) -> dict[Key, frozenset[Code]]:
    """Take new events in, by barcode; what is told of every new entry. `plain`: entries that are on no copy.

    A barcode with no new events is folded anew, because something around it has changed. begun: where each goes on
    from, as `starts` has found it; not asked for again. write_first: writes the entries themselves, while they are
    folded; it may read nothing.
    """
    begun = starts(conn, school, fresh) if begun is None else begun
    folding = {
        barcode: (start, [*start.known, *fresh[barcode]]) for barcode, start in begun.items()
    }
    changed = Changed(school, now_ms)
    new = {e.key for events in fresh.values() for e in events}
    unknown = not_held(conn, school, folding)
    late = {barcode: start.to_ms for barcode, start in begun.items() if not start.in_turn}
    before = _loans_beyond(conn, school, late) | _loans_gone_on_from(school, begun)
    with ahead(conn):
        write_first()
        for barcode, (start, events) in folding.items():
            sealable = not unknown or all(e.after not in unknown for e in events)
            _fold_one(changed, shelf.copies[barcode], start, events, sealable=sealable)
        _note_loans(changed, before, new, late)
        _write_loans(conn, changed)
    told = {s.event.key: s for start in begun.values() for s in start.tail}
    changed.past_limit |= limits.check(conn, school, changed.within)
    revised = _write_outcomes(conn, changed, new, told, plain)
    before_codes = {key: stored.codes for key, stored in told.items()}
    asking.write_cases(conn, school, changed.told, before_codes, now_ms)
    upsert_rows(conn, holdings, _HOLDING, changed.holdings)
    _write_seals(conn, changed)
    _publish(conn, changed, revised)
    tell_of_leavers(conn, school, changed.lent)
    over = {key for key, past in changed.past_limit.items() if past}
    answers = {k: changed.codes[k] | _OVER if k in over else changed.codes[k] for k in new}
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
        state = ("", *state[1:])
    changed.holdings.append((*_holding_row(changed.school, copy, told), *state))


def _note_loans(
    changed: Changed,
    before: dict[str, tuple[Values, bool]],
    new: Collection[Key],
    late: Collection[str],
) -> None:
    """Compare the loans with those written before: what is new, what differs, what turns out to have been none."""
    for barcode, told in changed.told.items():
        for span in told.spans:
            row = _loan_row(changed.school, barcode, span)
            was, was_past = before.pop(row[1], (None, False))
            if was != row:
                changed.loans.append(row)
                _note_time(changed, was, row)
                # A return that comes in its turn changes no count.
                if barcode in late or span.opened_by in new or span.how == _UNDONE:
                    _note_count(changed, span.patron, was[_PATRON] if was else None)
    for opened_by, (row, was_past) in before.items():
        changed.vanished.append(opened_by)
        _note_time(changed, row, None)
        _note_count(changed, row[_PATRON])
        key = key_of(opened_by)
        if was_past and key:
            changed.past_limit[key] = False


def _note_count(changed: Changed, *whose: str | None) -> None:
    changed.counted.update(name for name in whose if name)


def _note_time(changed: Changed, was: Values | None, row: Values | None) -> None:
    """Note when a loan's patron has had another number of copies by it."""
    for one in (was, row):
        if one and one[_PATRON]:
            changed.lent.add(one[_PATRON])
    if was and row and was[_PATRON] == row[_PATRON] and was[_OPENED_MS] == row[_OPENED_MS]:
        ends = sorted((_end(was), _end(row)))
        _note_within(changed, row[_PATRON], *ends)
        return
    for one in (was, row):
        if one:
            # One that was closed as it began is itself among those to be judged.
            _note_within(
                changed, one[_PATRON], one[_OPENED_MS], max(_end(one), one[_OPENED_MS] + 1)
            )


def _end(loan: Values) -> int:
    return limits.NEVER_MS if loan[_CLOSED_MS] is None else int(loan[_CLOSED_MS])


def _note_within(changed: Changed, patron: str | None, from_ms: int, to_ms: int) -> None:
    if patron and from_ms < to_ms:
        first, last = changed.within.get(patron, (from_ms, to_ms))
        changed.within[patron] = (min(first, from_ms), max(last, to_ms))


def _loans_gone_on_from(school: str, begun: Mapping[str, Start]) -> dict[str, tuple[Values, bool]]:
    """The open loans of the copies that are folded on from their states, as they are written."""
    rows = (
        _loan_row(school, barcode, start.holding.loan)
        for barcode, start in begun.items()
        if start.in_turn and start.holding and start.holding.loan
    )
    return {row[1]: (row, False) for row in rows}


def _loans_beyond(
    conn: Connection, school: str, late: Mapping[str, int]
) -> dict[str, tuple[Values, bool]]:
    """The loans written of these copies that were opened beyond their seals, by the entries that opened them.

    Each with whether it lies past the limit.
    """
    if not late:
        return {}
    asked = {"school": school, "late": listed(moments_of(late))}
    found = {}
    for past, *told in conn.execute(_beyond(is_postgres(conn)), asked).all():
        if past is not None:
            told[_DUE_ON] = _day(told[_DUE_ON])
            found[told[1]] = (tuple(told), past)
    return found


@cache
def _beyond(postgres: bool) -> Select[Any]:
    since = given_in(postgres, "late", name=Text, ms=BigInteger)
    later = and_(
        loans.c.school == bindparam("school"),
        loans.c.barcode == since.c.name,
        loans.c.opened_ms > since.c.ms,
    )
    told = (loans.c.past_limit, *(loans.c[name] for name in _LOAN))
    return select(*told).select_from(since.outerjoin(loans, later))


def _day(due_on: date | None) -> str | None:
    return due_on.isoformat() if due_on else None


def _holding_row(school: str, copy: Copy, told: Folded) -> Values:
    now = told.holding
    return (
        school,
        copy.barcode,
        now.loan.patron if now.loan else None,
        str(now.loan.opened_by) if now.loan else None,
        now.state.value,
        now.lendable,
        now.kept_for,
        now.place,
        now.seen_ms,
        str(now.last) if now.last else None,
        now.doubt is not None,
    )


def _loan_row(school: str, barcode: str, span: Span) -> Values:
    return (
        school,
        str(span.opened_by),
        barcode,
        span.patron,
        span.opened_ms,
        _day(span.due_on),
        span.renewals,
        str(span.closed_by) if span.closed_by else None,
        span.closed_ms,
        span.closed_lo,
        span.how,
        str(span.claimed_by) if span.claimed_by else None,
        span.claimed_ms,
    )


def _write_loans(conn: Connection, changed: Changed) -> None:
    upsert_rows(conn, loans, _LOAN, changed.loans)
    if changed.vanished:
        gone = one_of(conn, loans.c.opened_by, changed.vanished)
        conn.execute(delete(loans).where(loans.c.school == changed.school, gone))


def _write_seals(conn: Connection, changed: Changed) -> None:
    rows = [(changed.school, s.barcode, s.to_ms, s.sealed) for s in changed.seals]
    upsert_rows(conn, seals, _SEAL, rows)


def _write_outcomes(
    conn: Connection,
    changed: Changed,
    new: set[Key],
    told: Mapping[Key, Stored],
    plain: Iterable[tuple[Key, frozenset[Code]]],
) -> list[Values]:
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
    insert_rows(conn, outcomes, _OUTCOME, fresh)
    others = {k for k in changed.past_limit if k not in changed.codes}
    revised += _limits_elsewhere(conn, changed, others)
    return revised


def _limits_elsewhere(conn: Connection, changed: Changed, keys: set[Key]) -> list[Values]:
    """Loans of copies that were not touched, which the patron's other loans have pushed past the limit, or back."""
    if not keys:
        return []
    asked = {"school": changed.school, "keys": listed([k._asdict() for k in sorted(keys)])}
    rows = []
    for station, epoch, seq, codes, past, revision in conn.execute(
        _outcomes_of(is_postgres(conn)), asked
    ).all():
        key = Key(station, epoch, seq)
        if station is not None and past != changed.past_limit[key]:
            rows.append(_outcome_row(changed, key, read_codes(codes), revision + 1))
    return rows


@cache
def _outcomes_of(postgres: bool) -> Select[Any]:
    of = given_in(postgres, "keys", station=Text, epoch=BigInteger, seq=BigInteger)
    same = (outcomes.c[name] == of.c[name] for name in _PLACE)
    there = and_(outcomes.c.school == bindparam("school"), *same)
    names = (*_PLACE, "codes", "past_limit", "revision")
    return select(*(outcomes.c[name] for name in names)).select_from(of.outerjoin(outcomes, there))


def _outcome_row(changed: Changed, key: Key, codes: frozenset[Code], revision: int) -> Values:
    past = changed.past_limit.get(key, False)
    return (changed.school, *key, *_told(codes, past), past, revision)


@lru_cache(maxsize=1024)
def _told(codes: frozenset[Code], past: bool) -> tuple[str, str]:
    """The outcome and the codes as they are written down."""
    outcome = outcome_of(codes | _OVER if past else codes)
    return outcome.value, " ".join(sorted(codes))


def _known(conn: Connection, changed: Changed) -> list[str]:
    """Of the counted only patrons of the record: the feed keeps its keys, and a card without a patron is none."""
    mine = (patrons.c.school == changed.school, one_of(conn, patrons.c.id, changed.counted))
    query = select(patrons.c.id).where(*mine).order_by(patrons.c.id)
    return list(conn.execute(query).scalars()) if changed.counted else []


def _publish(conn: Connection, changed: Changed, revised: list[Values]) -> None:
    """Give positions to what stations must hear: copies and loans touched, whose count is another, outcomes revised."""
    counted = [("patron", name) for name in _known(conn, changed)]
    publish(conn, changed.school, [*((HELD, b) for b in changed.told), *counted])
    if revised:
        at = next_positions(conn, changed.school, len(revised))
        told = [(*row, n) for n, row in enumerate(revised, at)]
        update_rows(conn, outcomes, (*_OUTCOME, "position"), told)


def by_copy(events: Iterable[tuple[str, Event]]) -> dict[str, list[Event]]:
    """Gather events under their copies' barcodes."""
    gathered: dict[str, list[Event]] = defaultdict(list)
    for barcode, event in events:
        gathered[barcode].append(event)
    return dict(gathered)
