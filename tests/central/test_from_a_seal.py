"""Folded on from a seal, a copy ends as it does when everything is folded from the beginning."""

from __future__ import annotations

from sqlalchemy import select

from kiosk.domain import Act
from sync.central.schema import loans, seals
from sync.central.verify import faults
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, push
from tests.sync.story import NOON

HOUR = 3_600_000
DAY = 24 * HOUR
NOW = NOON + 20 * DAY


def still_out(db) -> list[tuple[str, str]]:
    with db.read() as conn:
        mine = select(loans).where(loans.c.school == SCHOOL, loans.c.closed_ms.is_(None))
        return [(row.opened_by, row.patron) for row in conn.execute(mine)]


def test_a_loan_that_a_sealed_return_had_ended_is_ended_again_when_nothing_lengthens_it(db):
    found_school(db, barcodes=("20001",), people=("ming", "hua", "li"))
    s1, s2 = Pen("s1"), Pen("s2")
    enrol(db, "s1")
    enrol(db, "s2")

    def sent(pen: Pen) -> None:
        push(db, pen, len(pen.wires), now=NOW)

    for turn in range(3):
        s1.checkout("20001", "li", at=2 * turn * DAY)
        sent(s1)
        s1.checkin("20001", at=(2 * turn + 1) * DAY)
        sent(s1)
    s1.write(Act.USE, "20001", at=6 * DAY)
    sent(s1)
    lent = s1.checkout("20001", "ming", at=8 * DAY)
    sent(s1)
    back = s1.checkin("20001", at=9 * DAY)
    sent(s1)
    again = {"due_on": "2026-12-30", "days": 14, "renewals": 1, "undoes": back}
    s1.write(Act.RENEWAL, "20001", "ming", at=9 * DAY + 2 * HOUR, **again)
    sent(s1)
    with db.read() as conn:
        assert max(row.to_ms for row in conn.execute(select(seals))) >= NOON + 9 * DAY
    assert still_out(db) == [(str(lent), "ming")]
    # Late, and between the return and what had made a renewal of it.
    late = s2.checkout("20001", "hua", at=9 * DAY + HOUR)
    sent(s2)
    assert still_out(db) == [(str(late), "hua")]
    assert list(faults(db)) == []
