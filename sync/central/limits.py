"""Who has more than the limit, over all stations: a step over the patrons whose loans have changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from kiosk.calendar import Rules
from kiosk.domain import Patron
from sync.central.db import beyond, one_of, update_many
from sync.central.read import key_of
from sync.central.rules import rules_in_force
from sync.central.schema import copies, loans, patrons
from sync.events import Key, Span
from sync.standing import Taken, over_limit


def check(conn: Connection, school: str, since: Mapping[str, int]) -> dict[Key, bool]:
    """The loans that have come to lie past the limit (True), or no longer do (False).

    since: for each patron whose loans have changed, the moment (UTC ms) of the earliest that did.
    """
    rules = rules_in_force(conn, school) if since else None
    if rules is None:
        return {}
    found: dict[str, list[Any]] = defaultdict(list)
    for row in _loans(conn, school, since):
        found[row.patron].append(row)
    least = _least(rules)
    people = _patrons(conn, school, [p for p, taken in found.items() if len(taken) > least])
    changes: dict[Key, bool] = {}
    for patron, taken in found.items():
        past: frozenset[Key] = frozenset()
        if patron in people:
            past = over_limit(people[patron], [_taken(row, rules) for row in taken])
        elif not any(row.past_limit for row in taken):
            continue
        for row in taken:
            key = _key(row)
            if row.opened_ms >= since[patron] and row.past_limit != (key in past):
                changes[key] = key in past
    rows = [{"school": school, "opened_by": str(k), "past_limit": p} for k, p in changes.items()]
    update_many(conn, loans, rows)
    return changes


def _taken(row: Any, rules: Rules) -> Taken:
    span = Span(_key(row), row.patron, row.opened_ms, None, closed_ms=row.closed_ms)
    return Taken(span, row.copy_type or "", rules)


def _key(row: Any) -> Key:
    key = key_of(row.opened_by)
    assert key is not None, f"{row.opened_by!r} opened a loan"
    return key


def _least(rules: Rules) -> int:
    """So many loans pass no limit of any rule."""
    library = rules.library
    limits = [c.limit for c in library.categories]
    return min([*limits, *(r.limit for r in library.loan_rules if r.limit is not None)])


def _loans(conn: Connection, school: str, since: Mapping[str, int]) -> Iterable[Any]:
    """The loans of these patrons that were open at their moments, or opened later."""
    given = beyond(conn, since)
    still = or_(
        loans.c.closed_ms.is_(None), loans.c.closed_ms > given.c.ms, loans.c.opened_ms >= given.c.ms
    )
    query = (
        select(
            loans.c.opened_by,
            loans.c.patron,
            loans.c.opened_ms,
            loans.c.closed_ms,
            loans.c.past_limit,
            copies.c.copy_type,
        )
        .select_from(given)
        .outerjoin(loans, and_(loans.c.school == school, loans.c.patron == given.c.name, still))
        .outerjoin(
            copies, and_(copies.c.school == loans.c.school, copies.c.barcode == loans.c.barcode)
        )
    )
    return [row for row in conn.execute(query).all() if row.opened_by is not None]


def _patrons(conn: Connection, school: str, wanted: list[str]) -> dict[str, Patron]:
    query = select(patrons).where(patrons.c.school == school, one_of(conn, patrons.c.id, wanted))
    rows = conn.execute(query).all() if wanted else ()
    return {
        row.id: Patron(row.id, row.name, row.category, row.grade, row.class_name) for row in rows
    }
