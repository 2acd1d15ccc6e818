"""What can go wrong between stations, and what is right: the situations that concern one copy, each by its number."""

from __future__ import annotations

from datetime import date

import pytest

from kiosk.domain import Act, CopyState
from sync.events import Code, HoldSpan, Outcome, outcome_of
from tests.sync.story import DAY, MINUTE, NOON, Story

HOUR = 60
WEEK = 7 * 24 * 60


@pytest.fixture
def story() -> Story:
    return Story()


def test_a01_two_stations_lend_one_copy_and_the_order_is_known(story):
    first = story.checkout("s1", "ming", at=0)
    second = story.checkout("s2", "hua", at=30)
    told = story.told()
    assert story.holder() == "hua"
    assert [s.how for s in told.spans] == ["unseen", ""]
    assert told.spans[0].closed_ms == NOON + 30 * MINUTE
    assert story.codes(first) == set()
    assert story.codes(second) == {Code.IMPLICIT_RETURN}
    assert not told.cases


def test_a02_two_stations_lend_one_copy_and_nobody_knows_who_was_first(story):
    first = story.checkout("s1", "ming", at=0, wide=HOUR)
    second = story.checkout("s2", "hua", at=30, wide=HOUR)
    told = story.told()
    assert story.holder() == "hua"
    assert set(told.possible) == {"ming", "hua"}
    assert {outcome_of(told.codes[k]) for k in (first, second)} == {Outcome.CONFLICT}
    assert story.codes(second) == {Code.ORDER_UNKNOWN}
    (case,) = told.cases
    assert case.open
    assert case.code is Code.ORDER_UNKNOWN


def test_a02_a_later_return_answers_the_question_by_itself(story):
    story.checkout("s1", "ming", at=0, wide=HOUR)
    second = story.checkout("s2", "hua", at=30, wide=HOUR)
    story.checkin("s1", at=WEEK)
    told = story.told()
    assert told.holding.loan is None
    assert not any(case.open for case in told.cases)
    assert outcome_of(told.codes[second]) is Outcome.EXCEPTED


def test_a02_is_no_question_where_the_second_station_knew_of_the_first(story):
    first = story.checkout("s1", "ming", at=30, wide=HOUR)
    second = story.checkout("s2", "hua", at=0, wide=HOUR, after=first)
    assert story.told().order == (first, second)
    assert story.holder() == "hua"
    assert story.codes(second) == {Code.IMPLICIT_RETURN}


def test_a03_a33_a_return_that_arrived_first_closes_the_loan_that_arrives_later(story):
    back = story.checkin("s2", at=WEEK)
    assert story.codes(back) == {Code.RETURN_NOT_ON_LOAN}
    story.checkout("s1", "ming", at=0)
    told = story.told()
    assert told.codes[back] == frozenset()
    assert told.holding.loan is None
    assert told.spans[0].how == "returned"


def test_a04_a_return_of_what_nobody_had_is_taken(story):
    back = story.checkin("s1", at=0)
    assert story.codes(back) == {Code.RETURN_NOT_ON_LOAN}
    assert story.told().holding.place == "s1"


def test_a05_a_blocked_patrons_loan_stands(story):
    out = story.checkout("s1", "ming", at=0, codes=frozenset({Code.PATRON_BLOCKED}))
    assert story.holder() == "ming"
    assert story.codes(out) == {Code.PATRON_BLOCKED}


@pytest.mark.parametrize("state", [CopyState.LOST, CopyState.MISSING, CopyState.WITHDRAWN])
def test_a06_what_was_given_up_is_found_again(story, state):
    story.staff(Act.COPY_STATE, at=0, value=state.value)
    out = story.checkout("s1", "ming", at=HOUR)
    told = story.told()
    assert told.codes[out] == {Code.ITEM_REAPPEARED}
    assert told.holding.state is CopyState.ON_SHELF
    assert [c.code for c in told.cases if c.open] == [Code.ITEM_REAPPEARED]


