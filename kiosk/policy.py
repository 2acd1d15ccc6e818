"""What the library allows: checkout, checkin, renewal, use; due dates. PURE."""

from __future__ import annotations

from kiosk.calendar import Rules
from kiosk.domain import Facts, Now, Verdict


def decide_checkout(facts: Facts, rules: Rules, now: Now, *, room: str) -> Verdict:
    raise NotImplementedError


def decide_checkin(facts: Facts, rules: Rules, now: Now, *, room: str) -> Verdict:
    raise NotImplementedError


def decide_renewal(facts: Facts, rules: Rules, now: Now, *, room: str) -> Verdict:
    raise NotImplementedError


def decide_use(facts: Facts, rules: Rules, now: Now, *, room: str) -> Verdict:
    raise NotImplementedError


def loans_allowed_more(facts: Facts, rules: Rules) -> int | None:
    raise NotImplementedError
