"""Stock-taking: copies are scanned at their shelves, and each scan says at once whether its copy belongs there.

Several people scan at once, for days if need be; every scan is stored by itself. A scan reads one copy and moves one
count, whatever the size of the library; what has not been found is summed up at the end (see stock_result).
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Text, and_, delete, select, tuple_, update

from kiosk.barcodes import LONGEST, shown
from kiosk.domain import CopyState
from sync.central.copy_acts import facts_of
from sync.central.counter import Counter
from sync.central.db import CentralError, given, insert_many, one_of, upsert_many
from sync.central.desk import Desk
from sync.central.schema import old_labels
from sync.central.scope import Part, Scope, shelves
from sync.central.stock_tables import absent, scans, takings

PAGE = 50
# A collecting scanner holds some thousands.
MOST = 5_000


class Verdict(StrEnum):
    """What a scan in stock-taking says of a copy.

    KEPT: it should lie on the hold shelf. LENT: on loan to somebody, and here. GONE: lost, missing, withdrawn or being
    mended by the record, and here.
    """

    FOUND = "found"
    MISPLACED = "misplaced"
    KEPT = "kept"
    LENT = "lent"
    GONE = "gone"
    UNKNOWN = "unknown"


class Closed(CentralError):
    """Nothing more is scanned in a stock-taking that is closed."""


Shelf = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Sum:
    """What was true when it was summed up. expected on the shelves = scanned + back + missing.

    away: lost, withdrawn, being mended, or on the hold shelf. back: returned since the beginning.
    """

    at_ms: int
    expected: int
    on_loan: int
    away: int
    back: int
    missing: int


@dataclass(frozen=True, slots=True)
class Taking:
    """A stock-taking. counts: copies scanned, by verdict. act: which marked the missing."""

    id: str
    name: str
    scope: Scope
    begun_ms: int
    begun_by: str
    counts: Mapping[Verdict, int]
    sum: Sum | None
    closed_ms: int | None
    closed_by: str | None
    act: str | None

    @property
    def scanned(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Line:
    """What one scan said. room, shelf: where the copy belongs; at: where it was scanned. times: scanned so often."""

    barcode: str
    verdict: Verdict
    title: str = ""
    room: str = ""
    shelf: str = ""
    call_number: str = ""
    state: str = ""
    at: Shelf | None = None
    times: int = 1
    at_ms: int = 0
    staff: str = ""


def begin(desk: Desk, name: str, scope: Scope) -> str:
    """Begin one; its id."""
    taking = secrets.token_hex(8)
    row: dict[str, Any] = {"school": desk.school, "id": taking}
    row |= {"name": name, "kind": scope.kind.value}
    row |= {"room": scope.room, "shelf": scope.shelf}
    row |= {"call_from": scope.call_from, "call_to": scope.call_to}
    row |= {"begun_ms": desk.now_ms, "begun_by": desk.staff}
    insert_many(desk.conn, takings, [row])
    desk.note(f"began stock-taking {taking}")
    return taking


def taking_of(conn: Connection, school: str, name: str) -> Taking:
    """Raises CentralError where there is none of this name."""
    query = select(takings).where(takings.c.school == school, takings.c.id == name)
    row = conn.execute(query).first()
    if row is None:
        raise CentralError(f"there is no stock-taking {name}")
    return _taking(row)


def newest(
    conn: Connection, school: str, after: tuple[int, str] | None = None
) -> tuple[list[Taking], tuple[int, str] | None]:
    """A page of them, the newest first, and where the next begins."""
    at = (takings.c.begun_ms, takings.c.id)
    query = select(takings).where(takings.c.school == school)
    if after:
        query = query.where(tuple_(*at) < tuple_(*after))
    query = query.order_by(*(column.desc() for column in at)).limit(PAGE + 1)
    rows = [_taking(row) for row in conn.execute(query)]
    more = (rows[PAGE - 1].begun_ms, rows[PAGE - 1].id) if len(rows) > PAGE else None
    return rows[:PAGE], more


def _taking(row: Any) -> Taking:
    summed = (row.summed_ms, row.expected, row.on_loan, row.away, row.back, row.missing)
    return Taking(
        id=row.id,
        name=row.name,
        scope=Scope(Part(row.kind), row.room, row.shelf, row.call_from, row.call_to),
        begun_ms=row.begun_ms,
        begun_by=row.begun_by,
        counts={verdict: getattr(row, verdict.value) for verdict in Verdict},
        sum=Sum(*summed) if row.summed_ms is not None else None,
        closed_ms=row.closed_ms,
        closed_by=row.closed_by,
        act=row.act,
    )


# Scanning.


def scan(
    desk: Desk, taking: str, texts: Sequence[str], at: Shelf | None
) -> tuple[list[Line], Shelf | None]:
    """Take scans in, in their order; what each said, and at which shelf whoever scans stands now.

    A scan of a shelf's own name (where no copy has it) says where the next ones stand. Raises CentralError for a
    stock-taking that is closed, and for more than MOST at once.
    """
    if len(texts) > MOST:
        raise CentralError(f"{len(texts)} scans at once; send at most {MOST}")
    one = taking_of(desk.conn, desk.school, taking)
    if one.closed_ms is not None:
        raise Closed(f"the stock-taking {taking} is closed; open it again, or begin another")
    read = [cleaned(text) for text in texts if text.strip()]
    labels = _labels(desk.conn, desk.school, read)
    facts = facts_of(desk.conn, desk.school, [labels.get(text, text) for text in read])
    names = _shelf_names(desk.conn, desk.school, [t for t in read if labels.get(t, t) not in facts])
    lines: dict[str, Line] = {}
    order: list[str] = []
    for text in read:
        barcode = labels.get(text, text)
        if barcode not in facts and text in names:
            at = _shelf_meant(names[text], at)
            continue
        again = lines.pop(barcode, None)
        line = judge(barcode, facts.get(barcode), one.scope, at)
        lines[barcode] = replace(line, times=again.times + 1 if again else 1)
        order.append(barcode)
    told = _store(desk, taking, list(lines.values()))
    return [told[barcode] for barcode in order], at


def cleaned(text: str) -> str:
    """A scan or typed barcode as it may be stored: full-width digits made plain, nothing unprintable."""
    plain = unicodedata.normalize("NFKC", text).strip()
    return plain if len(plain) <= LONGEST and plain.isprintable() else shown(plain)


def judge(barcode: str, fact: Any, scope: Scope, at: Shelf | None) -> Line:
    """Say what the scan of this copy means. at: the shelf it was scanned at, if that was told."""
    if fact is None:
        return Line(barcode, Verdict.UNKNOWN, at=at)
    home = (fact.room, fact.shelf)
    if fact.opened_by:
        verdict = Verdict.LENT
    elif fact.state != CopyState.ON_SHELF:
        verdict = Verdict.GONE
    elif fact.kept_for:
        verdict = Verdict.KEPT
    elif not scope.covers(*home, fact.call_number) or (at and fact.shelf and home != at):
        verdict = Verdict.MISPLACED
    else:
        verdict = Verdict.FOUND
    return Line(
        barcode, verdict, fact.title or "", *home, fact.call_number, state=fact.state, at=at
    )


def _labels(conn: Connection, school: str, read: Collection[str]) -> dict[str, str]:
    """Old labels lead to their copies."""
    query = select(old_labels.c.label, old_labels.c.barcode).where(
        old_labels.c.school == school, one_of(conn, old_labels.c.label, read)
    )
    own = set(facts_of(conn, school, read))
    found = {row.label: row.barcode for row in conn.execute(query)} if read else {}
    return {label: barcode for label, barcode in found.items() if label not in own}


def _shelf_names(conn: Connection, school: str, read: Collection[str]) -> dict[str, list[Shelf]]:
    """The shelves that these texts name: as "room/shelf", or as the shelf alone."""
    found: dict[str, list[Shelf]] = {}
    for room, shelf in shelves(conn, school) if read else ():
        for name in (shelf, f"{room}/{shelf}"):
            if shelf and name in read:
                found.setdefault(name, []).append((room, shelf))
    return found


def _shelf_meant(meant: Sequence[Shelf], at: Shelf | None) -> Shelf:
    """Of shelves of one name, the one in the room where we are."""
    return next((one for one in meant if at and one[0] == at[0]), meant[0])


def _store(desk: Desk, taking: str, lines: Sequence[Line]) -> dict[str, Line]:
    """Write the lines, move the counts by what has changed, and take what is here off the list of what is not."""
    before = _scanned_before(desk, taking, [line.barcode for line in lines])
    told: dict[str, Line] = {}
    moved = dict.fromkeys(Verdict, 0)
    for line in lines:
        was = before.get(line.barcode)
        times = line.times + (was.times if was else 0)
        told[line.barcode] = replace(line, times=times, at_ms=desk.now_ms, staff=desk.staff or "")
        moved[line.verdict] += 1
        if was:
            moved[Verdict(was.verdict)] -= 1
    rows = [_row(desk, taking, n, line) for n, line in enumerate(told.values())]
    upsert_many(desk.conn, scans, rows)
    _count(desk, taking, moved, told)
    return told


def _scanned_before(desk: Desk, taking: str, barcodes: Sequence[str]) -> dict[str, Any]:
    """Begun with what is asked for: of a table that grows by thousands in an hour, PostgreSQL knows too little."""
    asked = given(desk.conn, [{"name": barcode} for barcode in barcodes], name=Text)
    mine = and_(scans.c.school == desk.school, scans.c.taking == taking)
    query = select(scans.c.barcode, scans.c.verdict, scans.c.times).select_from(
        asked.outerjoin(scans, and_(mine, scans.c.barcode == asked.c.name))
    )
    return {row.barcode: row for row in desk.conn.execute(query) if row.barcode is not None}


def _row(desk: Desk, taking: str, n: int, line: Line) -> dict[str, Any]:
    at_room, at_shelf = line.at or ("", "")
    return {
        "school": desk.school, "taking": taking, "barcode": line.barcode, "verdict": line.verdict.value,
        "at_room": at_room, "at_shelf": at_shelf, "room": line.room, "shelf": line.shelf,
        "call_number": line.call_number, "at_ms": desk.now_ms, "n": n, "staff": desk.staff or "",
        "times": line.times,
    }  # fmt: skip


def _count(desk: Desk, taking: str, moved: Mapping[Verdict, int], here: Collection[str]) -> None:
    mine = and_(absent.c.school == desk.school, absent.c.taking == taking)
    these = absent.c.barcode.in_(list(here))
    came = desk.conn.execute(delete(absent).where(mine, these)).rowcount
    values: dict[str, Any] = {v.value: takings.c[v.value] + n for v, n in moved.items() if n}
    if came:
        values["missing"] = takings.c.missing - came
    if values:
        one = and_(takings.c.school == desk.school, takings.c.id == taking)
        desk.conn.execute(update(takings).where(one).values(values))


# What one scan leads to at once.


def take_back(desk: Desk, taking: str, barcode: str) -> bool:
    """A copy that is on loan stands here: take it back; False where it is on loan no longer.

    The answer is also written at its line: where it belongs, or that somebody waits for it.
    """
    fact = facts_of(desk.conn, desk.school, [barcode]).get(barcode)
    if fact is None or not fact.opened_by:
        return False
    Counter(desk).checkin(barcode, found=True)
    judge_anew(desk, taking, [barcode])
    return True


def put_back(desk: Desk, taking: str, barcode: str) -> None:
    """A copy that was lost, withdrawn or being mended stands here: it is on the shelf again."""
    desk.copy_state(barcode, CopyState.ON_SHELF)
    judge_anew(desk, taking, [barcode])


def judge_anew(desk: Desk, taking: str, barcodes: Collection[str]) -> None:
    """Say again what the scans of these copies mean, since something was done about them."""
    scope = taking_of(desk.conn, desk.school, taking).scope
    mine = and_(scans.c.school == desk.school, scans.c.taking == taking)
    these = one_of(desk.conn, scans.c.barcode, barcodes)
    rows = desk.conn.execute(select(scans).where(mine, these)).all()
    facts = facts_of(desk.conn, desk.school, barcodes)
    moved = dict.fromkeys(Verdict, 0)
    for row in rows:
        at = (row.at_room, row.at_shelf) if row.at_shelf else None
        line = judge(row.barcode, facts.get(row.barcode), scope, at)
        moved[Verdict(row.verdict)] -= 1
        moved[line.verdict] += 1
        one = and_(mine, scans.c.barcode == row.barcode)
        desk.conn.execute(update(scans).where(one).values(verdict=line.verdict.value))
    _count(desk, taking, moved, [row.barcode for row in rows])
