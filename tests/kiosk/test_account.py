"""What a patron's account offers is what the desk then does."""

from __future__ import annotations

from datetime import datetime

from kiosk.domain import Reason
from tests.kiosk.school import CITY, DREAM, SEA, XIAOMAN, ZONE, School

LATER = datetime(2026, 12, 2, 11, 45, tzinfo=ZONE)


def test_a_renewal_is_offered_only_where_the_desk_would_renew(school: School) -> None:
    me = school.who("p1", XIAOMAN)
    for barcode in (CITY, SEA, DREAM):
        assert school.desk.checkout(me, barcode, school.now).verdict.allowed
    # One waits for 城南旧事, of which there is no other copy; one for 海底两万里, of which another is free.
    school.hold("t1", "p2")
    school.hold("t2", "p2")
    school.clock.set(LATER)
    account = school.desk.account("p1", school.now)
    offered = {
        loan.barcode: verdict.reason
        for (loan, _), verdict in zip(account.out, account.renewals, strict=True)
    }
    assert offered == {CITY: Reason.ON_HOLD, SEA: Reason.OK, DREAM: Reason.OK}
    for barcode, reason in offered.items():
        assert school.desk.renew(me, barcode, school.now).verdict.reason is reason


def test_who_may_borrow_nothing_is_not_told_how_many_more(school: School) -> None:
    assert school.desk.account("p6", school.now).more is None
    assert school.desk.account("p1", school.now).more == 3
    school.desk.checkout(school.who("p1", XIAOMAN), CITY, school.now)
    school.clock.set(datetime(2026, 12, 20, 11, 45, tzinfo=ZONE))
    assert school.desk.account("p1", school.now).more is None
