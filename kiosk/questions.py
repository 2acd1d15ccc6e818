"""The questions that policy asks before an act, each with the Verdict that refuses it. PURE.

Every refusal names what decided: a line of library.toml, or the record that staff keep (card, patron, copy, loan,
hold).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from config.library import LoanRule
from kiosk.calendar import Rules, closed_by, here, lends_on, opens_next, spans_for, window_at
from kiosk.domain import (
    Act,
    CardState,
    Copy,
    CopyState,
    Facts,
    Now,
    Patron,
    Reason,
    RuleRef,
    Verdict,
)
from kiosk.loan_rules import (
    count_under,
    counted,
    find_category,
    find_rule,
    overdue_loans,
    return_by,
)


@dataclass(frozen=True)
class Ask:
    """One act put to the rules: who asks, with what, where and when."""

    act: Act
    facts: Facts
    rules: Rules
    now: Now
    room: str

    @cached_property
    def local(self) -> datetime:
        return here(self.rules, self.now.local)

    @cached_property
    def today(self) -> date:
        return self.local.date()

    @property
    def patron(self) -> Patron:
        assert self.facts.patron is not None, "known_patron is asked first"
        return self.facts.patron

    @property
    def copy(self) -> Copy:
        assert self.facts.copy is not None, "known_copy is asked first"
        return self.facts.copy

    @property
    def category(self) -> str | None:
        return self.facts.patron.category if self.facts.patron else None

    @cached_property
    def found(self) -> tuple[int, LoanRule] | None:
        """The loan rule for this patron and copy; None: there is none."""
        return find_rule(self.rules, self.patron, self.copy.copy_type)

    @property
    def rule(self) -> tuple[int, LoanRule]:
        assert self.found is not None, "lendable is asked first"
        return self.found

    def ref(self, key: str) -> RuleRef:
        return RuleRef(self.rules.path.rpartition("/")[2] or "library.toml", key)


# Who you are.


def known_patron(ask: Ask) -> Verdict | None:
    return (
        None
        if ask.facts.patron
        else Verdict(False, Reason.UNKNOWN_CARD, RuleRef("card record", "number"))
    )


def good_card(ask: Ask) -> Verdict | None:
    card = ask.facts.card
    match card.state if card else CardState.ACTIVE:
        case CardState.ACTIVE:
            return None
        case CardState.LOST:
            return Verdict(False, Reason.CARD_LOST, RuleRef("card record", "state"))
        case CardState.REPLACED:
            return Verdict(False, Reason.CARD_REPLACED, RuleRef("card record", "state"))


def card_scanned(ask: Ask) -> Verdict | None:
    category = find_category(ask.rules, ask.patron.category)
    if not ask.facts.typed or (category and category[1].type_number):
        return None
    key = f"categories[{category[0]}].type_number" if category else "categories"
    return Verdict(False, Reason.CARD_NEEDED, ask.ref(key))


def card_valid(ask: Ask) -> Verdict | None:
    ends = ask.patron.expires_on
    if ends is None or not ask.now.sure or ask.today <= ends:
        return None
    return Verdict(
        False, Reason.CARD_EXPIRED, RuleRef("patron record", "expires_on"), detail=ends.isoformat()
    )


def not_blocked(ask: Ask) -> Verdict | None:
    if ask.patron.blocked is None:
        return None
    return Verdict(
        False, Reason.PATRON_BLOCKED, RuleRef("patron record", "blocked"), detail=ask.patron.blocked
    )


# What lies in your hand.


def known_copy(ask: Ask) -> Verdict | None:
    return (
        None
        if ask.facts.copy
        else Verdict(False, Reason.UNKNOWN_COPY, RuleRef("copy record", "barcode"))
    )


def not_on_loan(ask: Ask) -> Verdict | None:
    loan = ask.facts.loan
    if loan is None:
        return None
    if ask.facts.patron and loan.patron_id == ask.facts.patron.id:
        return Verdict(
            False, Reason.ALREADY_YOURS, RuleRef("loan record", "patron_id"), due_on=loan.due_on
        )
    return Verdict(False, Reason.ON_LOAN, RuleRef("loan record", "patron_id"))


def your_loan(ask: Ask) -> Verdict | None:
    if ask.facts.loan and ask.facts.loan.patron_id == ask.patron.id:
        return None
    return Verdict(False, Reason.NOT_YOUR_LOAN, RuleRef("loan record", "patron_id"))


def not_withheld(ask: Ask) -> Verdict | None:
    if ask.copy.state not in (CopyState.MENDING, CopyState.WITHDRAWN):
        return None
    return Verdict(
        False, Reason.COPY_WITHHELD, RuleRef("copy record", "state"), detail=ask.copy.state.value
    )


def lendable(ask: Ask) -> Verdict | None:
    if not ask.copy.lendable:
        return Verdict(False, Reason.IN_LIBRARY_ONLY, RuleRef("copy record", "lendable"))
    if not ask.found:
        return Verdict(False, Reason.NO_RULE, ask.ref("loan_rules"))
    at, rule = ask.found
    if rule.use == "in_library":
        return Verdict(False, Reason.IN_LIBRARY_ONLY, ask.ref(f"loan_rules[{at}].use"))
    return None


# What you still have at home.


def nothing_overdue(ask: Ask) -> Verdict | None:
    allowed = ask.rules.library.overdue.block_from_count
    count = overdue_loans(ask.facts, ask.rules, ask.today) if ask.now.sure else 0
    if count < allowed:
        return None
    key = "overdue.block_from_count" if allowed > 1 else "overdue.block_after_days"
    return Verdict(False, Reason.OVERDUE, ask.ref(key), limit=allowed, count=count)


def below_limit(ask: Ask) -> Verdict | None:
    category, (at, rule) = find_category(ask.rules, ask.patron.category), ask.rule
    total, under = len(counted(ask.facts)), count_under(ask.facts, ask.rules, at)
    if category and total >= category[1].limit:
        key = f"categories[{category[0]}].limit"
        return Verdict(
            False, Reason.LIMIT_REACHED, ask.ref(key), limit=category[1].limit, count=total
        )
    if rule.limit is not None and under >= rule.limit:
        return Verdict(
            False,
            Reason.LIMIT_REACHED,
            ask.ref(f"loan_rules[{at}].limit"),
            limit=rule.limit,
            count=under,
        )
    return None


def renewals_left(ask: Ask) -> Verdict | None:
    at, rule = ask.rule
    count = ask.facts.loan.renewals if ask.facts.loan else 0
    if count < rule.renewals:
        return None
    ref = ask.ref(f"loan_rules[{at}].renewals")
    return Verdict(False, Reason.NO_RENEWALS_LEFT, ref, limit=rule.renewals, count=count)


# Who else is waiting.


def not_held(ask: Ask) -> Verdict | None:
    """Lending must leave a free copy for everyone ahead in the queue, and never take a copy set aside for another."""
    holds, me = ask.facts.holds, ask.patron.id
    if any(h.barcode == ask.copy.barcode and h.patron_id != me for h in holds):
        return Verdict(False, Reason.ON_HOLD, RuleRef("hold record", "barcode"))
    mine = next((at for at, h in enumerate(holds) if h.patron_id == me), None)
    if mine is not None and holds[mine].barcode is not None:
        return None  # this copy, or another that goes back to the queue in its stead
    ahead = sum(1 for h in holds[:mine] if h.barcode is None)
    if ahead < ask.facts.free_copies or ahead == 0:
        return None
    return Verdict(False, Reason.ON_HOLD, RuleRef("hold record", "placed_ms"))


def nobody_waits(ask: Ask) -> Verdict | None:
    at, rule = ask.rule
    others = [h for h in ask.facts.holds if h.patron_id != ask.patron.id]
    waiting = sum(1 for h in others if h.barcode in (None, ask.copy.barcode))
    if not rule.hold_blocks_renewal or waiting <= max(0, ask.facts.free_copies):
        return None
    return Verdict(False, Reason.ON_HOLD, ask.ref(f"loan_rules[{at}].hold_blocks_renewal"))


# The day and the hour.


def term_runs(ask: Ask) -> Verdict | None:
    if not ask.now.sure or lends_on(ask.rules, ask.today):
        return None
    _, key = return_by(ask.rules, ask.today)
    return Verdict(False, Reason.TERM_OVER, ask.ref(key or "terms"), opens_at=_opens_at(ask))


def window_open(ask: Ask) -> Verdict | None:
    if not ask.now.sure or window_at(ask.rules, ask.act, ask.category, ask.room, ask.local):
        return None
    closed = closed_by(ask.rules, ask.today)
    if closed:
        return Verdict(
            False,
            Reason.CLOSED_DAY,
            ask.ref(closed.key),
            opens_at=_opens_at(ask),
            detail=closed.name,
        )
    return Verdict(False, Reason.WINDOW_CLOSED, ask.ref(_missed(ask)), opens_at=_opens_at(ask))


def room_in_store(ask: Ask) -> Verdict | None:
    if not ask.facts.store_full:
        return None
    return Verdict(
        False, Reason.STORE_FULL, RuleRef("station.toml", "store.stop_checkouts_below_mb")
    )


def returns_taken(ask: Ask) -> Verdict | None:
    return None if ask.rules.library.returns_any_time else window_open(ask)


def _opens_at(ask: Ask) -> datetime | None:
    return opens_next(ask.rules, ask.act, ask.category, ask.room, ask.local)


def _missed(ask: Ask) -> str:
    """The line that kept the patron out: the next window of today, else the last of today, else the next one's days."""
    opens_at = _opens_at(ask)
    today = spans_for(ask.rules, ask.act, ask.category, ask.room, ask.today)
    if today and (opens_at is None or opens_at.date() > ask.today):
        return f"{today[-1].key}.to"
    if opens_at is None:
        return "windows"
    spans = spans_for(ask.rules, ask.act, ask.category, ask.room, opens_at.date())
    key = next(s.key for s in spans if s.begins == opens_at)
    return f"{key}.from" if opens_at.date() == ask.today else f"{key}.days"
