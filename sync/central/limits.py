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
from sync.central.db import given_in, is_postgres, listed, one_in, update_rows
from sync.central.read import key_of
from sync.central.rules import rules_since
from sync.central.schema import copies, loans, patrons
from sync.events import Key
from sync.standing import Taken, over_limit

# Later than every moment there is: the end of a loan that is open.
NEVER_MS = 1 << 62
Within = Mapping[str, tuple[int, int]]
_OF_LOAN = ("patron", "opened_by", "opened_ms", "closed_ms", "past_limit")
_PAST = _OF_LOAN.index("past_limit")


def check(
    conn: Connection, school: str, within: Within, people: Mapping[str, Any]
) -> dict[Key, bool]:
    """The loans that have come to lie past the limit (True), or no longer do (False).

    within: for each patron who had another number of copies than was known, from when to when (UTC ms). Only loans that
    began within may be judged anew, and only those that reach into it count for them. people: those of them whom the
    record has, as `patrons_named` reads them.
    """
    if not within:
        return {}
    versions = rules_since(conn, school, min(from_ms for from_ms, _ in within.values()))
    if not versions:
        return {}
    least = min(_least(rules) for _, rules in versions)
    # Whoever has had less than the least limit is past none.
    asked = {
        patron: rows
        for patron, rows in _loans(conn, school, within).items()
        if len(rows) > least or any(row[_PAST] for row in rows)
    }
    changes: dict[Key, bool] = {}
    for patron, rows in asked.items():
        if patron not in people:
            continue
        who, (from_ms, to_ms) = Patron(*people[patron][:-1]), within[patron]
        taken = [
            Taken(opened_ms, _key(opened_by), closed_ms, copy_type or "")
            for _, opened_by, opened_ms, closed_ms, _, copy_type in rows
        ]
        past = _past(who, taken, versions)
        for loan, row in zip(taken, rows, strict=True):
            is_past = loan.opened_by in past
            if row[_PAST] != is_past and from_ms <= loan.opened_ms < to_ms:
                changes[loan.opened_by] = is_past
    return changes


def write(conn: Connection, school: str, changes: Mapping[Key, bool]) -> None:
    """Note on the loans themselves what `check` has found."""
    told = [(school, str(key), past) for key, past in changes.items()]
    update_rows(conn, loans, ("school", "opened_by", "past_limit"), told)


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


def _loans(conn: Connection, school: str, within: Within) -> dict[str, list[Any]]:
    """The loans of these patrons that reach into their times; not those of a class box."""
    told = [{"name": n, "from": first, "to": last} for n, (first, last) in within.items()]
    asked = {"school": school, "within": listed(told)}
    found: dict[str, list[Any]] = defaultdict(list)
    for row in conn.execute(_loans_within(is_postgres(conn)), asked).all():
        if row[0] is not None:
            found[row[0]].append(row)
    return found


@cache
def _loans_within(postgres: bool) -> Any:
    """Two questions, so that each finds its place in the index of patrons, closing and opening times."""
    within = given_in(postgres, "within", **{"name": Text, "from": BigInteger, "to": BigInteger})
    mine = and_(loans.c.school == bindparam("school"), loans.c.patron == within.c.name)
    of_loan = (loans.c[name] for name in _OF_LOAN)
    same = and_(copies.c.school == loans.c.school, copies.c.barcode == loans.c.barcode)
    told = select(*of_loan, copies.c.copy_type)
    # Outer joins, so that SQLite begins with the patrons.
    boxed = and_(box_lent.c.school == loans.c.school, box_lent.c.entry == loans.c.opened_by)

    def asked(when: Any) -> Any:
        source = within.outerjoin(loans, and_(mine, when)).outerjoin(copies, same)
        return told.select_from(source.outerjoin(box_lent, boxed)).where(box_lent.c.entry.is_(None))

    opened, closed = loans.c.opened_ms, loans.c.closed_ms
    open_still = and_(closed.is_(None), opened < within.c.to)
    # The sum keeps a database from going by the times at which all loans were opened.
    closed_later = and_(closed >= within.c["from"], opened + 0 < within.c.to)
    return union_all(asked(open_still), asked(closed_later))


def patrons_named(conn: Connection, school: str, wanted: Collection[str]) -> dict[str, Any]:
    """Of these the patrons of the record: rows of what a `Patron` has, with `gone_ms` last. A card alone is none."""
    if not wanted:
        return {}
    asked = {"school": school, "wanted": listed(wanted)}
    return {row[0]: row for row in conn.execute(_patrons_named(is_postgres(conn)), asked).all()}


@cache
def _patrons_named(postgres: bool) -> Select[Any]:
    names = ("id", "name", "category", "grade", "class_name", "gone_ms")
    mine = patrons.c.school == bindparam("school")
    told = (patrons.c[name] for name in names)
    return select(*told).where(mine, one_in(postgres, patrons.c.id, "wanted"))
