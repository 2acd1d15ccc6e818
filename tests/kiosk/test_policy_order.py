"""Which reason is told when several stand against an act: the one that must be settled first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from kiosk.domain import Card, CardState, CopyState, Reason
from kiosk.policy import decide_checkout, decide_renewal
from tests.kiosk.lending import BOOK, PUPIL, RULES, SOMEBODY, facts, hold, loan, now, others

LATE = others(3, "2026-11-01")
HELD = loan("2026-11-01")
BAD_BOOK = replace(BOOK, state=CopyState.MENDING)
REFERENCE = replace(BOOK, copy_type="reference")
EXPIRED = replace(PUPIL, expires_on=date(2020, 1, 1))
LOST = Card("2026000001", PUPIL.id, CardState.LOST)
CLOSED = {"at": "2026-11-25T13:00"}

# Each row adds one more obstacle in front of those of the row before.
CHECKOUT: list[tuple[Reason, dict[str, Any]]] = [
    (Reason.STORE_FULL, {"store_full": True}),
    (Reason.LIMIT_REACHED, others(3)),
    (Reason.OVERDUE, LATE),
    (Reason.WINDOW_CLOSED, CLOSED),
    (Reason.ON_HOLD, {"holds": (hold(),)}),
    (Reason.IN_LIBRARY_ONLY, {"copy": REFERENCE}),
    (Reason.COPY_WITHHELD, {"copy": replace(BAD_BOOK, copy_type="reference")}),
    (Reason.ON_LOAN, {"loan": loan(patron_id=SOMEBODY)}),
    (Reason.UNKNOWN_COPY, {"copy": None}),
    (Reason.PATRON_BLOCKED, {"patron": replace(PUPIL, blocked="lost a book")}),
    (Reason.CARD_EXPIRED, {"patron": replace(EXPIRED, blocked="lost a book")}),
    (Reason.CARD_LOST, {"card": LOST}),
    (Reason.CARD_REPLACED, {"card": replace(LOST, state=CardState.REPLACED)}),
    (Reason.UNKNOWN_CARD, {"patron": None}),
]


@pytest.mark.parametrize("depth", range(len(CHECKOUT)), ids=lambda n: str(CHECKOUT[n][0]))
def test_of_many_obstacles_to_a_checkout_the_first_in_order_is_told(depth: int) -> None:
    special: dict[str, Any] = {}
    for _, more in CHECKOUT[: depth + 1]:
        special |= more
    at = special.pop("at", "2026-11-25T11:45")
    verdict = decide_checkout(facts(**special), RULES, now(at), room="main")
    assert verdict.reason is CHECKOUT[depth][0]


RENEWAL: list[tuple[Reason, dict[str, Any]]] = [
    (Reason.STORE_FULL, {"loan": loan(), "store_full": True}),
    (Reason.OVERDUE, {"loan": HELD, "loans": ((HELD, "book"),)}),
    (Reason.WINDOW_CLOSED, CLOSED),
    (Reason.ON_HOLD, {"holds": (hold(),), "free_copies": 0}),
    (Reason.NO_RENEWALS_LEFT, {"loan": replace(HELD, renewals=1)}),
    (Reason.COPY_WITHHELD, {"copy": BAD_BOOK}),
    (Reason.NOT_YOUR_LOAN, {"loan": None}),
    (Reason.CARD_LOST, {"card": LOST}),
]


@pytest.mark.parametrize("depth", range(len(RENEWAL)), ids=lambda n: str(RENEWAL[n][0]))
def test_of_many_obstacles_to_a_renewal_the_first_in_order_is_told(depth: int) -> None:
    special: dict[str, Any] = {}
    for _, more in RENEWAL[: depth + 1]:
        special |= more
    at = special.pop("at", "2026-11-25T11:45")
    verdict = decide_renewal(facts(**special), RULES, now(at), room="main")
    assert verdict.reason is RENEWAL[depth][0]
