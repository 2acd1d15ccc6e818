"""What a staff member has just done at the counter: the newest entries of the desk, as lines of a page."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, select

from kiosk.domain import Act
from kiosk.entry import Entry, parse, proof
from sync.central.db import one_of
from sync.central.deeds import EPOCH
from sync.central.schema import copies, entries, holdings, holds, patrons, people, titles
from sync.central.undoing import may_undo
from sync.events import DESK

# Of the desk's entries, so many are looked through, and those of so long are shown.
LOOKED_AT, MOST = 200, 20
SHOWN_MS = 30 * 60_000
SHOWN = (Act.CHECKOUT, Act.CHECKIN, Act.RENEWAL, Act.USE, Act.SCAN, Act.CLAIM)


@dataclass(frozen=True, slots=True)
class Done:
    """One act. patron, name: whose it was ("" where nobody's); kept_for: the name of whoever it is set aside for.

    undoable: nothing has happened to the copy since. shelf: where it belongs.
    """

    entry: Entry
    title: str
    shelf: str
    patron: str
    name: str
    class_name: str
    kept_for: str
    undoable: bool
    proof: str


def recent(
    conn: Connection,
    school: str,
    staff: str,
    now_ms: int,
    *,
    patron: str = "",
    also: Collection[str] = (),
    acts: Collection[Act] = SHOWN,
) -> list[Done]:
    """The newest acts of this staff member, the last in front: all, or those of one patron and the keys `also`."""
    place = and_(*(people.c[n] == entries.c[n] for n in ("school", "station", "epoch", "seq")))
    query = (
        select(entries.c.body, entries.c.hash, people.c.patron)
        .select_from(entries.outerjoin(people, place))
        .where(entries.c.school == school, entries.c.station == DESK, entries.c.epoch == EPOCH)
        .order_by(entries.c.seq.desc())
        .limit(LOOKED_AT)
    )
    found: list[tuple[Entry, str, str]] = []
    for row in conn.execute(query):
        entry = parse(row.body)
        if entry.wall_ms < now_ms - SHOWN_MS or len(found) >= MOST:
            break
        wanted = not patron or row.patron == patron or entry.key in also
        if entry.staff == staff and entry.act in acts and wanted:
            found.append((entry, row.patron or "", proof(row.hash)))
    return _told(conn, school, found)


def _told(conn: Connection, school: str, found: list[tuple[Entry, str, str]]) -> list[Done]:
    books = _books(conn, school, {entry.copy for entry, _, _ in found if entry.copy})
    who = _names(conn, school, {patron for _, patron, _ in found})
    told = []
    for entry, patron, code in found:
        book = books.get(entry.copy or "")
        name, class_name = who.get(patron, ("", ""))
        told.append(
            Done(
                entry=entry,
                title=book.title if book else "",
                shelf=book.shelf if book else "",
                patron=patron if name else "",
                name=name,
                class_name=class_name,
                kept_for=(book.waiting or "") if book else "",
                undoable=may_undo(entry, book.last_entry if book else None),
                proof=code,
            )
        )
    return told


def _books(conn: Connection, school: str, barcodes: Iterable[str]) -> dict[str, Any]:
    title = and_(titles.c.school == copies.c.school, titles.c.id == copies.c.title_id)
    held = and_(holdings.c.school == copies.c.school, holdings.c.barcode == copies.c.barcode)
    kept = and_(
        holds.c.school == copies.c.school,
        holds.c.barcode == copies.c.barcode,
        holds.c.ended_ms.is_(None),
    )
    waits = and_(patrons.c.school == holds.c.school, patrons.c.id == holds.c.patron_id)
    query = (
        select(
            copies.c.barcode, copies.c.shelf, titles.c.title, holdings.c.last_entry,
            patrons.c.name.label("waiting"),
        )
        .select_from(
            copies.join(titles, title).outerjoin(holdings, held).outerjoin(holds, kept).outerjoin(patrons, waits)
        )
        .where(copies.c.school == school, one_of(conn, copies.c.barcode, list(barcodes)))
    )  # fmt: skip
    return {row.barcode: row for row in conn.execute(query)}


def _names(conn: Connection, school: str, ids: Iterable[str]) -> dict[str, tuple[str, str]]:
    query = select(patrons.c.id, patrons.c.name, patrons.c.class_name).where(
        patrons.c.school == school, one_of(conn, patrons.c.id, list(ids))
    )
    return {row.id: (row.name, row.class_name) for row in conn.execute(query)}
