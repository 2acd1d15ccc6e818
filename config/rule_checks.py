"""Loan rules that contradict themselves or each other, or leave a category and copy type without a rule. PURE.

Two rules may meet on the same category and copy type only if one names grades and the other does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, product

from config.faults import Fault, Parts, meant
from config.library import LoanRule


def check_loan_rules(parts: Parts) -> Iterator[Fault]:
    rules: Mapping[int, LoanRule] = parts.lists["loan_rules"]
    for at, rule in rules.items():
        yield from _names(parts, rule, f"loan_rules[{at}]")
        yield from _itself(rule, f"loan_rules[{at}]")
    for (a, first), (b, second) in combinations(rules.items(), 2):
        yield from _meeting(first, a, second, b)
    if parts.whole("loan_rules"):
        yield from _gaps(parts, list(rules.values()))


def _names(parts: Parts, rule: LoanRule, key: str) -> Iterator[Fault]:
    for field in ("categories", "copy_types"):
        known = parts.known(field)
        for word in getattr(rule, field):
            if word not in known:
                yield Fault(
                    f"{key}.{field}", word, f"{field} defines no such key; {meant(word, known)}"
                )


def _itself(rule: LoanRule, key: str) -> Iterator[Fault]:
    if rule.use == "in_library":
        for field in ("limit", "days", "renewals", "renewal_days"):
            value = getattr(rule, field)
            if value:
                yield Fault(
                    f"{key}.{field}",
                    value,
                    'copies for use = "in_library" are not lent; leave this out',
                )
        return
    if rule.days < 1:
        yield Fault(
            f"{key}.days", rule.days, 'write the length of the loan in days, or use = "in_library"'
        )
    if rule.limit == 0:
        yield Fault(
            f"{key}.limit",
            0,
            'a loan rule must allow a copy; write 1 or more, or use = "in_library"',
        )
    if rule.renewal_days is not None and not rule.renewals:
        message = "this rule allows no renewals; write renewals = 1, or leave renewal_days out"
        yield Fault(f"{key}.renewal_days", rule.renewal_days, message)
    if rule.renewal_days == 0:
        yield Fault(f"{key}.renewal_days", 0, "write the length of a renewal in days, 1 or more")


def _meeting(first: LoanRule, a: int, second: LoanRule, b: int) -> Iterator[Fault]:
    """Two equally specific rules on the same category, grade and copy type."""
    categories = [c for c in second.categories if c in first.categories]
    types = [t for t in second.copy_types if t in first.copy_types]
    grades = [g for g in second.grades if g in first.grades]
    same_weight = bool(first.grades) == bool(second.grades)
    if not categories or not types or not same_weight or (first.grades and not grades):
        return
    where = f'category "{categories[0]}"' + (f", grade {grades[0]}" if grades else "")
    message = f'loan_rules[{a}] already says what holds for {where} and copy type "{types[0]}"; remove it from one'
    field = "copy_types" if len(second.copy_types) >= len(second.categories) else "categories"
    yield Fault(f"loan_rules[{b}].{field}", getattr(second, field), message)


def _gaps(parts: Parts, rules: list[LoanRule]) -> Iterator[Fault]:
    for category, copy_type in product(parts.known("categories"), parts.known("copy_types")):
        fitting = [r for r in rules if category in r.categories and copy_type in r.copy_types]
        pair = f'category "{category}" and copy type "{copy_type}"'
        if not fitting:
            message = f'no rule for {pair}; add one, with use = "in_library" if it is not lent'
            yield Fault("loan_rules", None, message)
        elif all(rule.grades for rule in fitting):
            grades = ", ".join(str(g) for g in sorted({g for rule in fitting for g in rule.grades}))
            message = f"only grades {grades} have a rule for {pair}; add one without grades for all others"
            yield Fault("loan_rules", None, message)
