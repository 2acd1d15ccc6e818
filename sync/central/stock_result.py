"""What a stock-taking has come to: the sum over its scope, the lists, and the closing that marks the missing.

The sum walks the scope once, some thousands of copies at a time, and writes down what was not found; lists are read
from that. Whatever came back to a station since the beginning, or is out, is not missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, exists, select, tuple_, update

from kiosk.domain import CopyState
from sync.central import copy_acts
from sync.central.db import CentralError, Database, insert_many, update_many
from sync.central.desk import Desk
from sync.central.schema import copies, titles
from sync.central.scope import Place, Scope, place, within
from sync.central.stock_tables import absent, scans, takings
from sync.central.stocktaking import Sum, Taking, Verdict, taking_of

PAGE = 50
# Beyond that nobody has taken stock yet: smaller parts, or more scanning, make a list of use.
MOST_ABSENT = 20_000
_WINDOW = 2_000


class TooMany(CentralError):
    """More was not found than anybody would mark. count: so much."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} copies were not found; scan more of them first")
        self.count = count


class Part(StrEnum):
    """What a copy of the scope counts as; SEEN: scanned."""

    SEEN = "seen"
    OUT = "out"
    AWAY = "away"
    BACK = "back"
    MISSING = "missing"


def sum_up(db: Database, school: str, name: str, now_ms: int) -> Sum:
    """Count what the scope should hold and what of it was not found, and write that down."""
    counts: Counter[Part] = Counter()
    missing: list[Any] = []
    with db.read() as conn:
        taking = taking_of(conn, school, name)
        for row, part in _parts(conn, school, taking):
            counts[part] += 1
            if part is Part.MISSING and len(missing) < MOST_ABSENT:
                missing.append(row)
    told = Sum(
        at_ms=now_ms,
        expected=counts[Part.SEEN] + counts[Part.BACK] + counts[Part.MISSING],
        on_loan=counts[Part.OUT],
        away=counts[Part.AWAY],
        back=counts[Part.BACK],
        missing=counts[Part.MISSING],
    )
    with db.begin(school) as conn:
        kept = _keep(conn, school, name, told, missing)
    db.note_written("stock", len(missing))
    return kept


def _parts(conn: Connection, school: str, taking: Taking) -> Iterator[tuple[Any, Part]]:
    # All of them at once, since all are wanted: some tens of megabytes where half a million were scanned.
    seen = select(scans.c.barcode).where(scans.c.school == school, scans.c.taking == taking.id)
    scanned = set(conn.execute(seen).scalars())
    for rows in _windows(conn, school, taking.scope):
        for row in rows:
            yield row, _part(row, row.barcode in scanned, taking.begun_ms)


def _part(row: Any, scanned: bool, begun_ms: int) -> Part:
    if row.opened_by:
        return Part.OUT
    if row.state != CopyState.ON_SHELF or row.kept_for:
        return Part.AWAY
    if scanned:
        return Part.SEEN
    # It came back to a station or the desk meanwhile, perhaps onto a shelf that had been scanned before.
    return Part.BACK if (row.seen_ms or 0) >= begun_ms else Part.MISSING


def _windows(conn: Connection, school: str, scope: Scope) -> Iterator[Sequence[Any]]:
    after: Place | None = None
    while rows := conn.execute(within(school, scope, after, _WINDOW)).all():
        yield rows
        after = place(rows[-1])
        if len(rows) < _WINDOW:
            return


def _keep(conn: Connection, school: str, name: str, told: Sum, missing: Sequence[Any]) -> Sum:
    mine = and_(absent.c.school == school, absent.c.taking == name)
    conn.execute(delete(absent).where(mine))
    told_of = {"school": school, "taking": name}
    insert_many(
        conn,
        absent,
        [
            {**told_of, "barcode": r.barcode, "room": r.room, "shelf": r.shelf, "call_number": r.call_number}
            for r in missing
        ],
    )  # fmt: skip
    # Whatever was scanned while we counted is here.
    came = exists().where(
        scans.c.school == absent.c.school,
        scans.c.taking == absent.c.taking,
        scans.c.barcode == absent.c.barcode,
    )
    here = conn.execute(delete(absent).where(mine, came)).rowcount
    told = Sum(told.at_ms, told.expected, told.on_loan, told.away, told.back, told.missing - here)
    one = and_(takings.c.school == school, takings.c.id == name)
    values = {"summed_ms": told.at_ms, "expected": told.expected, "on_loan": told.on_loan}
    values |= {"away": told.away, "back": told.back, "missing": told.missing}
    conn.execute(update(takings).where(one).values(values))
    return told


# Closing.


def close(
    db: Database, school: str, name: str, why: str, *, mark: bool, staff: str, now_ms: int
) -> int:
    """Sum up, close, and where `mark` say of everything missing that it is; how many. Goes on where it stopped."""
    with db.read() as conn:
        begun = taking_of(conn, school, name)
    if begun.closed_ms is None:
        summed = sum_up(db, school, name, now_ms)
        if mark and summed.missing > MOST_ABSENT:
            raise TooMany(summed.missing)
        with db.begin(school) as conn:
            _shut(Desk(conn, school, staff, now_ms), name, why, mark=mark and summed.missing > 0)
    marked, more = 0, mark
    while more:
        with db.begin(school) as conn:
            done, more = _mark_some(Desk(conn, school, staff, now_ms), name)
            marked += done
    return marked


