"""What the library allows: checkout, checkin, renewal, use. PURE.

Each act is a list of questions asked in order; the first that objects decides. The order is for the person at the
screen: first who you are; then what lies in your hand, which no waiting cures; then the day and the hour, because
while nothing is lent no other advice can be followed; and last what you still have at home, told when bringing it back
helps at once.

Where the clock is unsure, nothing that hangs on today's date is asked (expiry, overdue, terms, windows), and days are
told instead of a due date.
"""

from __future__ import annotations

from collections.abc import Callable

from kiosk import questions as ask_whether
from kiosk.calendar import Rules, spans_for
from kiosk.domain import Act, CopyState, Facts, Note, Now, Reason, Verdict
from kiosk.loan_rules import Due, days_overdue, due_date, loans_allowed_more
from kiosk.questions import Ask

__all__ = [
    "decide_checkin", "decide_checkout", "decide_renewal", "decide_use", "decide_visit",
    "due_date", "loans_allowed_more",
]  # fmt: skip

Question = Callable[[Ask], Verdict | None]

VISIT_ORDER: tuple[Question, ...] = (
    ask_whether.known_patron,
    ask_whether.good_card,
    ask_whether.card_scanned,
)
_WHO = (
    *VISIT_ORDER,
    ask_whether.card_valid,
    ask_whether.not_blocked,
    ask_whether.known_copy,
)
CHECKOUT_ORDER: tuple[Question, ...] = (
    *_WHO,
    ask_whether.not_on_loan,
    ask_whether.not_withheld,
    ask_whether.lendable,
    ask_whether.not_held,
    ask_whether.term_runs,
    ask_whether.window_open,
    ask_whether.nothing_overdue,
    ask_whether.below_limit,
    ask_whether.room_in_store,
)
RENEWAL_ORDER: tuple[Question, ...] = (
    *_WHO,
    ask_whether.your_loan,
    ask_whether.not_withheld,
    ask_whether.lendable,
    ask_whether.renewals_left,
    ask_whether.nobody_waits,
    ask_whether.term_runs,
    ask_whether.window_open,
    ask_whether.nothing_overdue,
    ask_whether.room_in_store,
)
CHECKIN_ORDER: tuple[Question, ...] = (ask_whether.known_copy, ask_whether.returns_taken)
USE_ORDER: tuple[Question, ...] = (
    ask_whether.good_card,
    ask_whether.known_copy,
    ask_whether.not_on_loan,
    ask_whether.not_withheld,
    ask_whether.window_open,
)

ORDERS: dict[Act, tuple[Question, ...]] = {
    Act.CHECKOUT: CHECKOUT_ORDER,
    Act.RENEWAL: RENEWAL_ORDER,
    Act.CHECKIN: CHECKIN_ORDER,
    Act.USE: USE_ORDER,
}


def decide_checkout(facts: Facts, rules: Rules, now: Now, *, room: str) -> Verdict:
    """Whether the patron may borrow the copy here and now, and until when."""
    return _decide(Ask(Act.CHECKOUT, facts, rules, now, room), CHECKOUT_ORDER, _lend)


def decide_checkin(facts: Facts, rules: Rules, now: Now, *, room: str) -> Verdict:
    """Whether the copy is taken back; it is, at any time, unless library.toml binds returns to windows."""
    return _decide(Ask(Act.CHECKIN, facts, rules, now, room), CHECKIN_ORDER, take_back)


def decide_renewal(facts: Facts, rules: Rules, now: Now, *, room: str) -> Verdict:
    """Whether the patron may keep the copy longer, counted from today."""
    return _decide(Ask(Act.RENEWAL, facts, rules, now, room), RENEWAL_ORDER, _prolong)


def decide_use(facts: Facts, rules: Rules, now: Now, *, room: str) -> Verdict:
    """Whether the copy may be read in the library now; needs no loan rule and no patron."""
    return _decide(Ask(Act.USE, facts, rules, now, room), USE_ORDER, read_here)


def decide_visit(facts: Facts, rules: Rules, now: Now, *, room: str) -> Verdict:
    """Whether the card opens a visit; also of an expired or blocked patron, who returns books and sees loans."""
    return _decide(Ask(Act.VISIT, facts, rules, now, room), VISIT_ORDER, _come_in)


