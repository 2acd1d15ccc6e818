"""What staff decided, and what others were told, once somebody whom it concerned is erased."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from kiosk.domain import Act
from sync.central import snapshot
from sync.central.db import Database
from sync.central.desk import Desk
from sync.central.schema import cases, chunks, loans, outcomes, snapshots
from sync.central.verify import faults
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, push, told
from tests.sync.story import NOON

HOUR = 3_600_000
DAY = 24 * HOUR


def act(db: Database, name: str, *said: str, at: int) -> Any:
    with db.begin(SCHOOL) as conn:
        return getattr(Desk(conn, SCHOOL, "li", NOON + at), name)(*said)


def story(db: Database) -> dict[str, list[Any]]:
    """What the stations' entries came to, but for whom it concerns."""
    asked = {
        "told": select(outcomes.c.station, outcomes.c.seq, outcomes.c.codes).where(
            outcomes.c.station != "desk"
        ),
        "loans": select(loans.c.opened_by, loans.c.closed_by, loans.c.how, loans.c.due_on),
        "cases": select(cases.c.id, cases.c.is_open, cases.c.reopened, cases.c.settled_by),
    }
    with db.read() as conn:
        return {name: sorted(map(tuple, conn.execute(query))) for name, query in asked.items()}


def begun(db: Database) -> Pen:
    found_school(db, barcodes=("20001", "20002"), people=("ming", "hua"))
    enrol(db, "s1")
    return Pen("s1")


def test_nobody_has_passed_over_whoever_was_erased(db):
    pen = begun(db)
    hold = act(db, "place_hold", "t1", "ming", at=0)
    lent = pen.checkout("20001", "hua", at=HOUR, as_of_ms=NOON - HOUR)
    push(db, pen, now=NOON + 2 * HOUR)
    act(db, "end_hold", hold, at=3 * HOUR)
    assert told(db, lent) == {"hold_bypassed"}
    act(db, "erase", "ming", at=4 * HOUR)
    assert told(db, lent) == set()
    assert list(faults(db)) == []


def test_a_snapshot_that_was_being_built_meanwhile_is_not_kept(db):
    begun(db)
    with db.read() as conn:
        made, packed = snapshot.build(conn, SCHOOL)
    act(db, "erase", "ming", at=0)
    with db.begin(SCHOOL) as conn:
        assert not snapshot.keep(conn, SCHOOL, made, packed)
        assert [conn.execute(select(table)).all() for table in (snapshots, chunks)] == [[], []]
    fresh = snapshot.manifest(db, SCHOOL)
    assert fresh.position > made.position
    assert {c.hash for c in made.chunks if c.kind == "patron"} & {
        c.hash for c in fresh.chunks
    } == set()
    assert snapshot.manifest(db, SCHOOL) == fresh


def test_what_staff_settled_about_a_stolen_card_stays_settled(db):
    pen = begun(db)
    act(db, "issue_card", "ming", "77", at=-2 * DAY)
    act(db, "card_state", "77", "stolen", at=-DAY)
    lent = pen.checkout("20001", "ming", at=0, card="77")
    push(db, pen, now=NOON + HOUR)
    with db.read() as conn:
        case = conn.execute(select(cases.c.id)).scalar_one()
    act(db, "settle", case, "returned", at=2 * HOUR)
    act(db, "erase", "ming", at=3 * HOUR)
    # A late entry has the copy folded from its beginning.
    late = Pen("s2")
    enrol(db, "s2")
    late.checkin("20001", at=-HOUR)
    push(db, late, now=NOON + 4 * HOUR)
    with db.read() as conn:
        row = conn.execute(select(loans)).one()
        still = conn.execute(select(cases.c.is_open, cases.c.reopened)).one()
    assert (row.patron, row.how, tuple(still)) == (None, "settled", (False, False))
    assert told(db, lent) == {"card_stolen"}
    assert list(faults(db)) == []


@pytest.mark.parametrize("choice", ["returned", "stays s1:1:1"])
@pytest.mark.parametrize("other", ["hua", None])
def test_an_order_that_staff_have_settled_stays_so_when_all_whom_it_concerns_are_erased(
    db, choice, other
):
    s1, s2 = begun(db), Pen("s2")
    enrol(db, "s2")
    s1.checkout("20001", "ming", at=0)
    # Nobody knows whether that was before or after.
    if other:
        s2.checkout("20001", other, at=60_000)
    else:
        s2.checkin("20001", at=60_000)
    push(db, s1, now=NOON + HOUR)
    push(db, s2, now=NOON + HOUR)
    with db.read() as conn:
        case = conn.execute(select(cases.c.id).where(cases.c.is_open)).scalar_one()
    act(db, "settle", case, choice, at=2 * HOUR)
    s1.checkin("20001", at=DAY)
    push(db, s1, 2, now=NOON + 2 * DAY)
    before = story(db)
    for who in ("ming", "hua"):
        act(db, "erase", who, at=3 * DAY)
    assert story(db) == before
    with db.read() as conn:
        assert set(conn.execute(select(loans.c.patron)).scalars()) == {None}
        assert "somebody" not in conn.execute(select(cases.c.patrons)).scalar_one()
    assert list(faults(db)) == []


def test_what_one_reader_did_twice_or_to_anothers_loan_is_still_known_as_that(db):
    pen = begun(db)
    pen.checkout("20001", "ming", at=0)
    pen.checkout("20001", "ming", at=60_000)
    pen.write(Act.RENEWAL, "20001", "hua", at=HOUR, due_on="2026-12-30", days=14, renewals=1)
    pen.checkin("20001", at=2 * HOUR)
    push(db, pen, now=NOON + DAY)
    before = story(db)
    assert {"repeat_scan", "renew_not_holder"} <= {codes for _, _, codes in before["told"]}
    for who in ("ming", "hua"):
        act(db, "erase", who, at=3 * DAY)
    assert story(db) == before
    assert list(faults(db)) == []
