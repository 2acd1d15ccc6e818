""" "I returned it": noted, excused from being overdue here and at stations, settled in three ways, taken back."""

from __future__ import annotations

from datetime import date

import pytest

from kiosk.domain import Act, Reason
from sync.central import claims
from sync.central.db import CentralError
from sync.central.schema import holdings
from sync.central.verify import faults
from tests.central.counter import DAY, HOUR, MINUTE, desk, fed, lent, loan, open_counter, written
from tests.central.fleet import SCHOOL, Pen, enrol, push
from tests.sync.story import NOON

LATE = 20 * DAY


@pytest.fixture(autouse=True)
def school(db):
    open_counter(db)
    desk(db, "scan", "ming", "20001")
    yield
    assert list(faults(db)) == []


def claimed(db) -> list[claims.Claim]:
    with db.read() as conn:
        return claims.open_claims(conn, SCHOOL)[0]


def test_a_claim_is_an_entry_and_a_loan_with_one_is_never_overdue(db):
    (before,) = desk(db, "scan", "ming", "20002", at=LATE)
    assert before.verdict.reason is Reason.OVERDUE
    assert fed(db)["loan", "20001"]["due_on"] == "2026-12-09"
    desk(db, "claim", "20001", at=LATE)
    entry = written(db)[-1]
    assert (entry.act, entry.value, entry.staff, entry.copy) == (
        Act.CLAIM, "returned", "wang", "20001",
    )  # fmt: skip
    # Stations hold nobody to a date meanwhile, either.
    assert fed(db)["loan", "20001"]["due_on"] is None
    (after,) = desk(db, "scan", "ming", "20002", at=LATE + MINUTE)
    assert after.verdict.allowed
    assert lent(db) == {"20001": "ming", "20002": "ming"}
    (one,) = claimed(db)
    assert (one.barcode, one.name, one.claimed_ms) == ("20001", "ming", NOON + LATE)
    with pytest.raises(CentralError, match="claimed already"):
        desk(db, "claim", "20001", at=LATE)
    with pytest.raises(CentralError, match="not on loan"):
        desk(db, "claim", "20009", at=LATE)


def test_a_copy_found_on_its_shelf_was_back_when_its_patron_said_so(db):
    desk(db, "claim", "20001", at=5 * DAY)
    key = desk(db, "found", "20001", at=LATE)
    was = loan(db, "20001")
    assert (was.closed_ms, was.how, was.closed_by) == (NOON + 5 * DAY, "returned", key)
    assert (lent(db), claimed(db)) == ({}, [])
    desk(db, "undo", key, at=LATE + MINUTE)
    (again,) = claimed(db)
    assert (lent(db), again.claimed_ms) == ({"20001": "ming"}, NOON + 5 * DAY)


def test_a_claim_that_is_refused_leaves_the_loan_as_it_was(db):
    desk(db, "claim", "20001", at=5 * DAY)
    key = desk(db, "refuse", "20001", at=6 * DAY)
    assert (claimed(db), loan(db, "20001").due_on) == ([], date(2026, 12, 9))
    assert fed(db)["loan", "20001"]["due_on"] == "2026-12-09"
    (late,) = desk(db, "scan", "ming", "20002", at=LATE)
    assert late.verdict.reason is Reason.OVERDUE
    desk(db, "undo", key, at=LATE + MINUTE)
    (again,) = claimed(db)
    assert again.claimed_ms == NOON + 5 * DAY


def test_a_claim_taken_back_was_none(db):
    key = desk(db, "claim", "20001", at=HOUR)
    desk(db, "undo", key, at=2 * HOUR)
    assert claimed(db) == []
    with pytest.raises(CentralError, match="nobody says"):
        desk(db, "refuse", "20001", at=3 * HOUR)


def test_a_lost_copy_ends_the_loan_and_can_be_taken_back(db):
    desk(db, "claim", "20001", at=5 * DAY)
    key = desk(db, "lost", "20001", at=LATE)
    assert (lent(db), claimed(db), state(db)) == ({}, [], "lost")
    desk(db, "undo", key, at=LATE + MINUTE)
    assert (lent(db), len(claimed(db)), state(db)) == ({"20001": "ming"}, 1, "on_shelf")


def state(db) -> str:
    with db.read() as conn:
        return conn.execute(holdings.select().where(holdings.c.barcode == "20001")).one().state


def test_whatever_order_entries_come_in_a_claim_means_the_same(db):
    """A return at a station that is heard of late ends a loan that was claimed meanwhile."""
    s1 = Pen("s1")
    enrol(db, "s1")
    s1.checkin("20001", at=DAY)
    desk(db, "claim", "20001", at=5 * DAY)
    push(db, s1, now=NOON + 6 * DAY)
    assert (lent(db), claimed(db)) == ({}, [])
    assert loan(db, "20001").closed_ms == NOON + DAY