DECIDE = {
    Act.CHECKOUT: decide_checkout,
    Act.CHECKIN: decide_checkin,
    Act.RENEWAL: decide_renewal,
    Act.USE: decide_use,
}


def _decide(ask: Ask, order: tuple[Question, ...], allow: Callable[[Ask], Verdict]) -> Verdict:
    for question in order:
        objection = question(ask)
        if objection:
            return objection
    return allow(ask)


def _come_in(_ask: Ask) -> Verdict:
    return Verdict(True, Reason.OK)


def _lend(ask: Ask) -> Verdict:
    at, rule = ask.rule
    notes = reappeared(ask) + hold_filled(ask)
    if not ask.now.sure:
        return _by_days(ask, rule.days, f"loan_rules[{at}].days", notes)
    found = due(ask)
    if found is None:
        return Verdict(False, Reason.TERM_OVER, ask.ref("terms"))
    return _until(ask, found, notes)


def _prolong(ask: Ask) -> Verdict:
    assert ask.facts.loan is not None, "your_loan is asked first"
    days, key = length(ask)
    if not ask.now.sure:
        return _by_days(ask, days, key, ())
    found = due(ask)
    present = ask.facts.loan.due_on
    if found is None or (present and found.on <= present):
        return Verdict(
            False, Reason.NOTHING_GAINED, ask.ref(found.key if found else key), due_on=present
        )
    return _until(ask, found, ())


def take_back(ask: Ask) -> Verdict:
    loan, holds = ask.facts.loan, ask.facts.holds
    late = bool(loan and ask.now.sure and days_overdue(loan, ask.today))
    waiting = any(
        h.barcode in (None, ask.copy.barcode)
        for h in holds
        if not loan or h.patron_id != loan.patron_id
    )
    said = {
        Note.WAS_NOT_ON_LOAN: loan is None,
        Note.WAS_OVERDUE: late,
        Note.HOLD_WAITING: waiting,
        Note.CLOCK_UNSURE: not ask.now.sure,
    }
    notes = reappeared(ask) + tuple(note for note, holds_true in said.items() if holds_true)
    return Verdict(True, Reason.OK, ask.ref("returns_any_time"), notes=notes)


def read_here(ask: Ask) -> Verdict:
    if not ask.now.sure:
        return Verdict(
            True, Reason.OK, ask.ref("windows"), notes=(*reappeared(ask), Note.CLOCK_UNSURE)
        )
    spans = spans_for(ask.rules, ask.act, ask.category, ask.room, ask.today)
    key = next(s.key for s in spans if s.begins <= ask.local < s.ends)
    return Verdict(True, Reason.OK, ask.ref(key), notes=reappeared(ask))


def _until(ask: Ask, told: Due, notes: tuple[Note, ...]) -> Verdict:
    said = (*notes, Note.CAPPED_BY_TERM) if told.capped else notes
    days = (told.on - ask.today).days
    return Verdict(True, Reason.OK, ask.ref(told.key), due_on=told.on, days=days, notes=said)


def _by_days(ask: Ask, days: int, key: str, notes: tuple[Note, ...]) -> Verdict:
    return Verdict(True, Reason.OK, ask.ref(key), days=days, notes=(*notes, Note.CLOCK_UNSURE))


def due(ask: Ask) -> Due | None:
    days, key = length(ask)
    return due_date(ask.rules, ask.patron, ask.today, days=days, key=key, room=ask.room)


def length(ask: Ask) -> tuple[int, str]:
    """The days of this loan or renewal, and the line that says so."""
    at, rule = ask.rule
    if ask.act is Act.RENEWAL and rule.renewal_days is not None:
        return rule.renewal_days, f"loan_rules[{at}].renewal_days"
    return rule.days, f"loan_rules[{at}].days"


def reappeared(ask: Ask) -> tuple[Note, ...]:
    return (Note.REAPPEARED,) if ask.copy.state in (CopyState.LOST, CopyState.MISSING) else ()


def hold_filled(ask: Ask) -> tuple[Note, ...]:
    return (Note.HOLD_FILLED,) if any(h.patron_id == ask.patron.id for h in ask.facts.holds) else ()
