"""Everything about one copy or one title that the counter's pages show: where it is, who waits, what is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, select

from kiosk.domain import Copy
from kiosk.entry import UnreadableEntry, parse, proof
from sync.central.cases import Seen
from sync.central.db import CentralError
from sync.central.facts import copy_in, copy_of, shelf_of
from sync.central.hold_lists import Line, queue_of
from sync.central.schema import entries, holdings, holds, loans, patrons, people, stations, titles
from sync.events import Key

HISTORY = 50
# Of a title with more copies than anybody reads, so many are shown.
COPIES = 200


@dataclass(frozen=True, slots=True)
class Place:
    """Where a copy is. holder: id and name of whoever has it (the id "" where that is not known any more).

    kept: the name of whoever it is on the hold shelf for. claimed_ms: since when it is said to be back.
    """

    copy: Copy
    on_loan: bool = False
    holder: tuple[str, str] = ("", "")
    due_on: date | None = None
    claimed_ms: int | None = None
    kept: str = ""
    keep_until: date | None = None


@dataclass(frozen=True, slots=True)
class OneTitle:
    id: str
    title: str
    author: str
    places: tuple[Place, ...]
    queue: tuple[Line, ...]


def place_of(conn: Connection, school: str, label: str) -> Place:
    """Raises CentralError where there is no such copy."""
    copy = copy_of(conn, school, label)
    if copy is None:
        raise CentralError(f"there is no copy {label}")
    (place,) = _places(conn, school, [copy])
    return place


def title_of(conn: Connection, school: str, title: str) -> OneTitle:
    """Raises CentralError where there is no such title."""
    row = conn.execute(
        select(titles).where(titles.c.school == school, titles.c.id == title)
    ).first()
    if row is None:
        raise CentralError(f"there is no title {title}")
    found = conn.execute(shelf_of(school).where(titles.c.id == title).limit(COPIES))
    places = _places(conn, school, [copy_in(each) for each in found])
    queue = tuple(queue_of(conn, school, title))
    return OneTitle(title, row.title, row.author, tuple(places), queue)


def _places(conn: Connection, school: str, copies: list[Copy]) -> list[Place]:
    barcodes = [copy.barcode for copy in copies]
    lent = and_(loans.c.school == holdings.c.school, loans.c.opened_by == holdings.c.opened_by)
    who = and_(patrons.c.school == loans.c.school, patrons.c.id == loans.c.patron)
    out = (
        select(holdings.c.barcode, loans.c.patron, loans.c.due_on, loans.c.claimed_ms, patrons.c.name)
        .select_from(holdings.join(loans, lent).outerjoin(patrons, who))
        .where(holdings.c.school == school, holdings.c.barcode.in_(barcodes))
    )  # fmt: skip
    waits = and_(patrons.c.school == holds.c.school, patrons.c.id == holds.c.patron_id)
    kept = (
        select(holds.c.barcode, holds.c.keep_until, patrons.c.name)
        .select_from(holds.outerjoin(patrons, waits))
        .where(holds.c.school == school, holds.c.barcode.in_(barcodes), holds.c.ended_ms.is_(None))
    )
    loan = {row.barcode: row for row in conn.execute(out)} if barcodes else {}
    shelf = {row.barcode: row for row in conn.execute(kept)} if barcodes else {}
    told = []
    for copy in copies:
        lent_to, waiting = loan.get(copy.barcode), shelf.get(copy.barcode)
        told.append(
            Place(
                copy,
                on_loan=lent_to is not None,
                holder=(lent_to.patron or "", lent_to.name or "") if lent_to else ("", ""),
                due_on=lent_to.due_on if lent_to else None,
                claimed_ms=lent_to.claimed_ms if lent_to else None,
                kept=(waiting.name or "") if waiting else "",
                keep_until=waiting.keep_until if waiting else None,
            )
        )
    return told


def history(conn: Connection, school: str, barcode: str) -> list[Seen]:
    """The newest entries on a copy, of every station, the last in front."""
    beside = [people.c[n] == entries.c[n] for n in ("school", "station", "epoch", "seq")]
    who = and_(patrons.c.school == entries.c.school, patrons.c.id == people.c.patron)
    at = and_(stations.c.school == entries.c.school, stations.c.id == entries.c.station)
    query = (
        select(entries, people.c.patron, patrons.c.name, stations.c.name.label("at"))
        .select_from(
            entries.outerjoin(people, and_(*beside)).outerjoin(patrons, who).outerjoin(stations, at)
        )
        .where(entries.c.school == school, entries.c.barcode == barcode)
        .order_by(entries.c.lo.desc(), entries.c.seq.desc())
        .limit(HISTORY)
    )
    return [_seen(row) for row in conn.execute(query)]


def _seen(row: Any) -> Seen:
    try:
        entry = parse(row.body)
    except UnreadableEntry:
        entry = None
    key = Key(row.station, row.epoch, row.seq)
    told = (entry, row.name or row.patron, proof(row.hash))
    return Seen(key, row.at or row.station, row.lo, row.est, row.hi, *told)