def test_a07_a_replaced_card_lends_and_a_stolen_one_asks_a_person(story):
    story.checkout("s1", "ming", at=0, codes=frozenset({Code.CARD_REPLACED}))
    assert not story.told().cases
    stolen = story.checkout("s1", "hua", at=WEEK, codes=frozenset({Code.CARD_STOLEN}))
    (case,) = story.told().cases
    assert (case.code, case.keys) == (Code.CARD_STOLEN, (stolen,))
    story.settle(Code.CARD_STOLEN, stolen, "not_theirs", at=WEEK + 5)
    told = story.told()
    assert told.holding.loan is not None
    assert told.holding.loan.patron is None
    assert not told.cases[0].open


def test_a14_the_same_scan_again_changes_nothing(story):
    first = story.checkout("s1", "ming", at=0)
    second = story.checkout("s1", "ming", at=9, due_on=date(2027, 1, 1))
    told = story.told()
    assert told.codes[second] == {Code.REPEAT_SCAN}
    assert [(s.opened_by, s.due_on) for s in told.spans] == [(first, date(2026, 12, 9))]


def test_a15_a_hold_that_the_station_could_not_know_of(story):
    story.knowing(holds=(HoldSpan("hua", NOON),))
    out = story.checkout("s1", "ming", at=5, as_of_ms=NOON - DAY)
    assert story.codes(out) == {Code.HOLD_BYPASSED}
    assert story.holder() == "ming"


def test_a15_a_hold_that_the_station_knew_of_was_weighed_there(story):
    story.knowing(holds=(HoldSpan("hua", NOON - DAY),))
    out = story.checkout("s1", "ming", at=5, as_of_ms=NOON)
    assert story.codes(out) == set()


def test_a15_who_was_first_in_the_queue_passed_nobody_over_although_that_filled_their_hold(story):
    story.knowing(holds=(HoldSpan("ming", NOON - DAY, NOON + 5 * MINUTE), HoldSpan("hua", NOON)))
    out = story.checkout("s1", "ming", at=5, as_of_ms=NOON - 2 * DAY)
    assert story.codes(out) == set()
    other = story.checkout("s1", "lan", at=30, as_of_ms=NOON - 2 * DAY)
    assert Code.HOLD_BYPASSED in story.codes(other)


def test_a16_what_was_kept_for_one_is_lent_to_another(story):
    story.knowing(holds=(HoldSpan("hua", NOON - DAY),))
    story.checkin("s1", at=0, hold_waiting=True)
    out = story.checkout("s2", "ming", at=30)
    assert Code.HOLD_TAKEN in story.codes(out)
    assert story.holder() == "ming"
    assert [c.code for c in story.told().cases] == [Code.HOLD_TAKEN]


def test_a16_whoever_it_was_kept_for_takes_it(story):
    story.knowing(holds=(HoldSpan("hua", NOON - DAY),))
    story.checkin("s1", at=0, hold_waiting=True)
    out = story.checkout("s1", "hua", at=30, hold_filled=True)
    assert story.codes(out) == set()


def test_a18_a19_a_wrong_clock_never_shortens_a_loan(story):
    wild = story.checkout("s1", "ming", at=0, wall_ms=NOON - 365 * DAY, due_on=date(2025, 12, 9))
    told = story.told()
    assert told.codes[wild] == {Code.CLOCK}
    assert told.spans[0].due_on == date(2026, 12, 9)
    later = Story()
    later.checkout("s1", "ming", at=0, wall_ms=NOON + 365 * DAY, due_on=date(2027, 12, 9))
    assert later.told().spans[0].due_on == date(2027, 12, 9)


def test_a19_a_loan_of_an_unsure_clock_gets_its_date_here(story):
    story.checkout("s1", "ming", at=0, due_on=None)
    assert story.told().spans[0].due_on == date(2026, 12, 9)