def _shut(desk: Desk, name: str, why: str, *, mark: bool) -> None:
    if taking_of(desk.conn, desk.school, name).closed_ms is not None:
        return
    act = copy_acts.begin(desk, CopyState.MISSING, why, name) if mark else None
    one = and_(takings.c.school == desk.school, takings.c.id == name)
    shut = {"closed_ms": desk.now_ms, "closed_by": desk.staff, "act": act}
    desk.conn.execute(update(takings).where(one).values(shut))
    desk.note(f"closed stock-taking {name}")


def _mark_some(desk: Desk, name: str) -> tuple[int, bool]:
    taking = taking_of(desk.conn, desk.school, name)
    if taking.act is None:
        return 0, False
    query = absent_query(desk.school, name, None, copy_acts.PORTION)
    some = desk.conn.execute(query.where(absent.c.marked_ms.is_(None))).all()
    facts = copy_acts.facts_of(desk.conn, desk.school, [row.barcode for row in some])
    # Since the sum it may have been lent, or have come back.
    still = [b for b, f in facts.items() if _part(f, False, taking.begun_ms) is Part.MISSING]
    passed = copy_acts.add(desk, taking.act, still) if still else {}
    told = {"school": desk.school, "taking": name, "marked_ms": desk.now_ms}
    update_many(desk.conn, absent, [{**told, "barcode": row.barcode} for row in some])
    return len(still) - len(passed), len(some) == copy_acts.PORTION


def unmarked(conn: Connection, school: str, taking: Taking) -> bool:
    """Whether the closing stopped before all that is missing was marked."""
    query = absent_query(school, taking.id, None, 1).where(absent.c.marked_ms.is_(None))
    return taking.act is not None and conn.execute(query).first() is not None


def reopen(db: Database, school: str, name: str, *, staff: str, now_ms: int) -> int:
    """Take the closing back: the copies have the states they had, and scanning goes on; how many."""
    with db.read() as conn:
        act = taking_of(conn, school, name).act
    done = copy_acts.undo(db, school, act, staff=staff, now_ms=now_ms) if act else 0
    with db.begin(school) as conn:
        one = and_(takings.c.school == school, takings.c.id == name)
        conn.execute(update(takings).where(one).values(closed_ms=None, closed_by=None, act=None))
        Desk(conn, school, staff, now_ms).note(f"opened stock-taking {name} again")
    return done


# The lists.


def scanned_query(
    school: str, taking: str, verdict: Verdict, after: Place | None, limit: int
) -> Any:
    """What was scanned with this verdict, in the order of the shelves where it belongs."""
    mine = and_(scans.c.school == school, scans.c.taking == taking, scans.c.verdict == verdict)
    return _in_order(scans, mine, after, limit)


def absent_query(school: str, taking: str, after: Place | None, limit: int) -> Any:
    """What the sum has not found, in the order of the shelves."""
    return _in_order(
        absent, and_(absent.c.school == school, absent.c.taking == taking), after, limit
    )


def newest_query(school: str, taking: str, staff: str, limit: int) -> Any:
    """What somebody scanned last, the newest first."""
    mine = and_(scans.c.school == school, scans.c.taking == taking, scans.c.staff == staff)
    return _titled(scans).where(mine).order_by(scans.c.at_ms.desc(), scans.c.n.desc()).limit(limit)


def _in_order(table: Table, mine: Any, after: Place | None, limit: int) -> Any:
    at = (table.c.room, table.c.shelf, table.c.call_number, table.c.barcode)
    query = _titled(table).where(mine)
    if after is not None:
        query = query.where(tuple_(*at) > tuple_(*after))
    return query.order_by(*at).limit(limit)


def _titled(table: Table) -> Any:
    copy = and_(copies.c.school == table.c.school, copies.c.barcode == table.c.barcode)
    title = and_(titles.c.school == copies.c.school, titles.c.id == copies.c.title_id)
    listed = select(table, titles.c.title, titles.c.author, copies.c.title_id)
    return listed.select_from(table.outerjoin(copies, copy).outerjoin(titles, title))


def some(
    conn: Connection,
    school: str,
    taking: str,
    which: Verdict | None,
    after: Place | None = None,
    *,
    limit: int = PAGE,
) -> tuple[Sequence[Any], Place | None]:
    """A page of a list (None: the missing), and the place after which the next begins."""
    if which is None:
        query = absent_query(school, taking, after, limit + 1)
    else:
        query = scanned_query(school, taking, which, after, limit + 1)
    found = conn.execute(query).all()
    return found[:limit], place(found[limit - 1]) if len(found) > limit else None


def all_rows(conn: Connection, school: str, taking: str, which: Verdict | None) -> Iterator[Any]:
    """A whole list, a page after the other: for a file or for paper."""
    after: Place | None = None
    while True:
        found, after = some(conn, school, taking, which, after)
        yield from found
        if after is None:
            return
