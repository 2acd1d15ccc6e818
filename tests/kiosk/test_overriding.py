"""What staff may allow beyond the rules: everything but what cannot be; and what they set aside is told whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from kiosk.domain import Act, CopyState, Note, Reason
from kiosk.hold_shelf import keep_until
from kiosk.overriding import NEVER, decide_override, objections
from kiosk.policy import ORDERS
from kiosk.questions import Ask
from tests.kiosk.lending import (
    BOOK,
    PUPIL,
    RULES,
    facts,
    hold,
    now,
    others,
    rules_with,
)
from tests.kiosk.test_policy import MINE, REFERENCE, REFUSED, decide

ROOM = "main"


def override(act: Act, given, at: str = "11-25T11:45", due_on: date | None = None):
    return decide_override(act, given, RULES, moment(at), room=ROOM, due_on=due_on)


def moment(at: str):
    return now(at if at.startswith("20") else f"2026-{at}")


@pytest.mark.parametrize("name", REFUSED)
def test_every_refusal_of_the_rules_is_set_aside_or_cannot_be(name: str) -> None:
    act, special, at, reason, _ = REFUSED[name]
    if act not in ORDERS:
        return
    verdict = override(act, facts(**special), at)
    assert verdict.allowed == (reason not in NEVER)
    assert verdict.reason is reason
    if verdict.allowed and act in (Act.CHECKOUT, Act.RENEWAL):
        assert verdict.due_on is not None
        assert verdict.due_on >= moment(at).local.date()


def test_all_that_speaks_against_it_is_told() -> None:
    given = facts(patron=replace(PUPIL, blocked="x"), copy=REFERENCE, **others(3, "2026-11-01"))
    found = objections(Ask(Act.CHECKOUT, given, RULES, moment("11-25T22:00"), ROOM))
    assert [o.reason for o in found] == [
        Reason.PATRON_BLOCKED,
        Reason.IN_LIBRARY_ONLY,
        Reason.WINDOW_CLOSED,
        Reason.OVERDUE,
        Reason.LIMIT_REACHED,
    ]


def test_an_allowed_act_has_nothing_set_aside() -> None:
    verdict = override(Act.CHECKOUT, facts())
    assert (verdict.reason, verdict.due_on) == (Reason.OK, date(2026, 12, 9))


def test_beyond_the_rules_the_usual_day_is_kept_where_there_is_one() -> None:
    usual = decide(Act.CHECKOUT, facts(), "11-25T11:45").due_on
    assert override(Act.CHECKOUT, facts(), "11-25T22:00").due_on == usual
    # A reference book has no length of a loan: until the next open day.
    assert override(Act.CHECKOUT, facts(copy=REFERENCE)).due_on == date(2026, 11, 26)
    chosen = date(2026, 11, 30)
    assert override(Act.CHECKOUT, facts(copy=REFERENCE), due_on=chosen).due_on == chosen


def test_a_renewal_beyond_the_rules_never_shortens_a_loan() -> None:
    far = replace(MINE, due_on=date(2026, 12, 24))
    verdict = override(Act.RENEWAL, facts(loan=far, loans=((far, "book"),)))
    assert (verdict.reason, verdict.due_on) == (Reason.NOTHING_GAINED, date(2026, 12, 24))


def test_notes_are_those_of_the_act() -> None:
    lost = facts(copy=replace(BOOK, state=CopyState.LOST), holds=(hold(PUPIL.id),))
    assert override(Act.CHECKOUT, lost, "11-25T22:00").notes == (Note.REAPPEARED, Note.HOLD_FILLED)
    assert Note.WAS_NOT_ON_LOAN in override(Act.CHECKIN, facts()).notes


def test_a_copy_that_staff_keep_in_the_library_is_not_lent() -> None:
    kept = facts(copy=replace(BOOK, lendable=False))
    refused = decide(Act.CHECKOUT, kept, "11-25T11:45")
    assert (refused.reason, str(refused.rule)) == (
        Reason.IN_LIBRARY_ONLY, "copy record: lendable",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("days", "until"), [(1, "2026-11-26"), (3, "2026-11-30"), (7, "2026-12-02"), (65, "2027-03-01")]
)
def test_a_copy_waits_until_a_day_on_which_somebody_can_come(days: int, until: str) -> None:
    rules = rules_with(("[hold_shelf]\ndays = 7", f"[hold_shelf]\ndays = {days}"))
    at_ms = int((moment("11-25T11:45").local).timestamp() * 1000)
    assert keep_until(rules, at_ms, room=ROOM) == date.fromisoformat(until)