def test_a20_a_clock_that_jumps_a_little_within_a_visit_says_nothing(story):
    out = story.checkout("s1", "ming", at=0, wall_ms=NOON - 5 * MINUTE)
    assert story.codes(out) == set()


def test_a21_renewed_although_somebody_had_begun_to_wait(story):
    story.knowing(holds=(HoldSpan("hua", NOON + DAY),))
    story.checkout("s1", "ming", at=0, as_of_ms=NOON)
    again = story.renewal("s1", "ming", at=WEEK, due_on=date(2026, 12, 16), as_of_ms=NOON)
    assert story.codes(again) == {Code.RENEWED_DESPITE_RECALL}
    assert story.told().spans[0].due_on == date(2026, 12, 16)


def test_no_loan_has_been_renewed_less_than_never(story):
    story.checkout("s1", "ming", at=0)
    story.renewal("s1", "ming", at=5, renewals=-5)
    assert story.told().spans[0].renewals == 0


def test_a22_a_renewal_after_a_certain_return_is_void(story):
    story.checkout("s1", "ming", at=0)
    story.checkin("s2", at=30)
    late = story.renewal("s1", "ming", at=HOUR)
    assert story.codes(late) == {Code.RENEW_NOT_HOLDER}
    assert story.holder() is None
    assert not story.told().cases


def test_a22_a_renewal_that_may_have_come_first_asks_a_person(story):
    story.checkout("s1", "ming", at=0)
    story.checkin("s2", at=5 * HOUR, wide=HOUR)
    late = story.renewal("s1", "ming", at=5 * HOUR + 10, wide=HOUR)
    assert story.codes(late) == {Code.RENEW_ORDER_UNKNOWN}
    (case,) = story.told().cases
    assert case.open


def test_a23_not_to_be_lent_but_gone(story):
    story.staff(Act.COPY_STATE, at=-HOUR, value="in_library")
    out = story.checkout("s1", "ming", at=0)
    assert story.codes(out) == {Code.NOT_LENDABLE}
    assert story.holder() == "ming"


def test_a24_read_in_the_library_while_on_loan(story):
    story.checkout("s1", "ming", at=0)
    read = story.use("s2", at=HOUR)
    assert story.codes(read) == {Code.IMPLICIT_RETURN}
    assert story.holder() is None


def test_a25_a26_copies_of_another_school(story):
    story.knowing(known=False, foreign=True)
    out = story.checkout("s1", "ming", at=0)
    back = story.checkin("s1", at=HOUR)
    assert story.codes(out) == {Code.FOREIGN_LOAN}
    assert story.codes(back) == {Code.FOREIGN_RETURN}


def test_a27_the_old_label_leads_to_the_same_copy(story):
    story.knowing(old_labels=(("10007", NOON - DAY, None),))
    out = story.checkout("s1", "ming", at=0, label="10007")
    assert story.codes(out) == {Code.OLD_BARCODE}
    assert story.holder() == "ming"


def test_a28_the_old_label_is_on_another_copy_now(story):
    story.knowing(old_labels=(("10007", NOON - DAY, NOON - HOUR * MINUTE),))
    out = story.checkout("s1", "ming", at=0, label="10007")
    assert story.codes(out) == {Code.BARCODE_AMBIGUOUS}
    assert story.told().cases[0].open


def test_a29_a_book_that_is_not_in_the_catalogue_yet(story):
    story.knowing(known=False)
    out = story.checkout("s1", "ming", at=0)
    assert story.codes(out) == {Code.UNKNOWN_ITEM}
    assert story.holder() == "ming"
    assert story.told().cases[0].open


def test_a32_a_correction_is_an_entry_and_nothing_is_edited(story):
    out = story.checkout("s1", "ming", at=0)
    back = story.checkin("s1", at=5, undoes=out)
    told = story.told()
    assert told.spans[0].how == "undone"
    assert (told.codes[out], told.codes[back]) == (frozenset(), frozenset())


