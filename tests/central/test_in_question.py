"""While a case leaves open whose loan it is, nobody is held to its date: at the counter, and at stations."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from kiosk.domain import Reason
from sync.central.db import insert_many
from sync.central.schema import cards, cases
from sync.central.verify import faults
from tests.central.counter import DAY, MINUTE, desk, fed, open_counter
from tests.central.fleet import SCHOOL, Pen, enrol, push

LATE = 20 * DAY
TILL = "2026-12-09"


@pytest.fixture
def stations(db) -> list[Pen]:
    open_counter(db)
    for name in ("s1", "s2"):
        enrol(db, name)
    return [Pen("s1"), Pen("s2")]


def refused(db, patron: str, at: int) -> Reason | None:
    """Why the counter would not lend this patron another book."""
    (told,) = desk(db, "scan", patron, "20002", at=at)
    if told.verdict.allowed:
        desk(db, "checkin", "20002", at=at + 1)
        return None
    return told.verdict.reason


def asked(db) -> str:
    with db.read() as conn:
        return conn.execute(select(cases.c.id).where(cases.c.is_open)).scalar_one()


def test_an_overdue_loan_blocks_nobody_while_its_order_is_open(db, stations):
    s1, s2 = stations
    s1.checkout("20001", "ming", at=0, due_on=TILL)
    push(db, s1)
    assert (refused(db, "ming", LATE), fed(db)["loan", "20001"]["due_on"]) == (Reason.OVERDUE, TILL)
    s2.checkout("20001", "hua", at=MINUTE, due_on=TILL)
    push(db, s2)
    for patron in ("ming", "hua"):
        assert refused(db, patron, LATE + MINUTE) is None
    assert fed(db)["loan", "20001"]["due_on"] is None
    desk(db, "settle", asked(db), "stays s1:1:1", at=LATE + 2 * MINUTE)
    assert (refused(db, "ming", LATE + 3 * MINUTE), refused(db, "hua", LATE + 4 * MINUTE)) == (
        Reason.OVERDUE,
        None,
    )
    assert fed(db)["loan", "20001"]["due_on"] == TILL
    assert list(faults(db)) == []


def test_a_loan_with_a_stolen_card_blocks_its_owner_only_once_it_is_settled(db, stations):
    s1, _ = stations
    with db.begin(SCHOOL) as conn:
        row = {"school": SCHOOL, "number": "c-ming", "patron_id": "ming", "state": "active"}
        insert_many(conn, cards, [row])
    desk(db, "card_state", "c-ming", "stolen", at=-DAY)
    s1.checkout("20001", "ming", at=0, due_on=TILL, card="c-ming")
    push(db, s1)
    assert refused(db, "ming", LATE) is None
    assert fed(db)["loan", "20001"]["due_on"] is None
    desk(db, "settle", asked(db), "stays s1:1:1", at=LATE + MINUTE)
    assert date.fromisoformat(fed(db)["loan", "20001"]["due_on"]) == date(2026, 12, 9)
    assert refused(db, "ming", LATE + 2 * MINUTE) is Reason.OVERDUE
