"""A label goes from copy to copy: what is done with it counts for the one that bore it then."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from kiosk.domain import Act
from sync.central.cataloguing import add_copies
from sync.central.desk import Desk
from sync.central.schema import holdings, loans, seals
from sync.central.verify import faults
from tests.central.fleet import (
    SCHOOL,
    Pen,
    enrol,
    found_school,
    holder,
    open_cases,
    push,
    told,
)
from tests.sync.story import NOON

HOUR = 3_600_000
DAY = 24 * HOUR


@pytest.fixture
def stations(db):
    found_school(db, barcodes=("A", "C"), people=("ming", "hua", "li"))
    pens = Pen("s1"), Pen("s2")
    for pen in pens:
        enrol(db, pen.station)
    yield pens
    assert list(faults(db)) == []


def relabel(db, old: str, new: str, *, at: int) -> None:
    with db.begin(SCHOOL) as conn:
        Desk(conn, SCHOOL, "wang", NOON + at).replace_barcode(old, new)


def sent(db, pen: Pen, *, at: int) -> None:
    push(db, pen, len(pen.wires), now=NOON + at)


def out(db) -> list[tuple[str, str | None]]:
    with db.read() as conn:
        rows = conn.execute(select(loans).where(loans.c.closed_ms.is_(None)))
        return sorted((row.barcode, row.patron) for row in rows)


def renew(pen: Pen, copy: str, patron: str, *, at: int) -> None:
    again: dict[str, Any] = {"due_on": "2026-12-30", "days": 14, "renewals": 1}
    pen.write(Act.RENEWAL, copy, patron, at=at, **again)


def test_a_late_entry_on_a_copy_begins_at_no_seal_of_the_one_that_bore_its_label(db, stations):
    s1, s2 = stations
    for turn in range(3):
        s1.checkout("A", "li", at=2 * turn * DAY)
        sent(db, s1, at=2 * turn * DAY)
        s1.checkin("A", at=(2 * turn + 1) * DAY)
        sent(db, s1, at=(2 * turn + 1) * DAY)
    s1.checkout("A", "ming", at=6 * DAY)
    sent(db, s1, at=6 * DAY)
    for day in (7, 8):
        renew(s1, "A", "ming", at=day * DAY)
        sent(db, s1, at=day * DAY)
    s1.checkout("C", "hua", at=9 * DAY)
    sent(db, s1, at=9 * DAY)
    renew(s1, "C", "hua", at=9 * DAY + 20 * HOUR)
    sent(db, s1, at=10 * DAY)
    with db.read() as conn:
        assert "A" in conn.execute(select(seals.c.barcode)).scalars().all()
    relabel(db, "A", "B", at=10 * DAY)
    relabel(db, "C", "A", at=11 * DAY)
    renew(s2, "C", "hua", at=9 * DAY + 12 * HOUR)
    sent(db, s2, at=12 * DAY)
    assert out(db) == [("A", "hua"), ("B", "ming")]


def test_a_label_that_was_scanned_before_it_is_put_on_takes_that_along(db, stations):
    s1, s2 = stations
    s1.checkout("A", "ming", at=0)
    push(db, s1)
    s2.checkin("B", at=HOUR)
    push(db, s2)
    relabel(db, "A", "B", at=DAY)
    assert out(db) == []
    assert open_cases(db) == []


def test_a_copy_that_gets_its_old_label_back_bears_it_alone(db, stations):
    s1, _ = stations
    relabel(db, "A", "B", at=0)
    relabel(db, "B", "A", at=HOUR)
    lent = s1.checkout("A", "ming", at=DAY)
    push(db, s1)
    assert told(db, lent) == set()
    assert out(db) == [("A", "ming")]


def test_staff_mean_the_copy_that_bears_the_label_now(db, stations):
    relabel(db, "A", "B", at=0)
    relabel(db, "C", "A", at=HOUR)
    with db.begin(SCHOOL) as conn:
        Desk(conn, SCHOOL, "wang", NOON + DAY).copy_state("A", "lost")
    with db.read() as conn:
        state = dict(conn.execute(select(holdings.c.barcode, holdings.c.state)).all())
    assert state == {"A": "lost", "B": "on_shelf"}


def test_a_new_copy_with_an_old_label_is_lent_where_it_is_known_and_a_case_elsewhere(db, stations):
    s1, s2 = stations
    relabel(db, "A", "B", at=0)
    with db.begin(SCHOOL) as conn:
        add_copies(Desk(conn, SCHOOL, "wang", NOON + HOUR), "t1", ["A"], {"copy_type": "book"})
    lent = s1.checkout("A", "ming", at=2 * HOUR, as_of_ms=NOON + HOUR)
    push(db, s1)
    assert told(db, lent) == set()
    assert holder(db, "A") == "ming"
    other = s2.checkout("A", "hua", at=3 * HOUR, as_of_ms=NOON)
    push(db, s2)
    assert told(db, other) == {"barcode_ambiguous"}
    assert out(db) == [("A", "ming"), ("B", "hua")]
    assert [code for code, _ in open_cases(db)] == ["barcode_ambiguous"]
