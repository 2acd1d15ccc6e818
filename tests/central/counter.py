"""A school at noon with a counter at it, for the tests of what staff do there."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from kiosk.entry import Entry, parse
from sync.central import claims, undoing
from sync.central.counter import Counter
from sync.central.db import Database, insert_many
from sync.central.desk import Desk
from sync.central.feed import read_page
from sync.central.schema import copies, entries, holdings, holds, loans, titles
from tests.central.fleet import SCHOOL, found_school, publish_rules
from tests.sync.story import NOON

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
STAFF = "wang"


def open_counter(db: Database, *, people: tuple[str, ...] = ("ming", "hua", "lan")) -> None:
    """Two copies of 西游记, a reference book, and three pupils of the third grade."""
    found_school(db, barcodes=("20001", "20002"), people=people)
    publish_rules(db)
    blank = dict.fromkeys(("author", "publisher", "year", "class_number", "isbn", "pinyin"), "")
    shelf = {"state": "on_shelf", "shelf": "8", "room": "", "call_number": "H1"}
    with db.begin(SCHOOL) as conn:
        insert_many(conn, titles, [{"school": SCHOOL, "id": "t9", "title": "新华字典", **blank}])
        dictionary = {"barcode": "20009", "title_id": "t9", "copy_type": "reference"}
        insert_many(conn, copies, [{"school": SCHOOL, **dictionary, **shelf}])


def desk(db: Database, name: str, *told: Any, at: int = 0) -> Any:
    """One act of the desk, of the counter, of a claim, or taken back; `at` is in ms after NOON."""
    with db.begin(SCHOOL) as conn:
        acts = Desk(conn, SCHOOL, STAFF, NOON + at)
        if hasattr(claims, name):
            return getattr(claims, name)(acts, *told)
        if name == "undo":
            return undoing.undo(acts, *told)
        return getattr(acts if hasattr(acts, name) else Counter(acts), name)(*told)


def written(db: Database) -> list[Entry]:
    """The entries of the desk, in order."""
    query = select(entries.c.body).where(entries.c.station == "desk").order_by(entries.c.seq)
    with db.read() as conn:
        return [parse(body) for body in conn.execute(query).scalars()]


def lent(db: Database) -> dict[str, str | None]:
    """Who has each copy that is out."""
    with db.read() as conn:
        rows = conn.execute(select(holdings).where(holdings.c.opened_by.isnot(None)))
        return {row.barcode: row.patron for row in rows}


def loan(db: Database, barcode: str) -> Any:
    """The newest loan of a copy."""
    with db.read() as conn:
        query = select(loans).where(loans.c.barcode == barcode)
        return conn.execute(query.order_by(loans.c.opened_ms.desc())).first()


def kept(db: Database) -> dict[str, tuple[str | None, bool]]:
    """Each hold by its patron: the copy on the hold shelf, and whether it still waits."""
    with db.read() as conn:
        return {r.patron_id: (r.barcode, r.ended_ms is None) for r in conn.execute(select(holds))}


def fed(db: Database) -> dict[tuple[str, str], Any]:
    with db.read() as conn:
        page = read_page(conn, SCHOOL, "s1", 0, 2_000)
    return {(c.kind, c.key): c.value for c in page.changes}
