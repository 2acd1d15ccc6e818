"""What staff may allow beyond the rules, and what nobody can, whatever is written for a reason. PURE.

An override is a person's decision: it sets aside every rule that objects, but not what cannot be: a copy or patron that
nobody knows, a copy that is out already, a loan that is somebody else's.
"""

from __future__ import annotations

from datetime import date, timedelta

from kiosk import questions as ask_whether
from kiosk.calendar import Rules, next_open_day
from kiosk.domain import Act, Facts, Note, Now, Reason, Verdict
from kiosk.policy import DECIDE, ORDERS, due, hold_filled, reappeared, take_back
from kiosk.questions import Ask

# No word of staff makes these possible.
NEVER = frozenset(
    {
        Reason.UNKNOWN_CARD,
        Reason.UNKNOWN_COPY,
        Reason.ALREADY_YOURS,
        Reason.ON_LOAN,
        Reason.NOT_YOUR_LOAN,
        Reason.STORE_FULL,
    }
)
_OF_A_RULE = (ask_whether.below_limit, ask_whether.renewals_left, ask_whether.nobody_waits)


def objections(ask: Ask) -> tuple[Verdict, ...]:
    """Everything that speaks against the act, in the order of the questions; of what cannot be, the first alone."""
    found: list[Verdict] = []
    for question in ORDERS[ask.act]:
        asked = ask.found is not None if question in _OF_A_RULE else True
        objection = question(ask) if asked else None
        if objection and objection.reason in NEVER:
            return (objection,)
        if objection:
            found.append(objection)
    if not found:
        # No question objects, but no day is left on which the loan could be due, or none later than the present one.
        verdict = DECIDE[ask.act](ask.facts, ask.rules, ask.now, room=ask.room)
        found += [] if verdict.allowed else [verdict]
    return tuple(found)


def decide_override(
    act: Act, facts: Facts, rules: Rules, now: Now, *, room: str, due_on: date | None = None
) -> Verdict:
    """Allowed, unless it cannot be. The reason stays the one that was set aside; due_on: the day staff have chosen."""
    ask = Ask(act, facts, rules, now, room)
    against = objections(ask)
    first = against[0] if against else Verdict(True, Reason.OK)
    if first.reason in NEVER:
        return first
    if act not in (Act.CHECKOUT, Act.RENEWAL):
        notes = take_back(ask).notes if act is Act.CHECKIN else reappeared(ask)
        return Verdict(True, first.reason, first.rule, notes=notes)
    until = due_on or _usual(ask)
    notes = _notes(ask)
    return Verdict(
        True, first.reason, first.rule, due_on=until, days=(until - ask.today).days, notes=notes
    )


def _notes(ask: Ask) -> tuple[Note, ...]:
    return reappeared(ask) + hold_filled(ask) if ask.act is Act.CHECKOUT else ()


def _usual(ask: Ask) -> date:
    """What the rules would say if they allowed it, and never less than the loan has already."""
    found = due(ask) if ask.found and ask.found[1].use == "loan" else None
    present = ask.facts.loan.due_on if ask.facts.loan else None
    until = found.on if found else _next_open(ask)
    return max(until, present) if present else until


def _next_open(ask: Ask) -> date:
    after = next_open_day(ask.rules, ask.today, category=ask.category, room=ask.room)
    return after or ask.today + timedelta(days=1)
