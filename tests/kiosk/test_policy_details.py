"""What a verdict tells beside its reason: when it opens next, numbers, names; rooms of one's own; an unsure clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from kiosk.domain import Act, Note, Reason
from kiosk.policy import decide_visit
from tests.kiosk.lending import (
    PUPIL,
    RULES,
    SMALL_PUPIL,
    TEACHER,
    facts,
    local,
    now,
    others,
    rules_with,
)
from tests.kiosk.test_policy import LENT, MINE, SINCE_1ST, decide


def test_a_missed_window_says_when_it_opens_next() -> None:
    assert decide(Act.CHECKOUT, facts(), "11-27T13:00").opens_at == local("2026-11-30T11:30")
    assert decide(Act.CHECKOUT, facts(), "10-01T11:45").opens_at == local("2026-10-08T11:30")
    assert decide(Act.CHECKOUT, facts(), "2027-01-18T11:45").opens_at == local("2027-03-01T11:30")
    assert decide(Act.CHECKOUT, facts(), "2027-01-15T12:45").opens_at == local("2027-03-01T11:30")


def test_a_closed_day_is_named() -> None:
    assert decide(Act.CHECKOUT, facts(), "10-01T11:45").detail == "国庆节"


def test_a_reached_limit_says_both_numbers() -> None:
    verdict = decide(Act.CHECKOUT, facts(patron=SMALL_PUPIL, **others(2)), "11-25T11:45")
    assert (verdict.limit, verdict.count) == (2, 2)
    late = decide(Act.CHECKOUT, facts(**others(2, "2026-11-01")), "11-25T11:45")
    assert (late.limit, late.count) == (1, 2)


def test_teachers_have_windows_and_rooms_of_their_own() -> None:
    teacher, pupil = facts(patron=TEACHER), facts()
    assert decide(Act.CHECKOUT, teacher, "11-25T09:00", room="teachers").allowed
    assert (
        decide(Act.CHECKOUT, pupil, "11-25T09:00", room="teachers").reason is Reason.WINDOW_CLOSED
    )
    assert decide(Act.CHECKOUT, teacher, "11-25T09:00").reason is Reason.WINDOW_CLOSED


def test_returns_are_taken_at_any_time_unless_the_library_binds_them() -> None:
    bound = rules_with(("returns_any_time = true", "returns_any_time = false"))
    given = facts(loan=MINE)
    assert decide(Act.CHECKIN, given, "11-25T22:00").allowed
    assert decide(Act.CHECKIN, given, "11-25T11:45", bound).allowed
    verdict = decide(Act.CHECKIN, given, "11-25T22:00", bound)
    assert (verdict.reason, verdict.opens_at) == (Reason.WINDOW_CLOSED, local("2026-11-26T11:30"))


@pytest.mark.parametrize("act", [Act.CHECKOUT, Act.RENEWAL])
def test_an_unsure_clock_asks_nothing_of_the_date_and_tells_days(act: Act) -> None:
    expired = replace(PUPIL, expires_on=date(2020, 1, 1))
    lent = (
        {**LENT, "loan": SINCE_1ST, "loans": (SINCE_1ST,)}
        if act is Act.RENEWAL
        else others(1, "2026-01-01")
    )
    verdict = decide(act, facts(patron=expired, **lent), "2027-02-01T03:00", sure=False)
    assert (verdict.allowed, verdict.due_on, verdict.days) == (True, None, 14)
    assert Note.CLOCK_UNSURE in verdict.notes


def test_an_unsure_clock_still_keeps_limits() -> None:
    assert (
        decide(Act.CHECKOUT, facts(**others(3)), "11-25T11:45", sure=False).reason
        is Reason.LIMIT_REACHED
    )


@pytest.mark.parametrize(
    ("category", "typed", "reason"),
    [
        ("student", True, Reason.OK),
        ("teacher", True, Reason.CARD_NEEDED),
        ("of another library", True, Reason.CARD_NEEDED),
        ("of another library", False, Reason.OK),
    ],
)
def test_a_typed_number_opens_a_visit_only_where_library_toml_says_so(
    category: str, typed: bool, reason: Reason
) -> None:
    given = facts(patron=replace(PUPIL, category=category, blocked="lost a book"), typed=typed)
    assert decide_visit(given, RULES, now(), room="main").reason is reason
