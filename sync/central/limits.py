"""Who has more than the limit, over all stations: a step over the patrons whose loans have changed."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, Text, and_, bindparam, select, union_all

from kiosk.calendar import Rules
from kiosk.domain import Patron
from sync.central.box_tables import box_lent
from sync.central.db import given_in, is_postgres, listed, moments_of, one_in, update_rows
from sync.central.read import key_of
from sync.central.rules import rules_since
from sync.central.schema import copies, loans, patrons
from sync.events import Key
from sync.standing import Taken, over_limit


def check(conn: Connection, school: str, since: Mapping[str, int]) -> dict[Key, bool]:
    """The loans that have come to lie past the limit (True), or no longer do (False).

    since: for each patron whose loans have changed, the moment (UTC ms) of the earliest that did.
    """
    versions = rules_since(conn, school, min(since.values())) if since else []
    if not versions:
        return {}
    least = min(_least(rules) for _, rules in versions)
    # Whoever has had less than the least limit is past none.
    asked = {
        patron: rows
        for patron, rows in _loans(conn, school, since).items()
        if len(rows) > least or any(was_past for _, was_past in rows)
    }
    people = _patrons(conn, school, asked)
    changes: dict[Key, bool] = {}
    for patron, rows in asked.items():
        who, from_ms = people.get(patron), since[patron]
        past = _past(who, [taken for taken, _ in rows], versions) if who else frozenset()
        for taken, was_past in rows:
            is_past = taken.opened_by in past
            if was_past != is_past and taken.opened_ms >= from_ms:
                changes[taken.opened_by] = is_past
    told = [(school, str(key), past) for key, past in changes.items()]
    update_rows(conn, loans, ("school", "opened_by", "past_limit"), told)
    return changes


def _past(
    patron: Patron, taken: Sequence[Taken], versions: Sequence[tuple[int, Rules]]
) -> frozenset[Key]:
    """The loans past the limit, each by the rules that were in force when it began."""
    if len(versions) == 1:
        return over_limit(patron, taken, versions[0][1])
    begins = [from_ms for from_ms, _ in versions]
    past = [over_limit(patron, taken, rules) for _, rules in versions]
    return frozenset(
        t.opened_by
        for t in taken
        if t.opened_by in past[max(0, bisect_right(begins, t.opened_ms) - 1)]
    )


def _key(opened_by: str) -> Key:
    key = key_of(opened_by)
    assert key is not None, f"{opened_by!r} opened a loan"
    return key


def _least(rules: Rules) -> int:
    """With fewer loans out than this, no limit of any rule can be passed."""
    library = rules.library
    limits = [c.limit for c in library.categories]
    return min([*limits, *(r.limit for r in library.loan_rules if r.limit is not None)])


def _loans(
    conn: Connection, school: str, since: Mapping[str, int]
) -> dict[str, list[tuple[Taken, bool]]]:
    """The loans of these patrons that were open at their moments, or opened later; not those of a class box.

    Each with whether it was past the limit.
    """
    query = _loans_since(is_postgres(conn))
    rows = conn.execute(query, {"school": school, "since": listed(moments_of(since))}).all()
    found: dict[str, list[tuple[Taken, bool]]] = defaultdict(list)
    for patron, opened_by, opened_ms, closed_ms, past, copy_type in rows:
        if patron is not None:
            taken = Taken(opened_ms, _key(opened_by), closed_ms, copy_type or "")
            found[patron].append((taken, past))
    return found


@cache
def _loans_since(postgres: bool) -> Any:
    """One that is opened later is open still, or was closed later: no need to look at all that ever were.

    Two questions, so that each finds its place in the index of patrons and closing times.
    """
    since = given_in(postgres, "since", name=Text, ms=BigInteger)
    mine = and_(loans.c.school == bindparam("school"), loans.c.patron == since.c.name)
    names = ("patron", "opened_by", "opened_ms", "closed_ms", "past_limit")
    of_loan = (loans.c[name] for name in names)
    same = and_(copies.c.school == loans.c.school, copies.c.barcode == loans.c.barcode)
    told = select(*of_loan, copies.c.copy_type)
    # Outer joins, so that SQLite begins with the patrons.
    boxed = and_(box_lent.c.school == loans.c.school, box_lent.c.entry == loans.c.opened_by)

    def asked(when: Any) -> Any:
        source = since.outerjoin(loans, and_(mine, when)).outerjoin(copies, same)
        return told.select_from(source.outerjoin(box_lent, boxed)).where(box_lent.c.entry.is_(None))

    return union_all(asked(loans.c.closed_ms.is_(None)), asked(loans.c.closed_ms >= since.c.ms))


def _patrons(conn: Connection, school: str, wanted: Collection[str]) -> dict[str, Patron]:
    if not wanted:
        return {}
    query = _patrons_named(is_postgres(conn))
    rows = conn.execute(query, {"school": school, "wanted": listed(wanted)}).all()
    return {row[0]: Patron(*row) for row in rows}


@cache
def _patrons_named(postgres: bool) -> Select[Any]:
    told = (patrons.c[name] for name in ("id", "name", "category", "grade", "class_name"))
    mine = patrons.c.school == bindparam("school")
    return select(*told).where(mine, one_in(postgres, patrons.c.id, "wanted"))
