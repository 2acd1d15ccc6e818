"""How many copies a pupil has borrowed this term, beside what the library hopes for. PURE."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from config.library import Term
from kiosk.calendar import Rules


@dataclass(frozen=True, slots=True)
class TermCount:
    """lent: copies borrowed since the term began, renewals not among them. goal: `loans_per_term` of [goals]."""

    lent: int
    goal: float


def span_of(term: Term) -> str:
    """What a count of this term is told under: its days, so that a term whose days have changed is another one."""
    return f"{term.begins.isoformat()}..{term.ends.isoformat()}"


def term_with_goal(rules: Rules, day: date) -> Term | None:
    """The term that runs on this day; None where there is none, or no goal for it."""
    if not rules.library.goals.loans_per_term:
        return None
    return next((t for t in rules.library.terms if t.begins <= day <= t.ends), None)
