"""At the counter: what is scanned decides, rules hold and may be set aside with a reason, everything is an entry."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import update

from kiosk.domain import Act, Note, Reason
from sync.central.counter import Override
from sync.central.db import CentralError
from sync.central.schema import patrons
from sync.central.verify import faults
from tests.central.counter import DAY, HOUR, MINUTE, desk, kept, lent, loan, open_counter, written
from tests.central.fleet import SCHOOL, Pen, enrol, open_cases, push, told

EVENING = 7 * HOUR
WHY = Override("家长来取，明天要用")


@pytest.fixture(autouse=True)
def school(db):
    open_counter(db)
    yield
    assert list(faults(db)) == []


def test_a_copy_from_the_shelf_is_lent_by_the_rules_that_hold_at_stations(db):
    (told_,) = desk(db, "scan", "ming", "20001")
    assert (told_.act, told_.verdict.allowed) == (Act.CHECKOUT, True)
    assert told_.verdict.due_on == date(2026, 12, 9)
    assert len(told_.proof) == 6
    (entry,) = written(db)
    assert (entry.act, entry.copy, entry.due_on, entry.days, entry.staff) == (
        Act.CHECKOUT, "20001", "2026-12-09", 14, "wang",
    )  # fmt: skip
    assert lent(db) == {"20001": "ming"}


def test_a_copy_read_twice_by_the_scanner_is_lent_once(db):
    desk(db, "scan", "ming", "20001")
    assert desk(db, "scan", "ming", "20001", at=2_000) == []
    assert lent(db) == {"20001": "ming"}
    (again,) = desk(db, "scan", "ming", "20001", at=MINUTE)
    assert (again.verdict.allowed, again.verdict.reason) == (False, Reason.ALREADY_YOURS)
    assert lent(db) == {"20001": "ming"}


def test_a_copy_from_home_is_taken_back(db):
    desk(db, "scan", "ming", "20001")
    (back,) = desk(db, "scan", "ming", "20001", at=DAY)
    assert (back.act, back.verdict.allowed, lent(db)) == (Act.CHECKIN, True, {})


def test_a_copy_of_somebody_else_is_taken_back_first_and_lent_when_it_is_scanned_again(db):
    s1 = Pen("s1")
    enrol(db, "s1")
    s1.checkout("20001", "hua", at=-DAY)
    push(db, s1, now=told_at(0))
    (back,) = desk(db, "scan", "ming", "20001")
    assert (back.act, back.loan.patron_id, lent(db)) == (Act.CHECKIN, "hua", {})
    desk(db, "scan", "ming", "20001", at=4_000)
    assert lent(db) == {"20001": "ming"}
    first, then = desk(db, "checkout", "lan", "20001", at=MINUTE)
    assert (first.act, then.act, lent(db)) == (Act.CHECKIN, Act.CHECKOUT, {"20001": "lan"})


def told_at(at: int) -> int:
    from tests.sync.story import NOON

    return NOON + at


def test_a_refusal_is_an_entry_and_lends_nothing(db):
    (refused,) = desk(db, "scan", "ming", "20009")
    assert (refused.verdict.allowed, refused.verdict.reason) == (False, Reason.IN_LIBRARY_ONLY)
    (late,) = desk(db, "scan", "ming", "20001", at=EVENING)
    assert late.verdict.reason is Reason.WINDOW_CLOSED
    assert [(e.allowed, e.reason) for e in written(db)] == [
        (False, Reason.IN_LIBRARY_ONLY),
        (False, Reason.WINDOW_CLOSED),
    ]
    assert lent(db) == {}


def test_a_label_that_nothing_bears_is_noted(db):
    (unknown,) = desk(db, "scan", "ming", "99999")
    assert desk(db, "give_back", "88888").verdict.reason is Reason.UNKNOWN_COPY
    assert unknown.verdict.reason is Reason.UNKNOWN_COPY
    # Nobody was there: what was read may be anybody's card, and lies beside the entry.
    assert [(e.act, e.text, e.who is None) for e in written(db)] == [
        (Act.SCAN, "99999", False),
        (Act.SCAN, None, False),
    ]


def test_staff_set_a_rule_aside_with_a_reason_and_no_case_comes_of_it(db):
    desk(db, "block", "ming", "欠一本书", at=-DAY)
    desk(db, "copy_state", "20001", "in_library", at=-DAY)
    (allowed,) = desk(db, "checkout", "ming", "20001", WHY, at=EVENING)
    assert allowed.verdict.allowed
    entry = written(db)[-1]
    assert (entry.allowed, entry.reason, entry.override) == (
        True, Reason.PATRON_BLOCKED, "家长来取，明天要用",
    )  # fmt: skip
    assert (lent(db), open_cases(db), told(db, allowed.entry)) == ({"20001": "ming"}, [], set())


def test_staff_choose_the_day_until_when_they_lend(db):
    until = Override("展览用", date(2026, 11, 27))
    (allowed,) = desk(db, "checkout", "ming", "20009", until)
    assert (allowed.verdict.due_on, allowed.verdict.days) == (date(2026, 11, 27), 2)
    assert loan(db, "20009").due_on == date(2026, 11, 27)


@pytest.mark.parametrize(
    ("patron", "label", "reason"),
    [
        ("nobody", "20002", Reason.UNKNOWN_CARD),
        ("ming", "99999", Reason.UNKNOWN_COPY),
        ("ming", "20001", Reason.ALREADY_YOURS),
    ],
)
def test_no_reason_makes_possible_what_cannot_be(db, patron, label, reason):
    desk(db, "scan", "ming", "20001")
    refused = desk(db, "checkout", patron, label, WHY, at=MINUTE)[-1]
    assert (refused.verdict.allowed, refused.verdict.reason) == (False, reason)
    assert lent(db) == {"20001": "ming"}
    assert written(db)[-1].override is None


def test_a_loan_is_renewed_once_and_again_only_by_staff(db):
    desk(db, "scan", "ming", "20001", at=-DAY)
    renewed = desk(db, "renew", "ming", "20001")
    assert renewed.verdict.due_on == date(2026, 12, 9)
    refused = desk(db, "renew", "ming", "20001", at=DAY)
    assert refused.verdict.reason is Reason.NO_RENEWALS_LEFT
    desk(db, "renew", "ming", "20001", WHY, at=2 * DAY)
    assert (loan(db, "20001").due_on, loan(db, "20001").renewals) == (date(2026, 12, 11), 2)
    assert desk(db, "renew", "hua", "20001", at=DAY).verdict.reason is Reason.NOT_YOUR_LOAN
    assert desk(db, "renew", "hua", "20001", WHY).verdict.reason is Reason.NOT_YOUR_LOAN


def test_all_that_may_be_renewed_is(db):
    desk(db, "scan", "ming", "20001", at=-DAY)
    desk(db, "scan", "ming", "20002")
    told_ = desk(db, "renew_all", "ming", at=MINUTE)
    # What was lent today would gain nothing, and stays as it is without a word.
    assert [r.copy.barcode for r in told_] == ["20001"]


def test_a_copy_is_read_in_the_library(db):
    used = desk(db, "use", "ming", "20009")
    assert (used.verdict.allowed, written(db)[-1].act, lent(db)) == (True, Act.USE, {})


def test_whoever_has_left_the_school_is_lent_nothing(db):
    with db.begin(SCHOOL) as conn:
        conn.execute(update(patrons).where(patrons.c.id == "ming").values(gone_ms=told_at(-DAY)))
    (refused,) = desk(db, "scan", "ming", "20001")
    assert refused.verdict.reason is Reason.CARD_EXPIRED


def test_what_was_done_by_mistake_is_taken_back(db):
    (out,) = desk(db, "scan", "ming", "20001")
    desk(db, "undo", out.entry, at=MINUTE)
    assert (lent(db), loan(db, "20001").how) == ({}, "undone")
    desk(db, "scan", "ming", "20001", at=2 * MINUTE)
    back = desk(db, "give_back", "20001", at=DAY)
    desk(db, "undo", back.entry, at=DAY + MINUTE)
    assert (lent(db), loan(db, "20001").due_on) == ({"20001": "ming"}, date(2026, 12, 9))
    renewed = desk(db, "renew", "ming", "20001", at=2 * DAY)
    assert loan(db, "20001").due_on == date(2026, 12, 11)
    desk(db, "undo", renewed.entry, at=2 * DAY + MINUTE)
    assert (loan(db, "20001").due_on, loan(db, "20001").renewals) == (date(2026, 12, 9), 0)


def test_what_something_happened_after_is_not_taken_back(db):
    (out,) = desk(db, "scan", "ming", "20001")
    back = desk(db, "give_back", "20001", at=DAY)
    nothing = desk(db, "give_back", "20002", at=DAY)
    for name in (out.entry, nothing.entry, "desk:1:99", "s1:1:1", "x"):
        with pytest.raises(CentralError, match=name):
            desk(db, "undo", name, at=2 * DAY)
    undone = desk(db, "undo", back.entry, at=2 * DAY)
    with pytest.raises(CentralError, match="taken back"):
        desk(db, "undo", undone, at=2 * DAY)


def test_a_checkout_taken_back_gives_the_place_in_the_queue_back(db):
    desk(db, "place_hold", "t1", "ming", at=-DAY)
    desk(db, "give_back", "20001", at=-HOUR)
    assert kept(db) == {"ming": ("20001", True)}
    (out,) = desk(db, "scan", "ming", "20001")
    assert Note.HOLD_FILLED in out.verdict.notes
    assert kept(db) == {"ming": (None, False)}
    desk(db, "undo", out.entry, at=MINUTE)
    assert kept(db) == {"ming": ("20001", True)}
