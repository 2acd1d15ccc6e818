"""Loans that an open case calls into question: who has the copy, or whether the act was that person's."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists

from sync.central.schema import cases, loans
from sync.events import CONFLICTS

_CODES = sorted(code.value for code in CONFLICTS)


def in_question() -> ColumnElement[bool]:
    """Whether such a case is open about the copy of a row of `loans`. Nobody is held to that loan's date meanwhile."""
    return exists().where(
        cases.c.school == loans.c.school,
        cases.c.barcode == loans.c.barcode,
        cases.c.is_open,
        cases.c.code.in_(_CODES),
    )
