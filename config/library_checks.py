"""What the parts of library.toml must not say to each other: names that do not exist, days outside a term. PURE.

Loan rules are in rule_checks.py, barcodes in shape_checks.py. Every check is a generator of faults.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import combinations

from config.faults import Fault, Parts, meant
from config.library import WEEKDAYS, Closure, OpenDay, Quiet, Term, Window
from config.rule_checks import check_loan_rules
from config.said import Said, either, other, said
from config.shape_checks import check_barcodes
from config.sheet_checks import check_sheets

NAMED = {
    "rooms": "key",
    "categories": "key",
    "copy_types": "key",
    "shelves": "key",
    "terms": "name",
}


def check_library(parts: Parts) -> Iterator[Fault]:
    """Everything that is well formed and still wrong."""
    yield from _twice(parts)
    yield from _default_room(parts)
    yield from check_loan_rules(parts)
    yield from _terms(parts.lists["terms"])
    yield from _windows(parts)
    yield from _categories_without_window(parts)
    yield from _days(parts.lists["closures"], "closures")
    yield from _days(parts.lists["open_days"], "open_days")
    yield from _open_days_that_open_nothing(parts)
    yield from _quiet(parts.lists["quiet"])
    yield from check_barcodes(parts)
    yield from check_sheets(parts)
    yield from _stages(parts)


def _twice(parts: Parts) -> Iterator[Fault]:
    for section, field in NAMED.items():
        seen: dict[str, int] = {}
        for at, row in parts.lists[section].items():
            word = getattr(row, field)
            if word in seen:
                message = said(
                    f"same_{field}",
                    f"{{other}} has the same {field}; write another",
                    other=other(section, seen[word]),
                )
                yield Fault(f"{section}[{at}].{field}", word, message)
            seen.setdefault(word, at)


def _default_room(parts: Parts) -> Iterator[Fault]:
    identity = parts.tables.get("library")
    if identity:
        yield from unknown(parts, "rooms", (identity.room,), "library.room")


def unknown(parts: Parts, section: str, words: tuple[str, ...], key: str) -> Iterator[Fault]:
    """A fault for each word that the section does not define."""
    known = parts.known(section)
    for word in words:
        if word not in known:
            told = "{section} defines no such key; {hint}"
            message = said("not_defined", told, section=section, hint=meant(word, known))
            yield Fault(key, word, message)


def _terms(terms: Mapping[int, Term]) -> Iterator[Fault]:
    for at, term in terms.items():
        if term.ends < term.begins:
            yield Fault(
                f"terms[{at}].ends",
                term.ends,
                said(
                    "term_backwards",
                    "the term ends before it begins; write {day} or later",
                    day=term.begins,
                ),
            )
        elif not term.begins <= term.return_by <= term.ends:
            told = "this lies outside the term; write a date {span}"
            message = said("outside_term", told, span=_span(term))
            yield Fault(f"terms[{at}].return_by", term.return_by, message)
    for (a, first), (b, second) in combinations(terms.items(), 2):
        if first.begins <= second.ends and second.begins <= first.ends:
            later, before = (b, first) if second.begins >= first.begins else (a, second)
            told = "this term overlaps {name}; write a date after {day}"
            message = said("term_overlaps", told, name=before.name, day=before.ends)
            yield Fault(f"terms[{later}].begins", terms[later].begins, message)


def _span(term: Term) -> Said:
    return said("span", "from {begins} to {ends}", begins=term.begins, ends=term.ends)


def _windows(parts: Parts) -> Iterator[Fault]:
    for at, window in parts.lists["windows"].items():
        key = f"windows[{at}]"
        if window.ends <= window.begins:
            told = "the window ends before it begins; write a time after {time}"
            message = said("window_backwards", told, time=f"{window.begins:%H:%M}")
            yield Fault(f"{key}.to", f"{window.ends:%H:%M}", message)
        yield from unknown(parts, "rooms", window.rooms, f"{key}.rooms")
        yield from unknown(parts, "categories", window.categories, f"{key}.categories")
        yield from _season(parts, window, key)


def _season(parts: Parts, window: Window, key: str) -> Iterator[Fault]:
    if window.first_day and window.last_day and window.last_day < window.first_day:
        told = "the window's last day comes before its first; write {day} or later"
        message = said("last_day_first", told, day=window.first_day)
        yield Fault(f"{key}.last_day", window.last_day, message)
    if not {"checkout", "renewal"} & set(window.acts):
        return
    terms = parts.lists["terms"].values()
    for field in ("first_day", "last_day"):
        day: date | None = getattr(window, field)
        if day and terms and not any(t.begins <= day <= t.ends for t in terms):
            told = (
                'nothing is lent outside a term; write a date {spans}, or acts = ["checkin", "use"]'
            )
            message = said("not_in_a_term", told, spans=either([_span(t) for t in terms]))
            yield Fault(f"{key}.{field}", day, message)


def _categories_without_window(parts: Parts) -> Iterator[Fault]:
    windows = parts.lists["windows"].values()
    if not parts.whole("windows"):
        return
    for at, category in parts.lists["categories"].items():
        open_to = [w for w in windows if not w.categories or category.key in w.categories]
        if not any("checkout" in w.acts for w in open_to):
            told = "no window lets this category check out; add it to the categories of a window"
            message = said("no_window", told)
            yield Fault(f"categories[{at}].key", category.key, message)


def _days(rows: Mapping[int, Closure | OpenDay], section: str) -> Iterator[Fault]:
    for at, row in rows.items():
        if row.ends and row.ends < row.begins:
            told = "this comes before the first day; write {day} or later"
            message = said("days_backwards", told, day=row.begins)
            yield Fault(f"{section}[{at}].to", row.ends, message)


def _open_days_that_open_nothing(parts: Parts) -> Iterator[Fault]:
    windows = parts.lists["windows"].values()
    if not parts.whole("windows"):
        return
    served = {day for window in windows for day in window.days}
    for at, row in parts.lists["open_days"].items():
        weekday = row.runs_as or WEEKDAYS[row.begins.weekday()]
        if weekday not in served and (row.runs_as or not row.ends):
            told = 'no window runs on "{weekday}"; write as = "fri" to run Friday\'s windows'
            message = said("no_window_that_day", told, weekday=weekday)
            yield Fault(f"open_days[{at}]", {"from": row.begins}, message)


def _quiet(rows: Mapping[int, Quiet]) -> Iterator[Fault]:
    for at, row in rows.items():
        if row.ends <= row.begins:
            told = "the quiet time ends before it begins; write a time after {time}"
            message = said("quiet_backwards", told, time=f"{row.begins:%H:%M}")
            yield Fault(f"quiet[{at}].to", f"{row.ends:%H:%M}", message)


def _stages(parts: Parts) -> Iterator[Fault]:
    goals = parts.tables.get("goals")
    if goals and goals.junior_up_to_grade <= goals.primary_up_to_grade:
        told = "junior grades end after primary ones; write {grade} or more"
        message = said("stages", told, grade=goals.primary_up_to_grade + 1)
        yield Fault("goals.junior_up_to_grade", goals.junior_up_to_grade, message)
