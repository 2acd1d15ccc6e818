"""What the tests of the running station do and look at, in one word each."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from sqlalchemy import event, insert

from drivers.scan import Scan
from kiosk.screen import Line, Screen, Touch, VisitView
from kiosk.store.schema import copies
from tests.faults import ledger
from tests.kiosk.school import (
    ZONE,
    School,
)

UNKNOWN = "99999999"
UNKNOWN_CARD = "9999999999"
ISBN = "9787020002207"
ISBN_OF_NOTHING = "9787020008735"
CONTROL = "\x1b[2J\x03\x16"


def journal(school: School) -> list[ledger.Body]:
    return ledger.entries(school.store.folder)


def last(school: School) -> ledger.Body:
    return ledger.last(school.store.folder)


def visit_of(screen: Screen) -> VisitView:
    assert screen.visit is not None, f"no visit on {screen.place}"
    return screen.visit


def top(screen: Screen) -> Line:
    """The line that was put on the screen last."""
    if screen.visit:
        return screen.visit.lines[0]
    found = screen.returns[0] if screen.returns else screen.notice
    assert found is not None
    return found


def out(school: School) -> dict[str, str]:
    """Who has what, by barcode."""
    return {barcode: loan.patron_id for barcode, loan in ledger.loans(school.store.folder).items()}


def at(school: School, local: str) -> None:
    school.clock.set(datetime.fromisoformat(local).replace(tzinfo=ZONE))


def lent(school: School, card: str, *barcodes: str) -> None:
    """Lend in a visit of its own, and finish it."""
    school.scan(card, *barcodes)
    school.touch(Touch.FINISH)


def scan_at(school: School, text: str, at_ms: int) -> Screen:
    """Hand a raw text to the station itself, as read at this time: no scanner stands between that could mend it."""
    school.station.on_scan(Scan(text, "", "scanner", at_ms))
    return school.station.settled()


def typed(school: School, number: str) -> Screen:
    school.touch(Touch.NUMBER)
    for key in number:
        school.touch(Touch.KEY, text=key)
    return school.touch(Touch.ENTER)


def add_copy(school: School, barcode: str, title: str, **more: str) -> None:
    row = {"barcode": barcode, "title_id": title, "copy_type": "book", "state": "on_shelf"}
    with school.store.begin() as tx:
        tx.conn.execute(insert(copies), {**row, "shelf": "", "room": "", "call_number": "", **more})


def fast(school: School) -> None:
    """New connections of the store do not wait for the disk."""

    @event.listens_for(school.store._engine, "connect")
    def _lazily(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA synchronous=OFF")

    school.store._engine.dispose()


def read_by(entry: ledger.Body) -> str:
    """What was read by a scan that fitted nothing: in the entry of a visit, else beside it, where it can be erased."""
    return entry["text"] if "text" in entry else entry["patron"].removeprefix("scan:")
