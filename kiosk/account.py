"""What stands on a patron's account, as the screen of a visit shows it."""

from __future__ import annotations

from dataclasses import replace

from kiosk.calendar import Rules
from kiosk.desk_values import Account
from kiosk.domain import Copy, Facts, Loan, Now, Verdict
from kiosk.loan_rules import blocked_by_overdue
from kiosk.policy import decide_renewal, loans_allowed_more
from kiosk.store.lent import term_count
from kiosk.store.posts import standing
from kiosk.store.tx import Tx
from kiosk.voice_posts import Answer


def read_account(tx: Tx, patron_id: str, rules: Rules, now: Now, *, room: str) -> Account:
    """Loans with copies, whether each could be renewed now, how many more are allowed, and holds that wait."""
    patron = tx.patron(patron_id)
    assert patron is not None, f"patron {patron_id} left the store during a visit"
    out = tuple(tx.loans_out(patron_id))
    base = Facts(patron=patron, loans=tuple((loan, copy.copy_type) for loan, copy in out))
    renewals = tuple(_renewal(tx, base, loan, copy, (rules, now, room)) for loan, copy in out)
    # Who may borrow nothing before something else is settled is not told how many more.
    expired = patron.expires_on is not None and now.sure and now.local.date() > patron.expires_on
    stopped = patron.blocked is not None or expired or blocked_by_overdue(base, rules, now)
    more = None if stopped else loans_allowed_more(base, rules)
    told = tx.holds_ready(patron_id), tx.messages(patron_id, now)
    answers = standing(tx, Answer, now, patron_id=patron_id)
    told_back = tuple((post.id, post.body.text) for post in answers)
    counted = term_count(tx, patron, rules, now)
    return Account(patron, out, renewals, more, *told, answers=told_back, term=counted)


def _renewal(tx: Tx, base: Facts, loan: Loan, copy: Copy, by: tuple[Rules, Now, str]) -> Verdict:
    rules, now, room = by
    holds = tx.holds(copy.title.id)
    free = tx.free_copies(copy.title.id) if holds else 1
    facts = replace(base, copy=copy, loan=loan, holds=holds, free_copies=free)
    return decide_renewal(facts, rules, now, room=room)
