"""The desk on a real file: one transaction an act, holds, the unsure clock, and any order of legal acts."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import text

from kiosk import journal as journals
from kiosk.desk_values import NOBODY, Who
from kiosk.domain import Loan, Note, Reason, Receipt
from tests.faults import ledger
from tests.kiosk.acts import fast
from tests.kiosk.school import (
    ANAN,
    CITY,
    DICTIONARY,
    DREAM,
    MENDING,
    MISSING,
    MORE,
    SEA,
    SEA_AGAIN,
    TEACHER,
    WITHDRAWN,
    XIAOMAN,
    ZONE,
    School,
)
from tests.soak import often

P1, P2, P3 = Who("p1", XIAOMAN), Who("p2", ANAN), Who("p3", TEACHER)


def at(school: School, local: str) -> None:
    school.clock.set(datetime.fromisoformat(local).replace(tzinfo=ZONE))


def lend(school: School, who: Who, barcode: str) -> Receipt:
    receipt = school.desk.checkout(who, barcode, school.now)
    assert receipt.verdict.allowed, receipt.verdict
    return receipt


def loan_of(school: School, barcode: str) -> Loan | None:
    with school.store.read() as tx:
        return tx.loan(barcode)


def holds(school: School) -> list[tuple[str, str | None]]:
    found = ledger.rows(school.store.folder, "SELECT patron_id, barcode FROM holds ORDER BY n")
    return [(str(patron), barcode) for patron, barcode in found]


def test_a_refusal_is_journalled_with_its_rule_and_reason(school: School) -> None:
    for barcode in MORE[:2]:
        lend(school, P2, barcode)
    refused = school.desk.checkout(P2, MORE[2], school.now)
    entry = ledger.last(school.store.folder)
    assert (entry["allowed"], entry["reason"]) == (False, "limit_reached")
    assert entry["rule"] == str(refused.verdict.rule) == "library.toml: loan_rules[0].limit"
    assert entry["rules"] == school.rulebook.current.digest
    assert refused.entry == f"kiosk-1:1:{entry['seq']}"


def test_a_receipt_bears_the_proof_that_finds_its_entry_again(school: School) -> None:
    receipt = lend(school, P1, CITY)
    (body,) = journals.find_proof(school.store, f" {receipt.proof.lower()} ")
    assert body == ledger.last(school.store.folder)["body"]


def test_after_names_the_last_entry_on_the_copy_refused_or_not(school: School) -> None:
    acts = [
        lend(school, P1, CITY),
        school.desk.checkout(P2, CITY, school.now),
        school.desk.renew(P1, CITY, school.now),
        school.desk.checkin(CITY, school.now),
        school.desk.use(P1, CITY, school.now),
    ]
    lend(school, P1, SEA)
    lend(school, P2, CITY)
    entries = [e for e in ledger.entries(school.store.folder) if e.get("copy") == CITY]
    assert [e.get("after") for e in entries] == [None, *(receipt.entry for receipt in acts)]


def test_an_entry_names_its_patron_only_by_a_salt_that_can_be_destroyed(school: School) -> None:
    lend(school, P1, CITY)
    school.desk.welcome(XIAOMAN, school.now, visit="v1", typed=False)
    assert len(ledger.hold_whole(school.store.folder)) == 2
    bodies = " ".join(e["body"] for e in ledger.entries(school.store.folder))
    for named in ("p1", "李小满", XIAOMAN):
        assert f'"{named}"' not in bodies
    salts = [e["salt"] for e in ledger.entries(school.store.folder)]
    assert len(set(salts)) == 2
    with school.store.begin() as tx:
        tx.conn.execute(text("DELETE FROM journal_people"))
    assert journals.verify(school.store) == (2, [])


def test_a_changed_or_lost_entry_is_told_by_its_number(school: School) -> None:
    for barcode in (CITY, SEA, DREAM):
        lend(school, P1, barcode)
    with school.store.begin() as tx:
        tx.conn.execute(text("DROP TRIGGER journal_only_grows"))
        tx.conn.execute(text("UPDATE journal SET body = replace(body, '00000002', '00000003')"))
    assert journals.verify(school.store)[1] == [
        "entry 1:2: the text does not match its hash; it was changed or damaged"
    ]


def test_a_second_open_loan_of_one_copy_cannot_be_written(school: School) -> None:
    lend(school, P1, CITY)
    with pytest.raises(sqlite3.IntegrityError), school.store.begin() as tx:
        tx.open_loan(Loan(CITY, "p2", 0, None), "kiosk-1:1:9")


def test_an_act_that_fails_half_way_leaves_neither_loan_nor_entry(school: School) -> None:
    with school.store.begin() as tx:
        tx.conn.execute(
            text("CREATE TRIGGER no BEFORE INSERT ON loans BEGIN SELECT RAISE(ABORT, 'no'); END")
        )
    with pytest.raises(sqlite3.IntegrityError):
        school.desk.checkout(P1, CITY, school.now)
    assert ledger.hold_whole(school.store.folder) == []


# Returns


def bind_returns(school: School) -> None:
    old = school.library_toml.read_text(encoding="utf-8")
    new = old.replace("returns_any_time = true", "returns_any_time = false")
    assert new != old
    school.library_toml.write_text(new, encoding="utf-8")
    assert school.rulebook.refresh()


def test_a_refused_return_never_makes_the_loan_overdue(school: School) -> None:
    lend(school, P1, CITY)
    bind_returns(school)
    at(school, "2026-12-09T12:45")  # due today, the window has just closed
    refused = school.desk.checkin(CITY, school.now)
    assert (refused.verdict.allowed, refused.verdict.reason) == (False, Reason.WINDOW_CLOSED)
    assert refused.loan is not None
    assert loan_of(school, CITY) == replace(refused.loan, excused_on=date(2026, 12, 10))
    at(school, "2026-12-10T11:45")
    assert school.desk.checkin(CITY, school.now).verdict.notes == ()
    ledger.hold_whole(school.store.folder)


def test_without_a_refused_return_the_same_loan_is_overdue_the_next_day(school: School) -> None:
    lend(school, P1, CITY)
    bind_returns(school)
    at(school, "2026-12-10T11:45")
    assert school.desk.checkin(CITY, school.now).verdict.notes == (Note.WAS_OVERDUE,)


def test_a_return_refused_over_the_weekend_does_not_block_the_patron(school: School) -> None:
    lend(school, P1, CITY)
    bind_returns(school)
    at(school, "2026-12-11T13:00")
    assert not school.desk.checkin(CITY, school.now).verdict.allowed
    at(school, "2026-12-14T11:45")
    assert lend(school, P1, SEA)


# The unsure clock


def test_an_unsure_clock_tells_days_and_no_date_and_keeps_no_windows(school: School) -> None:
    school.clock.sure = False
    at(school, "2026-11-28T03:00")  # a Saturday night, far from any window
    receipt = lend(school, P1, CITY)
    assert (receipt.verdict.due_on, receipt.verdict.days) == (None, 14)
    assert receipt.verdict.notes == (Note.CLOCK_UNSURE,)
    entry = ledger.last(school.store.folder)
    assert (entry["clock"], entry["days"], entry.get("due_on")) == ("unsure", 14, None)


def test_a_loan_of_an_unsure_clock_is_never_overdue(school: School) -> None:
    school.clock.sure = False
    lend(school, P1, CITY)
    school.clock.sure = True
    at(school, "2027-06-16T11:45")
    assert lend(school, P1, SEA)
    assert school.desk.checkin(CITY, school.now).verdict.notes == ()


def test_an_unsure_clock_calls_nothing_overdue(school: School) -> None:
    lend(school, P1, CITY)
    school.clock.sure = False
    at(school, "2031-01-01T11:45")
    assert lend(school, P1, SEA)
    assert school.desk.checkin(CITY, school.now).verdict.notes == (Note.CLOCK_UNSURE,)


# Holds


def test_a_copy_kept_for_me_is_lent_to_me_and_my_place_in_the_queue_is_used(
    school: School,
) -> None:
    school.hold("t4", "p1", DREAM)
    assert school.desk.checkout(P2, DREAM, school.now).verdict.reason is Reason.ON_HOLD
    assert holds(school) == [("p1", DREAM)]
    assert lend(school, P1, DREAM).verdict.notes == (Note.HOLD_FILLED,)
    assert holds(school) == []


def test_a_return_sets_the_copy_aside_for_the_first_who_waits(school: School) -> None:
    lend(school, P1, DREAM)
    school.hold("t4", "p2")
    school.hold("t4", "p3")
    assert school.desk.checkin(DREAM, school.now).verdict.notes == (Note.HOLD_WAITING,)
    assert holds(school) == [("p2", DREAM), ("p3", None)]
    assert school.desk.checkout(P3, DREAM, school.now).verdict.reason is Reason.ON_HOLD
    lend(school, P2, DREAM)
    assert holds(school) == [("p3", None)]


def test_turning_a_return_into_a_renewal_takes_the_copy_off_the_hold_shelf(
    school: School,
) -> None:
    lend(school, P1, SEA)
    at(school, "2026-12-02T11:45")
    school.hold("t2", "p2")
    returned = school.desk.checkin(SEA, school.now)
    assert holds(school) == [("p2", SEA)]
    renewed = school.desk.renew_returned(P1, returned, school.now)
    assert renewed.verdict.allowed, "another copy of the title is free for whoever waits"
    assert holds(school) == [("p2", None)]
    assert returned.loan is not None
    stands = replace(returned.loan, due_on=date(2026, 12, 16), renewals=1)
    assert loan_of(school, SEA) == stands
    lend(school, P2, SEA_AGAIN)
    ledger.hold_whole(school.store.folder)


def test_the_only_copy_is_not_renewed_while_another_waits_and_stays_set_aside(
    school: School,
) -> None:
    lend(school, P1, DREAM)
    at(school, "2026-12-02T11:45")
    school.hold("t4", "p2")
    returned = school.desk.checkin(DREAM, school.now)
    assert school.desk.renew_returned(P1, returned, school.now).verdict.reason is Reason.ON_HOLD
    assert (holds(school), loan_of(school, DREAM)) == ([("p2", DREAM)], None)


@pytest.mark.parametrize("since", ["lent", "returned again", "used"])
def test_a_return_is_not_turned_into_a_renewal_once_something_has_happened(
    school: School, since: str
) -> None:
    lend(school, P1, CITY)
    at(school, "2026-12-02T11:45")
    returned = school.desk.checkin(CITY, school.now)
    acts = {
        "lent": lambda: school.desk.checkout(P2, CITY, school.now),
        "returned again": lambda: school.desk.checkin(CITY, school.now),
        "used": lambda: school.desk.use(P2, CITY, school.now),
    }
    acts[since]()
    before = ledger.loans(school.store.folder)
    refused = school.desk.renew_returned(P1, returned, school.now)
    assert refused.verdict.reason is Reason.ON_LOAN
    assert refused.undoes is None
    assert ledger.loans(school.store.folder) == before
    ledger.hold_whole(school.store.folder)


def test_one_return_makes_one_renewal(school: School) -> None:
    lend(school, P1, CITY)
    at(school, "2026-12-02T11:45")
    returned = school.desk.checkin(CITY, school.now)
    assert school.desk.renew_returned(P1, returned, school.now).verdict.allowed
    assert not school.desk.renew_returned(P1, returned, school.now).verdict.allowed
    loan = loan_of(school, CITY)
    assert loan is not None
    assert loan.renewals == 1


def test_a_return_of_nothing_cannot_be_turned_into_a_renewal(school: School) -> None:
    returned = school.desk.checkin(CITY, school.now)
    with pytest.raises(AssertionError, match="only a return of a loan"):
        school.desk.renew_returned(P1, returned, school.now)


# Any order of legal acts

PEOPLE = {"p1": P1, "p2": P2, "p3": P3}
SHELF = (
    CITY,
    SEA,
    SEA_AGAIN,
    DREAM,
    DICTIONARY,
    MENDING,
    WITHDRAWN,
    MISSING,
    *MORE[:6],
    "88888888",
)
copies = st.sampled_from(SHELF)
people = st.sampled_from(sorted(PEOPLE))


class AnyDay(RuleBasedStateMachine):
    """Everything that people can do at a desk, in any order; after each act the loans are what the journal says."""

    @initialize()
    def open_school(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="any-day-"))
        self.school = School(self.folder)
        fast(self.school)
        self.returned: list[tuple[str, Receipt]] = []
        self.acts = 0

    @rule(who=people, barcode=copies)
    def checkout(self, who: str, barcode: str) -> None:
        was_out = barcode in ledger.loans(self.school.store.folder)
        receipt = self.school.desk.checkout(PEOPLE[who], barcode, self.school.now)
        assert not (receipt.verdict.allowed and was_out)
        self.acts += 1

    @rule(who=st.one_of(st.none(), people), barcode=copies)
    def checkin(self, who: str | None, barcode: str) -> None:
        receipt = self.school.desk.checkin(barcode, self.school.now, PEOPLE[who] if who else NOBODY)
        assert receipt.verdict.allowed is (receipt.copy is not None)
        if receipt.loan:
            self.returned.append((receipt.loan.patron_id, receipt))
        self.acts += 1

    @rule(who=people, barcode=copies)
    def renew(self, who: str, barcode: str) -> None:
        self.school.desk.renew(PEOPLE[who], barcode, self.school.now)
        self.acts += 1

    @precondition(lambda self: self.returned)
    @rule(which=st.integers(0, 50))
    def renew_returned(self, which: int) -> None:
        who, receipt = self.returned[which % len(self.returned)]
        self.school.desk.renew_returned(PEOPLE[who], receipt, self.school.now)
        self.acts += 1

    @rule(who=people, barcode=copies)
    def use(self, who: str, barcode: str) -> None:
        self.school.desk.use(PEOPLE[who], barcode, self.school.now)
        self.acts += 1

    @rule(who=people, title=st.sampled_from(["t1", "t2", "t4", "t9"]))
    def hold(self, who: str, title: str) -> None:
        self.school.hold(title, who)

    @rule(days=st.integers(0, 9), hours=st.sampled_from([0, 0, 0, 3]))
    def time_passes(self, days: int, hours: int) -> None:
        self.school.clock.set(self.school.now.local + timedelta(days=days, hours=hours))

    @rule(sure=st.booleans())
    def clock(self, sure: bool) -> None:
        self.school.clock.sure = sure

    @invariant()
    def the_loans_are_what_the_journal_says(self) -> None:
        if hasattr(self, "school"):
            assert len(ledger.hold_whole(self.school.store.folder)) == self.acts

    @invariant()
    def no_copy_is_set_aside_for_two(self) -> None:
        if hasattr(self, "school"):
            aside = [barcode for _, barcode in holds(self.school) if barcode]
            assert len(aside) == len(set(aside))
            assert not set(aside) & set(ledger.loans(self.school.store.folder))

    def teardown(self) -> None:
        if hasattr(self, "school"):
            self.school.close()
            shutil.rmtree(self.folder)


TestAnyDay = AnyDay.TestCase
TestAnyDay.settings = settings(
    max_examples=often(10, 100),
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
