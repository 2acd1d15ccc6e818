"""Whether a copy may go out in a class box, and until when. PURE.

A box is lent to a teacher for a class: neither the hours of the library nor the number of copies one person may have
bind it, for it is the library that lends out a part of its shelves. All else holds as for any loan of that teacher.
"""

from __future__ import annotations

from datetime import date

from kiosk import questions as ask_whether
from kiosk.calendar import Rules
from kiosk.domain import Act, Facts, Now, Reason, Verdict
from kiosk.loan_rules import return_by
from kiosk.policy import Question
from kiosk.questions import Ask

TEACHER_ORDER: tuple[Question, ...] = (
    ask_whether.known_patron,
    ask_whether.card_valid,
    ask_whether.not_blocked,
    ask_whether.term_runs,
)
COPY_ORDER: tuple[Question, ...] = (
    ask_whether.known_copy,
    ask_whether.not_on_loan,
    ask_whether.not_withheld,
    ask_whether.lendable,
    ask_whether.not_held,
)


def decide_teacher(facts: Facts, rules: Rules, now: Now, *, room: str, due_on: date) -> Verdict:
    """Whether this patron may be lent a box today, and until when: the day that is wanted, or the term's last one."""
    ask = Ask(Act.CHECKOUT, facts, rules, now, room)
    if objection := _first(ask, TEACHER_ORDER):
        return objection
    cap, key = return_by(rules, ask.today)
    until = min(due_on, cap)
    days = (until - ask.today).days
    if days < 0:
        return Verdict(False, Reason.TERM_OVER, ask.ref(key or "terms"))
    return Verdict(True, Reason.OK, ask.ref(key) if key else None, due_on=until, days=days)


def decide_in_box(facts: Facts, rules: Rules, now: Now, *, room: str) -> Verdict:
    """Whether this copy may go with the box."""
    ask = Ask(Act.CHECKOUT, facts, rules, now, room)
    return _first(ask, COPY_ORDER) or Verdict(True, Reason.OK)


def _first(ask: Ask, order: tuple[Question, ...]) -> Verdict | None:
    for question in order:
        if objection := question(ask):
            return objection
    return None
