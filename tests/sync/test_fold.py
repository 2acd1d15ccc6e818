"""What holds of every history: the set decides, a loan ends once, a seal changes nothing, causes come first."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.domain import Act
from sync.events import Event, Key, Outcome, outcome_of
from sync.fold import fold
from sync.seals import fits_seal, seal_after
from sync.timeline import in_order
from tests.soak import often
from tests.sync.story import BOOK, DAY, MINUTE, NOON

PATRONS = st.sampled_from(["ming", "hua", "lan", None])
ACTS = st.sampled_from([Act.CHECKOUT, Act.CHECKIN, Act.RENEWAL, Act.USE])


@st.composite
def histories(draw, stations=("s1", "s2", "s3"), most=14):
    """Entries of several stations, each chain in order, some naming what another station had done."""
    events: list[Event] = []
    for number in range(draw(st.integers(0, most))):
        station = draw(st.sampled_from(stations))
        mine = [e for e in events if e.key.station == station]
        earliest = mine[-1].lo if mine else NOON
        wide = draw(st.sampled_from([0, MINUTE, 60 * MINUTE, DAY]))
        est = earliest + wide + draw(st.integers(0, 3 * DAY))
        after = draw(st.none() | st.sampled_from([e.key for e in events])) if events else None
        act = draw(ACTS)
        undoes = draw(st.none() | st.sampled_from([e.key for e in events])) if events else None
        events.append(
            Event(
                key=Key(station, 1, len(mine) + 1),
                act=act,
                allowed=draw(st.integers(0, 9)) > 0,
                lo=est - wide,
                est=est,
                hi=est + wide,
                wall_ms=est,
                label=BOOK.barcode,
                patron=None if act is Act.CHECKIN else draw(PATRONS) or f"p{number}",
                days=14,
                after=after,
                undoes=undoes if act in (Act.CHECKIN, Act.RENEWAL) else None,
            )
        )
    return events


@given(histories(), st.randoms(use_true_random=False))
def test_the_set_of_entries_decides_not_their_arrival(events, chance):
    shuffled = list(events)
    chance.shuffle(shuffled)
    assert fold(shuffled, BOOK) == fold(events, BOOK)


@given(histories())
def test_a_loan_begins_once_ends_at_most_once_and_one_is_open_at_most(events):
    told = fold(events, BOOK)
    assert len({s.opened_by for s in told.spans}) == len(told.spans)
    still = [s for s in told.spans if s.closed_by is None]
    assert still == ([told.holding.loan] if told.holding.loan else [])
    lent = [e.key for e in events if e.act is Act.CHECKOUT and e.allowed]
    repeats = {k for k, codes in told.codes.items() if "repeat_scan" in codes}
    assert {s.opened_by for s in told.spans} == set(lent) - repeats


@given(histories())
def test_every_entry_has_one_outcome_and_every_conflict_a_case(events):
    told = fold(events, BOOK)
    assert set(told.codes) == {e.key for e in events}
    asked = {key for case in told.cases for key in case.keys}
    for key, codes in told.codes.items():
        if outcome_of(codes) is Outcome.CONFLICT:
            assert key in asked


@given(histories())
def test_no_entry_stands_before_what_its_station_knew(events):
    order = [e.key for e in in_order(events)]
    at = {key: place for place, key in enumerate(order)}
    for event in events:
        if event.after and event.after.station != event.key.station:
            assert at[event.after] < at[event.key]
        if event.key.seq > 1:
            assert at[event.key._replace(seq=event.key.seq - 1)] < at[event.key]


@given(st.integers(0, 2**32))
def test_forged_circles_of_causes_bind_nobody(seed):
    chance = random.Random(seed)
    keys = [Key(f"s{n}", 1, 1) for n in range(6)]
    events = [
        Event(k, Act.CHECKIN, True, NOON, NOON, NOON, NOON, BOOK.barcode, after=chance.choice(keys))
        for k in keys
    ]
    assert sorted(e.key for e in in_order(events)) == keys
    assert in_order(events) == in_order(events[::-1])


@settings(max_examples=often(120, 2_000))
@given(histories(most=30))
def test_folding_on_from_a_seal_equals_folding_everything(events):
    whole = fold(events, BOOK)
    ordered = in_order(events)
    at = seal_after(ordered, keep=2)
    first = fold(ordered[:at], BOOK)
    if first.holding.doubt:
        return
    rest = fold(ordered[at:], BOOK, first.holding)
    assert rest.holding == whole.holding
    assert {**first.codes, **rest.codes} == whole.codes
    spans = {s.opened_by: s for s in (*first.spans, *rest.spans)}
    assert spans == {s.opened_by: s for s in whole.spans}
    sealed_to = max((max(e.est, e.hi) for e in ordered[:at]), default=0)
    assert all(fits_seal(e, sealed_to) for e in ordered[at:])
