"""What the library allows, as a table of cases: the facts, the hour, the verdict and the line that decided.

Only what differs from a pupil with an empty account, who holds a free book inside the lunch window, is written.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from kiosk import policy
from kiosk.domain import Act, Card, CardState, CopyState, Facts, Note, Reason, Verdict
from tests.kiosk.lending import (
    BOOK,
    PUPIL,
    RULES,
    SMALL_PUPIL,
    SOMEBODY,
    TEACHER,
    facts,
    hold,
    loan,
    now,
    others,
)

DECIDE = {
    Act.CHECKOUT: policy.decide_checkout,
    Act.CHECKIN: policy.decide_checkin,
    Act.RENEWAL: policy.decide_renewal,
    Act.USE: policy.decide_use,
}
MINE, THEIRS = loan(), loan(patron_id=SOMEBODY)
REFERENCE = replace(BOOK, copy_type="reference")
LENT: dict[str, Any] = {"loan": MINE, "loans": ((MINE, "book"),)}
ONCE = replace(MINE, renewals=1)
SINCE_1ST = loan("2026-11-01")


def card(state: CardState) -> Card:
    return Card("2026000001", PUPIL.id, state)


def copy(state: CopyState) -> dict[str, Any]:
    return {"copy": replace(BOOK, state=state)}


# act, what is special, hour -> reason, line that decided
REFUSED: dict[str, tuple[Act, dict[str, Any], str, Reason, str]] = {
    "an unknown card": (
        Act.CHECKOUT, {"patron": None}, "11-25T11:45", Reason.UNKNOWN_CARD, "card record: number",
    ),
    "an unknown copy": (
        Act.CHECKOUT, {"copy": None}, "11-25T11:45", Reason.UNKNOWN_COPY, "copy record: barcode",
    ),
    "a lost card": (
        Act.CHECKOUT, {"card": card(CardState.LOST)}, "11-25T11:45", Reason.CARD_LOST, "card record: state",
    ),
    "a replaced card renews nothing": (
        Act.RENEWAL, {**LENT, "card": card(CardState.REPLACED)}, "11-25T11:45", Reason.CARD_REPLACED,
        "card record: state",
    ),
    "a typed number of a teacher": (
        Act.CHECKOUT, {"patron": TEACHER, "typed": True}, "11-25T11:45", Reason.CARD_NEEDED,
        "library.toml: categories[1].type_number",
    ),
    "a card on the day after it expired": (
        Act.CHECKOUT, {"patron": replace(PUPIL, expires_on=date(2026, 11, 24))}, "11-25T11:45",
        Reason.CARD_EXPIRED, "patron record: expires_on",
    ),
    "a blocked patron": (
        Act.CHECKOUT, {"patron": replace(PUPIL, blocked="")}, "11-25T11:45",
        Reason.PATRON_BLOCKED, "patron record: blocked",
    ),
    "a book that is mine already": (
        Act.CHECKOUT, LENT, "11-25T11:45", Reason.ALREADY_YOURS, "loan record: patron_id",
    ),
    "a book that another has on loan": (
        Act.CHECKOUT, {"loan": THEIRS}, "11-25T11:45", Reason.ON_LOAN, "loan record: patron_id",
    ),
    "a book that is being mended": (
        Act.CHECKOUT, copy(CopyState.MENDING), "11-25T11:45", Reason.COPY_WITHHELD, "copy record: state",
    ),
    "a withdrawn book": (
        Act.CHECKOUT, copy(CopyState.WITHDRAWN), "11-25T11:45", Reason.COPY_WITHHELD, "copy record: state",
    ),
    "a reference book": (
        Act.CHECKOUT, {"copy": REFERENCE}, "11-25T11:45", Reason.IN_LIBRARY_ONLY,
        "library.toml: loan_rules[4].use",
    ),
    "a reference book, also when closed": (
        Act.CHECKOUT, {"copy": REFERENCE}, "11-25T13:45", Reason.IN_LIBRARY_ONLY,
        "library.toml: loan_rules[4].use",
    ),
    "a copy type without a rule": (
        Act.CHECKOUT, {"copy": replace(BOOK, copy_type="map")}, "11-25T11:45", Reason.NO_RULE,
        "library.toml: loan_rules",
    ),
    "a category without a rule": (
        Act.CHECKOUT, {"patron": replace(PUPIL, category="parent")}, "11-25T11:45", Reason.NO_RULE,
        "library.toml: loan_rules",
    ),
    "the last free copy while another waits": (
        Act.CHECKOUT, {"holds": (hold(),)}, "11-25T11:45", Reason.ON_HOLD, "hold record: placed_ms",
    ),
    "the last of two free copies while two wait": (
        Act.CHECKOUT, {"holds": (hold(), hold("p8")), "free_copies": 2}, "11-25T11:45",
        Reason.ON_HOLD, "hold record: placed_ms",
    ),
    "the last free copy while I wait second": (
        Act.CHECKOUT, {"holds": (hold(), hold(PUPIL.id))}, "11-25T11:45", Reason.ON_HOLD,
        "hold record: placed_ms",
    ),
    "a copy set aside for another, though others are free": (
        Act.CHECKOUT, {"holds": (hold(SOMEBODY, BOOK.barcode),), "free_copies": 5}, "11-25T11:45",
        Reason.ON_HOLD, "hold record: barcode",
    ),
    "any book while a loan is more than three days overdue": (
        Act.CHECKOUT, others(1, "2026-11-21"), "11-25T11:45", Reason.OVERDUE,
        "library.toml: overdue.block_after_days",
    ),
    "a fourth book of a pupil": (
        Act.CHECKOUT, others(3), "11-25T11:45", Reason.LIMIT_REACHED, "library.toml: categories[0].limit",
    ),
    "a third book of a first-grader": (
        Act.CHECKOUT, {"patron": SMALL_PUPIL, **others(2)}, "11-25T11:45", Reason.LIMIT_REACHED,
        "library.toml: loan_rules[0].limit",
    ),
    "after the return-by date": (
        Act.CHECKOUT, {}, "2027-01-18T11:45", Reason.TERM_OVER, "library.toml: terms[0].return_by",
    ),
    "between terms": (
        Act.CHECKOUT, {}, "2027-02-01T11:45", Reason.TERM_OVER, "library.toml: terms",
    ),
    "before the window": (
        Act.CHECKOUT, {}, "11-25T11:29", Reason.WINDOW_CLOSED, "library.toml: windows[0].from",
    ),
    "after the window": (
        Act.CHECKOUT, {}, "11-25T12:30", Reason.WINDOW_CLOSED, "library.toml: windows[0].to",
    ),
    "on a day without a window": (
        Act.CHECKOUT, {}, "11-28T11:45", Reason.WINDOW_CLOSED, "library.toml: windows[0].days",
    ),
    "on a statutory holiday": (
        Act.CHECKOUT, {}, "10-01T11:45", Reason.CLOSED_DAY, "library.toml: holidays.country",
    ),
    "on a closure": (
        Act.RENEWAL, LENT, "11-05T11:45", Reason.CLOSED_DAY, "library.toml: closures[0]",
    ),
    "with a full store": (
        Act.CHECKOUT, {"store_full": True}, "11-25T11:45", Reason.STORE_FULL,
        "station.toml: store.stop_checkouts_below_mb",
    ),
    "a renewal with a full store": (
        Act.RENEWAL, {**LENT, "store_full": True}, "11-25T11:45", Reason.STORE_FULL,
        "station.toml: store.stop_checkouts_below_mb",
    ),
    "a renewal of a book on the shelf": (
        Act.RENEWAL, {}, "11-25T11:45", Reason.NOT_YOUR_LOAN, "loan record: patron_id",
    ),
    "a renewal of another's loan": (
        Act.RENEWAL, {"loan": THEIRS}, "11-25T11:45", Reason.NOT_YOUR_LOAN, "loan record: patron_id",
    ),
    "a second renewal": (
        Act.RENEWAL, {**LENT, "loan": ONCE}, "11-25T11:45", Reason.NO_RENEWALS_LEFT,
        "library.toml: loan_rules[1].renewals",
    ),
    "a renewal while another waits": (
        Act.RENEWAL, {**LENT, "holds": (hold(),), "free_copies": 0}, "11-25T11:45", Reason.ON_HOLD,
        "library.toml: loan_rules[1].hold_blocks_renewal",
    ),
    "a renewal of a loan overdue too long": (
        Act.RENEWAL, {"loan": SINCE_1ST, "loans": ((SINCE_1ST, "book"),)}, "11-25T11:45",
        Reason.OVERDUE, "library.toml: overdue.block_after_days",
    ),
    "a renewal that gains no day": (
        Act.RENEWAL, {**LENT, "loan": loan("2026-12-09")}, "11-25T11:45", Reason.NOTHING_GAINED,
        "library.toml: loan_rules[1].days",
    ),
    "a renewal that the term lets gain no day": (
        Act.RENEWAL, {"loan": loan("2027-01-15")}, "2027-01-08T11:45", Reason.NOTHING_GAINED,
        "library.toml: terms[0].return_by",
    ),
    "a checkin of an unknown copy": (
        Act.CHECKIN, {"copy": None}, "11-25T11:45", Reason.UNKNOWN_COPY, "copy record: barcode",
    ),
    "reading when the library is closed": (
        Act.USE, {"copy": REFERENCE}, "11-25T13:45", Reason.WINDOW_CLOSED, "library.toml: windows[0].to",
    ),
    "reading with a lost card": (
        Act.USE, {"card": card(CardState.LOST)}, "11-25T11:45", Reason.CARD_LOST, "card record: state",
    ),
}  # fmt: skip


def decide(
    act: Act, given: Facts, at: str, rules: Any = RULES, *, room: str = "main", sure: bool = True
) -> Verdict:
    moment = at if len(at) > 11 else f"2026-{at}"
    return DECIDE[act](given, rules, now(moment, sure=sure), room=room)


@pytest.mark.parametrize(("act", "special", "at", "reason", "line"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused_with_a_reason_and_the_line_that_decided(
    act: Act, special: dict[str, Any], at: str, reason: Reason, line: str
) -> None:
    verdict = decide(act, facts(**special), at)
    assert (verdict.allowed, verdict.reason, str(verdict.rule)) == (False, reason, line)


ALLOWED: dict[str, tuple[Act, dict[str, Any], tuple[Note, ...]]] = {
    "a book": (Act.CHECKOUT, {}, ()),
    "a typed number of a pupil": (Act.CHECKOUT, {"typed": True}, ()),
    "a card on its last day": (Act.CHECKOUT, {"patron": replace(PUPIL, expires_on=date(2026, 11, 25))}, ()),
    "a lost copy that turns up": (Act.CHECKOUT, copy(CopyState.LOST), (Note.REAPPEARED,)),
    "a missing copy that turns up": (Act.CHECKOUT, copy(CopyState.MISSING), (Note.REAPPEARED,)),
    "a copy set aside for me": (Act.CHECKOUT, {"holds": (hold(PUPIL.id, BOOK.barcode),)}, (Note.HOLD_FILLED,)),
    "the free copy I wait first for": (Act.CHECKOUT, {"holds": (hold(PUPIL.id), hold())}, (Note.HOLD_FILLED,)),
    "one of two free copies while one waits": (Act.CHECKOUT, {"holds": (hold(),), "free_copies": 2}, ()),
    "a book while another copy is set aside": (Act.CHECKOUT, {"holds": (hold(SOMEBODY, "77777777"),)}, ()),
    "a book while a loan is three days overdue": (Act.CHECKOUT, others(1, "2026-11-22"), ()),
    "a third book of a third-grader": (Act.CHECKOUT, others(2), ()),
    "a renewal": (Act.RENEWAL, LENT, ()),
    "a renewal while one waits and one is free": (Act.RENEWAL, {**LENT, "holds": (hold(),), "free_copies": 1}, ()),
    "a return": (Act.CHECKIN, {"loan": MINE}, ()),
    "a return of another's loan": (Act.CHECKIN, {"loan": THEIRS}, ()),
    "a return without a card": (Act.CHECKIN, {"loan": THEIRS, "patron": None}, ()),
    "a return on a lost card": (Act.CHECKIN, {"loan": MINE, "card": card(CardState.LOST)}, ()),
    "a return with a full store": (Act.CHECKIN, {"loan": MINE, "store_full": True}, ()),
    "a return of a copy not on loan": (Act.CHECKIN, {}, (Note.WAS_NOT_ON_LOAN,)),
    "a return of a lost copy": (Act.CHECKIN, {"loan": MINE, **copy(CopyState.LOST)}, (Note.REAPPEARED,)),
    "a late return": (Act.CHECKIN, {"loan": loan("2026-11-24")}, (Note.WAS_OVERDUE,)),
    "a return on the due date": (Act.CHECKIN, {"loan": loan("2026-11-25")}, ()),
    "a late return that was refused before": (
        Act.CHECKIN, {"loan": loan("2026-11-20", excused_on=date(2026, 11, 25))}, ()),
    "a return that another waits for": (Act.CHECKIN, {"loan": MINE, "holds": (hold(),)}, (Note.HOLD_WAITING,)),
    "a return that its holder waits for": (Act.CHECKIN, {"loan": MINE, "holds": (hold(PUPIL.id),)}, ()),
    "reading a reference book": (Act.USE, {"copy": REFERENCE}, ()),
    "reading without a card": (Act.USE, {"copy": REFERENCE, "patron": None}, ()),
    "reading what no rule covers": (Act.USE, {"copy": replace(BOOK, copy_type="map")}, ()),
}  # fmt: skip


@pytest.mark.parametrize(("act", "special", "notes"), ALLOWED.values(), ids=ALLOWED)
def test_it_is_allowed_and_worth_a_note(
    act: Act, special: dict[str, Any], notes: tuple[Note, ...]
) -> None:
    verdict = decide(act, facts(**special), "11-25T11:45")
    assert (verdict.allowed, verdict.reason, verdict.notes) == (True, Reason.OK, notes)
    assert verdict.rule
