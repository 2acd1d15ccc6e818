"""Loan rules that contradict themselves or each other, or leave a category and copy type without a rule. PURE.

Two rules may meet on the same category and copy type only if one names grades and the other does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, product

from config.faults import Fault, Parts, meant
from config.library import LoanRule
from config.said import Said, other, said


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
                told = "{section} defines no such key; {hint}"
                message = said("not_defined", told, section=field, hint=meant(word, known))
                yield Fault(f"{key}.{field}", word, message)


def _itself(rule: LoanRule, key: str) -> Iterator[Fault]:
    if rule.use == "in_library":
        for field in ("limit", "days", "renewals", "renewal_days"):
            value = getattr(rule, field)
            if value:
                told = 'copies for use = "in_library" are not lent; leave this out'
                yield Fault(f"{key}.{field}", value, said("not_lent", told))
        return
    if rule.days < 1:
        told = 'write the length of the loan in days, or use = "in_library"'
        yield Fault(f"{key}.days", rule.days, said("no_days", told))
    if rule.limit == 0:
        told = 'a loan rule must allow a copy; write 1 or more, or use = "in_library"'
        yield Fault(f"{key}.limit", 0, said("no_limit", told))
    if rule.renewal_days is not None and not rule.renewals:
        told = "this rule allows no renewals; write renewals = 1, or leave renewal_days out"
        yield Fault(f"{key}.renewal_days", rule.renewal_days, said("no_renewals", told))
    if rule.renewal_days == 0:
        told = "write the length of a renewal in days, 1 or more"
        yield Fault(f"{key}.renewal_days", 0, said("renewal_days", told))


def _meeting(first: LoanRule, a: int, second: LoanRule, b: int) -> Iterator[Fault]:
    """Two equally specific rules on the same category, grade and copy type."""
    categories = [c for c in second.categories if c in first.categories]
    types = [t for t in second.copy_types if t in first.copy_types]
    grades = [g for g in second.grades if g in first.grades]
    same_weight = bool(first.grades) == bool(second.grades)
    if not categories or not types or not same_weight or (first.grades and not grades):
        return
    who = _who(categories[0], grades[0] if grades else None)
    told = (
        '{other} already says what holds for {who} and copy type "{copy_type}"; remove it from one'
    )
    message = said("meeting", told, other=other("loan_rules", a), who=who, copy_type=types[0])
    field = "copy_types" if len(second.copy_types) >= len(second.categories) else "categories"
    yield Fault(f"loan_rules[{b}].{field}", getattr(second, field), message)


def _who(category: str, grade: int | None) -> Said:
    if grade is None:
        return said("who", 'category "{category}"', category=category)
    told = 'category "{category}", grade {grade}'
    return said("who_of_grade", told, category=category, grade=grade)


def _gaps(parts: Parts, rules: list[LoanRule]) -> Iterator[Fault]:
    for category, copy_type in product(parts.known("categories"), parts.known("copy_types")):
        fitting = [r for r in rules if category in r.categories and copy_type in r.copy_types]
        pair = {"category": category, "copy_type": copy_type}
        named = 'category "{category}" and copy type "{copy_type}"'
        if not fitting:
            told = f'no rule for {named}; add one, with use = "in_library" if it is not lent'
            yield Fault("loan_rules", None, said("no_rule", told, **pair))
        elif all(rule.grades for rule in fitting):
            grades = ", ".join(str(g) for g in sorted({g for rule in fitting for g in rule.grades}))
            told = f"only grades {{grades}} have a rule for {named}; add one without grades for all others"
            message = said("only_grades", told, grades=grades, **pair)
            yield Fault("loan_rules", None, message)
