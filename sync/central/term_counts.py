"""How many copies each pupil has borrowed in each term of library.toml: fed to stations with the pupil's row.

Counted as the report of average loans counts them. A station picks the term that runs; of one that is not named,
because its days have changed since, it knows nothing.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, func, select

from kiosk.calendar import Rules
from kiosk.term_count import span_of
from sync.central.db import one_of
from sync.central.positions import publish
from sync.central.read import time_zone
from sync.central.reports.periods import period_of
from sync.central.reports.readers import in_term
from sync.central.rules import rules_in_force
from sync.central.schema import loans, patrons


def with_counts(
    conn: Connection, school: str, rows: Iterable[dict[str, Any]], wanted: Collection[str] | None
) -> Iterator[dict[str, Any]]:
    """Rows of patrons with `lent` added: counts by term as JSON; None for whoever is no pupil. wanted None: all."""
    rules = rules_in_force(conn, school)
    spans = [span_of(term) for term in rules.library.terms] if rules else []
    found = _counts(conn, school, rules, wanted) if rules and wanted != [] else {}
    for row in rows:
        told = None
        if row["grade"] is not None and spans:
            mine = found.get(row["id"], {})
            told = json.dumps({span: mine.get(span, 0) for span in spans})
        yield {**row, "lent": told}


def tell_of_new_terms(conn: Connection, school: str, before: Rules | None, now: Rules) -> None:
    """The terms have changed: let every pupil's counts be told anew."""
    if before is not None and _days(before) == _days(now):
        return
    pupils = select(patrons.c.id).where(
        patrons.c.school == school, patrons.c.grade.isnot(None), patrons.c.gone_ms.is_(None)
    )
    publish(conn, school, [("patron", name) for name in conn.execute(pupils).scalars()])


def _days(rules: Rules) -> set[str]:
    return {span_of(term) for term in rules.library.terms}


def _counts(
    conn: Connection, school: str, rules: Rules, wanted: Collection[str] | None
) -> dict[str, dict[str, int]]:
    zone = time_zone(conn, school)
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for term in rules.library.terms:
        query = (
            select(loans.c.patron, func.count().label("n"))
            .where(*in_term(school, period_of(term), zone), loans.c.patron.isnot(None))
            .group_by(loans.c.patron)
        )
        if wanted is not None:
            query = query.where(one_of(conn, loans.c.patron, wanted))
        for row in conn.execute(query):
            found[row.patron][span_of(term)] = int(row.n)
    return found
