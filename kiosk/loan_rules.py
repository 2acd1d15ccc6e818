"""Which loan rule applies, how many copies it allows, and when they are due. PURE.

A rule that names grades beats one that does not. A due date is a day on which the patron can come: it moves on to the
next open day, but never past the term's return_by; there it moves back to the last open day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from config.library import Category, LoanRule
from kiosk.calendar import Rules, is_open_day, next_open_day, previous_open_day
from kiosk.domain import Facts, Loan, Now, Patron


@dataclass(frozen=True, slots=True)
class Due:
    """A due date and the key of library.toml that set it; `capped` says that the term made it earlier."""

    on: date
    key: str
    capped: bool


def find_rule(rules: Rules, patron: Patron, copy_type: str) -> tuple[int, LoanRule] | None:
    """The rule for this patron and copy type, with its place in library.toml."""
    fitting = [
        (at, rule)
        for at, rule in enumerate(rules.library.loan_rules)
        if patron.category in rule.categories and copy_type in rule.copy_types
        if not rule.grades or patron.grade in rule.grades
    ]
    return max(fitting, key=lambda found: (bool(found[1].grades), -found[0]), default=None)


def graded(rules: Rules, category: str, copy_type: str) -> list[int]:
    """The grades that have a rule of their own for this category and copy type."""
    fitting = (
        rule
        for rule in rules.library.loan_rules
        if category in rule.categories and copy_type in rule.copy_types
    )
    return sorted({grade for rule in fitting for grade in rule.grades})


def find_category(rules: Rules, key: str) -> tuple[int, Category] | None:
    return next(((at, c) for at, c in enumerate(rules.library.categories) if c.key == key), None)


def loans_allowed_more(facts: Facts, rules: Rules) -> int | None:
    """How many more copies the patron may borrow: of the copy's type, or of all types where facts name no copy.

    None where the library has no such patron or category.
    """
    patron = facts.patron
    category = find_category(rules, patron.category) if patron else None
    if not patron or not category:
        return None
    types = [facts.copy.copy_type] if facts.copy else [t.key for t in rules.library.copy_types]
    found = {rule[0]: rule[1] for rule in (find_rule(rules, patron, t) for t in types) if rule}
    lending = {at: rule for at, rule in found.items() if rule.use == "loan"}
    total = category[1].limit - len(counted(facts))
    by_rule = sum(
        total if rule.limit is None else max(0, rule.limit - count_under(facts, rules, at))
        for at, rule in lending.items()
    )
    return max(0, min(total, by_rule))


def counted(facts: Facts) -> list[tuple[Loan, str]]:
    """The patron's loans that count against limits: a class box is the library's, not the teacher's own."""
    return [(loan, copy_type) for loan, copy_type in facts.loans if not loan.boxed]


def count_under(facts: Facts, rules: Rules, rule_at: int) -> int:
    """How many of the patron's loans fall under the rule at this place."""
    if facts.patron is None:
        return 0
    found = (find_rule(rules, facts.patron, t) for _, t in counted(facts))
    return sum(1 for rule in found if rule and rule[0] == rule_at)


def days_overdue(loan: Loan, today: date) -> int:
    """Days since the midnight that ended due_on, or since a refused return may count; 0 where it is not overdue.

    A loan made on an unsure clock has no due date and is never overdue.
    """
    if loan.due_on is None:
        return 0
    last_good = max(loan.due_on, loan.excused_on or loan.due_on)
    return max(0, (today - last_good).days)


def overdue_loans(facts: Facts, rules: Rules, today: date) -> int:
    """How many loans are overdue for long enough to count against the patron."""
    after = rules.library.overdue.block_after_days
    return sum(1 for loan, _ in facts.loans if days_overdue(loan, today) > after)


def blocked_by_overdue(facts: Facts, rules: Rules, now: Now) -> bool:
    """Whether so many loans are overdue that nothing more is lent; never by a clock that is unsure."""
    enough = rules.library.overdue.block_from_count
    return now.sure and overdue_loans(facts, rules, now.local.date()) >= enough


def due_date(
    rules: Rules, patron: Patron, today: date, *, days: int, key: str, room: str | None
) -> Due | None:
    """When a loan of `days` that begins today is due; `key` is the line that names the days. None: no day is left."""

    def is_open(day: date) -> bool:
        return is_open_day(rules, day, category=patron.category, room=room)

    cap, cap_key = return_by(rules, today)
    wanted: date | None = min(today + timedelta(days=days), date.max - timedelta(days=1))
    if wanted and not is_open(wanted):
        wanted = next_open_day(rules, wanted, category=patron.category, room=room)
    if wanted and wanted <= cap:
        return Due(wanted, key, capped=False)
    latest = min(cap, today + timedelta(days=days))
    if not is_open(latest):
        latest = previous_open_day(rules, latest, category=patron.category, room=room) or date.min
    return Due(latest, cap_key or key, capped=bool(cap_key)) if latest >= today else None


def return_by(rules: Rules, today: date) -> tuple[date, str | None]:
    """The last day on which a loan made today may be due, and the line that says so."""
    for at, term in enumerate(rules.library.terms):
        if term.begins <= today <= term.ends:
            return term.return_by, f"terms[{at}].return_by"
    return date.max, None
