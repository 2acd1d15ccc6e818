"""What staff decided, and what others were told, once somebody whom it concerned is erased."""

from __future__ import annotations

from typing import Any

from sync.central.db import Database
from sync.central.desk import Desk
from sync.central.verify import faults
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, push, told
from tests.sync.story import NOON

HOUR = 3_600_000
DAY = 24 * HOUR


def act(db: Database, name: str, *said: str, at: int) -> Any:
    with db.begin(SCHOOL) as conn:
        return getattr(Desk(conn, SCHOOL, "li", NOON + at), name)(*said)


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