def test_a34_a_settled_case_opens_again_only_when_its_facts_change(story):
    first = story.checkout("s1", "ming", at=0, wide=HOUR)
    second = story.checkout("s2", "hua", at=30, wide=HOUR)
    settled = story.settle(Code.ORDER_UNKNOWN, second, f"stays {first}", at=WEEK)
    told = story.told()
    assert story.holder() == "ming"
    assert (told.cases[0].open, told.cases[0].settled_by) == (False, settled)
    # A fact that does not matter to it.
    story.checkin("s3", at=2 * WEEK)
    assert not story.told().cases[0].open
    # A third story about the same hour.
    story.checkout("s4", "lan", at=20, wide=HOUR)
    (case,) = story.told().cases
    assert case.reopened


def test_a34_taking_a_settlement_back_opens_the_case_again(story):
    first = story.checkout("s1", "ming", at=0, wide=HOUR)
    second = story.checkout("s2", "hua", at=30, wide=HOUR)
    settled = story.settle(Code.ORDER_UNKNOWN, second, f"stays {first}", at=WEEK)
    story.staff(Act.SETTLE, at=WEEK + 1, undoes=settled)
    assert story.told().cases[0].open
    assert story.holder() == "hua"


def test_what_only_staff_can_say_changes_nothing_in_a_stations_journal(story):
    first = story.checkout("s1", "ming", at=0, wide=HOUR)
    story.checkout("s2", "hua", at=30, wide=HOUR)
    before = story.told()
    (case,) = before.cases
    told = {"case": case.id, "choice": f"stays {first}", "facts": case.facts}
    story.add("s3", Act.SETTLE, at=WEEK, **told)
    story.add("s3", Act.CLAIM, at=WEEK, value="returned")
    story.add("s3", Act.COPY_STATE, at=WEEK, value="lost")
    story.add("s3", Act.FORWARD, at=WEEK, value="refused")
    story.add("s3", Act.HOLD, "lan", at=WEEK, value="kept lan")
    now = story.told()
    assert (now.cases, now.spans) == (before.cases, before.spans)
    assert (now.holding.state, now.holding.kept_for) == (CopyState.ON_SHELF, None)
    assert outcome_of(now.codes[story.events[-2].key]) is Outcome.ACCEPTED


def test_a42_what_another_library_system_refused(story):
    out = story.checkout("s1", "ming", at=0)
    answer = story.staff(Act.FORWARD, at=5, undoes=out, value="refused: patron has overdues")
    assert story.codes(answer) == {Code.ILS_REFUSED}
    assert story.holder() == "ming"


def test_a41_what_another_library_system_never_answered(story):
    story.checkout("s1", "ming", at=0)
    answer = story.staff(Act.FORWARD, at=5, value="undecided: no answer, and no loan found")
    assert outcome_of(story.told().codes[answer]) is Outcome.CONFLICT


def test_a43_the_earliest_possible_return_is_kept(story):
    story.checkout("s1", "ming", at=0)
    story.checkin("s2", at=WEEK, wide=12 * HOUR)
    (span,) = story.told().spans
    assert span.closed_lo == NOON + (WEEK - 12 * HOUR) * MINUTE


def test_a_return_turned_into_a_renewal_opens_the_loan_again(story):
    out = story.checkout("s1", "ming", at=0)
    back = story.checkin("s1", at=WEEK)
    story.renewal("s1", "ming", at=WEEK + 1, undoes=back, renewals=1, due_on=date(2026, 12, 23))
    (span,) = story.told().spans
    assert (span.opened_by, span.how, span.renewals) == (out, "", 1)
    assert span.due_on == date(2026, 12, 23)


def test_a_refusal_changes_nothing_but_is_the_last_word_on_the_copy(story):
    story.checkout("s1", "ming", at=0)
    refused = story.checkout("s1", "hua", at=1, allowed=False)
    assert story.holder() == "ming"
    assert story.told().holding.last == refused
    assert story.codes(refused) == set()
