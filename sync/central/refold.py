"""Fold the copies that entries have touched, and write what has changed: holdings, loans, outcomes, cases, feed.

Called within the transaction that writes the entries, under the school's lock. Everything is read and written set-wise;
a copy's history is read again only as far back as its new entries reach.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, Text, and_, bindparam, select

from sync.central import asking, leavers, lent, limits
from sync.central.db import (
    ahead,
    given_in,
    insert_rows,
    is_postgres,
    listed,
    update_rows,
    upsert_rows,
)
from sync.central.positions import HELD, next_positions, publish_at
from sync.central.read import Shelf, Stored, read_codes
from sync.central.schema import holdings, outcomes, seals
from sync.central.starts import Seal, Start, next_seals, not_held, starts
from sync.events import Code, Event, Folded, Key, outcome_of
from sync.fold import Copy, fold
from sync.standing import named

Values = tuple[Any, ...]
_PLACE = ("station", "epoch", "seq")
_HOLDING = (
    "school", "barcode", "patron", "opened_by", "state", "lendable", "kept_for", "place", "seen_ms",
    "last_entry", "in_doubt", "sealed", "sealed_to_ms", "since_seal",
)  # fmt: skip
_OUTCOME = ("school", *_PLACE, "outcome", "codes", "past_limit", "revision")
_OVER = frozenset({Code.OVER_LIMIT})
_SEAL = ("school", "barcode", "to_ms", "sealed")


@dataclass(slots=True)
class Changed:
    """What a refold has changed, for those who write it down and tell others."""

    school: str
    now_ms: int
    codes: dict[Key, frozenset[Code]] = field(default_factory=dict)
    past_limit: dict[Key, bool] = field(default_factory=dict)
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
    before = lent.before(conn, school, begun)
    with ahead(conn):
        write_first()
        for barcode, (start, events) in folding.items():
            sealable = not unknown or all(e.after not in unknown for e in events)
            _fold_one(changed, shelf.copies[barcode], start, events, sealable=sealable)
        lending = lent.compare(school, changed.told, before, begun)
        lent.write(conn, school, lending)
    told = {s.event.key: s for start in begun.values() for s in start.tail}
    people = limits.patrons_named(conn, school, lending.patrons | lending.counted)
    passed = limits.check(conn, school, lending.within, people)
    passed = dict.fromkeys(lending.past_no_more, False) | passed
    changed.past_limit = dict(passed)
    revised = _revised(conn, changed, new, told)
    before_codes = {key: stored.codes for key, stored in told.items()}
    asked = asking.compare(conn, school, changed.told, before_codes, now_ms)
    keys = _changed_keys(conn, changed, lending, people)
    count = len(keys) + len(revised)
    at = next_positions(conn, school, count) if count else 0
    with ahead(conn):
        limits.write(conn, school, passed)
        fresh_codes = [*plain, *((key, changed.codes[key]) for key in new)]
        _write_outcomes(conn, changed, fresh_codes, revised, at + len(keys))
        asking.write(conn, school, asked, now_ms)
        upsert_rows(conn, holdings, _HOLDING, changed.holdings)
        _write_seals(conn, changed)
        publish_at(conn, school, keys, at)
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


def _holding_row(school: str, copy: Copy, told: Folded) -> Values:
    now = told.holding
    return (
        school,
        copy.barcode,
        named(now.loan.patron) if now.loan else None,
        str(now.loan.opened_by) if now.loan else None,
        now.state.value,
        now.lendable,
        now.kept_for,
        now.place,
        now.seen_ms,
        str(now.last) if now.last else None,
        now.doubt is not None,
    )


def _write_seals(conn: Connection, changed: Changed) -> None:
    rows = [(changed.school, s.barcode, s.to_ms, s.sealed) for s in changed.seals]
    upsert_rows(conn, seals, _SEAL, rows)


def _revised(
    conn: Connection, changed: Changed, new: Collection[Key], told: Mapping[Key, Stored]
) -> list[Values]:
    """What is told of older entries and has changed; still without a position."""
    revised = []
    for key, codes in changed.codes.items():
        if key in new:
            continue
        was = told[key]
        past = changed.past_limit.get(key, was.past_limit)
        if codes != was.codes or past != was.past_limit:
            changed.past_limit[key] = past
            revised.append(_outcome_row(changed, key, codes, was.revision + 1))
    others = {k for k in changed.past_limit if k not in changed.codes}
    return revised + _limits_elsewhere(conn, changed, others)


def _write_outcomes(
    conn: Connection,
    changed: Changed,
    fresh: Iterable[tuple[Key, frozenset[Code]]],
    revised: list[Values],
    at: int,
) -> None:
    """Insert what is told of new entries; revise the others, which stations hear of in the order from `at` on."""
    rows = [_outcome_row(changed, key, codes, 1) for key, codes in fresh]
    insert_rows(conn, outcomes, _OUTCOME, rows)
    told = [(*row, n) for n, row in enumerate(revised, at)]
    update_rows(conn, outcomes, (*_OUTCOME, "position"), told)


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


def _changed_keys(
    conn: Connection, changed: Changed, lending: lent.Lending, people: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """What stations must hear of: copies touched, patrons counted anew, and those who have left and returned something.

    Of the counted only patrons of the record: a card without a patron is none.
    """
    rows = sorted((name, row.gone_ms) for name, row in people.items())
    left = [name for name, gone_ms in rows if gone_ms is not None and name in lending.patrons]
    counted = [("patron", name) for name, _ in rows if name in lending.counted]
    held = ((HELD, barcode) for barcode in changed.told)
    return list(dict.fromkeys([*held, *counted, *leavers.told_of(conn, changed.school, left)]))


def by_copy(events: Iterable[tuple[str, Event]]) -> dict[str, list[Event]]:
    """Gather events under their copies' barcodes."""
    gathered: dict[str, list[Event]] = defaultdict(list)
    for barcode, event in events:
        gathered[barcode].append(event)
    return dict(gathered)
