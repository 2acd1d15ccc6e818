"""The terms of library.toml as the record names them: by their first day, which stays when a name is changed. PURE."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kiosk.calendar import Rules


@dataclass(frozen=True, slots=True)
class TermOf:
    """A term. key: its first day as ISO text; return_by: when everything has to be back."""

    key: str
    name: str
    name_en: str
    begins: date
    ends: date
    return_by: date


def terms(rules: Rules) -> list[TermOf]:
    """All terms, the earliest first."""
    found = [
        TermOf(t.begins.isoformat(), t.name, t.name_en, t.begins, t.ends, t.return_by)
        for t in rules.library.terms
    ]
    return sorted(found, key=lambda term: term.begins)


def term_at(rules: Rules, today: date) -> TermOf | None:
    """The term that runs today, or the next one to begin; None where library.toml names none any more."""
    return next((term for term in terms(rules) if today <= term.ends), None)
