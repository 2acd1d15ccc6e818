"""Due dates, limits and the choice of a rule; then what holds for any facts at any hour."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.calendar import Rules, is_open_day, lends_on, term_on
from kiosk.domain import (
    Card,
    CardState,
    Copy,
    CopyState,
    Facts,
    Hold,
    Loan,
    Note,
    Now,
    Patron,
    Reason,
    Title,
    Verdict,
)
from kiosk.explain import NOTES, REASONS, explain
from kiosk.loan_rules import find_rule
from kiosk.policy import (
    decide_checkin,
    decide_checkout,
    decide_renewal,
    decide_use,
    due_date,
    loans_allowed_more,
)
from tests.kiosk.lending import (
    PUPIL,
    RULES,
    SMALL_PUPIL,
    TEACHER,
    ZONE,
    facts,
    loan,
    now,
    others,
    rules_with,
)


def due(at: str, rules: Rules = RULES, **special: Any) -> tuple[str, int | None, bool]:
    verdict = decide_checkout(facts(**special), rules, now(at), room="main")
    assert verdict.allowed, verdict
    return str(verdict.due_on), verdict.days, Note.CAPPED_BY_TERM in verdict.notes


@pytest.mark.parametrize(
    ("at", "due_on", "days", "capped", "why"),
    [
        ("2026-11-25T11:45", "2026-12-09", 14, False, "a plain loan"),
        ("2026-09-17T11:45", "2026-10-08", 21, False, "14 days end in the National Day holidays"),
        ("2026-10-22T11:45", "2026-11-09", 18, False, "14 days end on sports days, then a weekend"),
        (
            "2026-12-18T11:45",
            "2027-01-04",
            17,
            False,
            "14 days end on New Year's Day, then a weekend",
        ),
        ("2027-01-01T11:45", None, None, False, "a holiday"),
        ("2027-01-04T11:45", "2027-01-15", 11, True, "the term's return-by date is earlier"),
        ("2027-01-15T11:45", "2027-01-15", 0, True, "the last day that lends"),
    ],
)
def test_a_loan_is_due_on_a_day_the_patron_can_come(
    at: str, due_on: str | None, days: int | None, capped: bool, why: str
) -> None:
    if due_on is None:
        assert not decide_checkout(facts(), RULES, now(at), room="main").allowed
    else:
        assert due(at) == (due_on, days, capped), why


def test_a_due_date_moved_past_return_by_goes_back_to_the_last_open_day() -> None:
    sunday = rules_with(("return_by = 2027-01-15", "return_by = 2027-01-17"))
    assert due("2027-01-08T11:45", sunday) == ("2027-01-15", 7, True)
    monday_closed = rules_with(
        ("return_by = 2027-01-15", "return_by = 2027-01-18"),
        ("[[closures]]", '[[closures]]\nname = "停电"\nfrom = 2027-01-18\n[[closures]]'),
    )
    assert due("2027-01-04T11:45", monday_closed) == ("2027-01-15", 11, True)


def test_a_teachers_loan_is_longer_and_a_due_date_is_for_the_patrons_room() -> None:
    assert due("2026-09-02T11:45", patron=TEACHER)[0] == "2026-11-02"
    sunday = decide_checkout(facts(), RULES, now("2026-11-29T10:00"), room="periodicals")
    assert str(sunday.due_on) == "2026-12-13"


def test_a_renewal_counts_from_today_and_is_never_shorter() -> None:
    given = facts(loan=loan("2026-12-01"), loans=((loan(), "book"),))
    renewed = decide_renewal(given, RULES, now(), room="main")
    assert (str(renewed.due_on), renewed.days) == ("2026-12-09", 14)
    teacher = facts(patron=TEACHER, loan=loan("2026-12-01", patron_id=TEACHER.id))
    verdict = decide_renewal(teacher, RULES, now(), room="main")
    assert (str(verdict.due_on), str(verdict.rule)) == (
        "2026-12-25",
        "library.toml: loan_rules[2].renewal_days",
    )


def test_a_loan_without_a_due_date_is_never_overdue_and_gets_one_by_renewal() -> None:
    undated = loan(None)
    given = facts(loan=undated, loans=((undated, "book"),))
    assert str(decide_renewal(given, RULES, now(), room="main").due_on) == "2026-12-09"
    assert decide_checkin(given, RULES, now("2027-06-01T11:45"), room="main").notes == ()


def test_a_refused_return_keeps_a_loan_from_being_overdue() -> None:
    excused = loan("2026-11-01", excused_on=date(2026, 11, 24))
    assert due("2026-11-25T11:45", loans=((excused, "book"),))


def test_a_rule_with_grades_beats_one_without() -> None:
    without = Patron("p", "", "student")
    places = [
        rule[0] for p in (SMALL_PUPIL, PUPIL, without) if (rule := find_rule(RULES, p, "book"))
    ]
    assert places == [0, 1, 1]


@pytest.mark.parametrize(
    ("special", "more"),
    [
        ({}, 3),
        ({**others(2)}, 1),
        ({**others(4)}, 0),
        ({"patron": SMALL_PUPIL}, 2),
        ({"patron": SMALL_PUPIL, **others(1)}, 1),
        ({"patron": None}, None),
        ({"patron": Patron("p", "", "parent")}, None),
        ({"patron": TEACHER, **others(9)}, 1),
    ],
)
def test_how_many_more_a_patron_may_borrow(special: dict[str, Any], more: int | None) -> None:
    assert loans_allowed_more(facts(**special), RULES) == more
    assert loans_allowed_more(facts(copy=None, **special), RULES) == more


def test_every_reason_and_note_can_be_explained_to_staff() -> None:
    assert set(REASONS) == set(Reason)
    assert set(NOTES) == set(Note)
    assert explain(Verdict(False, Reason.LIMIT_REACHED, limit=2, count=2)).endswith(
        "(has 2, allowed 2)"
    )


TEXT = st.sampled_from(
    ["student", "teacher", "parent", "book", "reference", "p1", "p2", "00000001", ""]
)
DATES = st.dates() | st.dates(date(2026, 8, 1), date(2027, 8, 1))
LOANS = st.builds(
    Loan, TEXT, TEXT, st.integers(), st.none() | DATES, st.integers(0, 9), st.none() | DATES
)
HOLDS = st.builds(Hold, TEXT, TEXT, st.integers(), st.none() | TEXT)
PATRONS = st.builds(
    Patron,
    TEXT,
    TEXT,
    TEXT,
    st.none() | st.integers(-1, 30),
    TEXT,
    st.none() | DATES,
    st.none() | TEXT,
)
FACTS = st.builds(
    Facts,
    patron=st.none() | PATRONS,
    card=st.none() | st.builds(Card, TEXT, TEXT, st.sampled_from(CardState)),
    typed=st.booleans(),
    copy=st.none()
    | st.builds(Copy, TEXT, st.builds(Title, TEXT, TEXT), TEXT, st.sampled_from(CopyState)),
    loan=st.none() | LOANS,
    loans=st.lists(st.tuples(LOANS, TEXT), max_size=4).map(tuple),
    holds=st.lists(HOLDS, max_size=4).map(tuple),
    free_copies=st.integers(-1, 4),
    store_full=st.booleans(),
)
NOWS = st.builds(
    lambda day, at, sure: Now(0, datetime.combine(day, at, ZONE), sure),
    DATES,
    st.times(),
    st.booleans(),
)
ROOMS = st.sampled_from(["main", "teachers", "periodicals", "nowhere", ""])
DECISIONS = st.sampled_from([decide_checkout, decide_checkin, decide_renewal, decide_use])


@given(DECISIONS, FACTS, NOWS, ROOMS)
def test_any_facts_get_a_verdict_that_names_what_decided(
    decide: Any, given: Facts, at: Now, room: str
) -> None:
    verdict = decide(given, RULES, at, room=room)
    assert verdict.rule
    assert verdict.allowed == (verdict.reason is Reason.OK)
    assert loans_allowed_more(given, RULES) is None or loans_allowed_more(given, RULES) >= 0  # type: ignore[operator]


@given(
    st.dates(date(2026, 8, 1), date(2027, 8, 1)),
    st.integers(0, 120),
    st.sampled_from([PUPIL, TEACHER]),
    st.sampled_from([None, "main", "teachers", "periodicals"]),
)
def test_a_due_date_is_open_not_past_and_not_after_return_by(
    today: date, days: int, patron: Patron, room: str | None
) -> None:
    found = due_date(RULES, patron, today, days=days, key="k", room=room)
    if found is None:
        return
    assert today <= found.on
    assert is_open_day(RULES, found.on, category=patron.category, room=room)
    term = term_on(RULES, today)
    if term:
        assert found.on <= term.return_by
        assert found.capped or found.on >= today + timedelta(days=days)


@given(st.dates(date(2026, 9, 1), date(2027, 7, 9)))
def test_a_checkout_in_the_window_of_a_lending_day_always_finds_a_due_date(day: date) -> None:
    at = Now(0, datetime.combine(day, time(11, 45), ZONE))
    verdict = decide_checkout(facts(), RULES, at, room="main")
    can_come = is_open_day(RULES, day, category="student", room="main")
    assert verdict.allowed == (can_come and lends_on(RULES, day))


def test_what_went_out_in_a_class_box_leaves_the_teacher_all_of_the_limit() -> None:
    box = tuple(
        (Loan(f"9{n:07}", TEACHER.id, 0, date(2026, 12, 18), boxed=True), "book") for n in range(30)
    )
    own = (Loan("80000001", TEACHER.id, 0, date(2026, 12, 18)), "book")
    held = facts(patron=TEACHER, loans=(*box, own))
    assert loans_allowed_more(held, RULES) == 9
    assert decide_checkout(held, RULES, now(), room="main").allowed
