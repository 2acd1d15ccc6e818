"""A central record and stations of it, all real: stores on disk, the centre's own API, the line between them in hand.

The line is httpx without sockets; it can be cut, lose replies after the centre has acted, and send things twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from kiosk.desk import Desk
from kiosk.entry import Entry, parse
from kiosk.journal import verify
from kiosk.store.lineage import lineage
from kiosk.store.schema import copies, journal, journal_aside, loans, meta
from sync.carry import Carrier, Machine
from sync.central import schema
from sync.central.api import create_app
from sync.central.db import Database, insert_many
from sync.central.enrolment import add_station, new_code
from sync.enrol import enrol
from sync.exchange import Told
from sync.http import HttpLine
from tests.central.fleet import SCHOOL, found_school
from tests.central.records import sqlite_record
from tests.kiosk.school import School

ADDRESS = "http://localhost"
COPIES = tuple(f"2000{n}" for n in range(1, 6))


class Centre:
    """A school at a central record: in a SQLite file, or in the one that is given."""

    def __init__(
        self,
        folder: Path,
        *,
        people: tuple[str, ...] = ("p1", "p2"),
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        db: Database | None = None,
    ) -> None:
        self.now_ms = now_ms
        self.db = db or sqlite_record(folder)
        found_school(self.db, barcodes=COPIES, people=people)
        with self.db.begin(SCHOOL) as conn:
            rows = [{"school": SCHOOL, "number": f"c-{p}", "patron_id": p} for p in people]
            insert_many(conn, schema.cards, [{**row, "state": "active"} for row in rows])
        self.app = create_app(self.db, now_ms)

    def code(self, station: str) -> str:
        with self.db.begin(SCHOOL) as conn:
            known = select(schema.stations.c.id).where(schema.stations.c.id == station)
            if conn.execute(known).first() is None:
                add_station(conn, SCHOOL, station, station)
            return new_code(conn, SCHOOL, station, self.now_ms())

    def entries(self, station: str) -> list[tuple[int, int, Entry]]:
        """What the centre holds of a station, by epoch and seq."""
        t = schema.entries
        query = select(t.c.epoch, t.c.seq, t.c.body).where(t.c.station == station)
        with self.db.read() as conn:
            rows = conn.execute(query.order_by(t.c.epoch, t.c.seq))
            return [(row.epoch, row.seq, parse(row.body)) for row in rows]

    def holder(self, barcode: str) -> str | None:
        t = schema.holdings
        with self.db.read() as conn:
            return conn.execute(select(t.c.patron).where(t.c.barcode == barcode)).scalar()

    def incidents(self) -> list[str]:
        t = schema.incidents
        with self.db.read() as conn:
            return list(conn.execute(select(t.c.kind).order_by(t.c.n)).scalars())

    def all_of(self, table: Any) -> list[Any]:
        with self.db.read() as conn:
            return list(conn.execute(select(table)))


class Wire(httpx.BaseTransport):
    """Between a station and the centre. `around` may do anything with a call; it is given the path and the way on."""

    def __init__(self, centre: Centre) -> None:
        self._on = httpx.WSGITransport(app=centre.app)
        self.calls: list[str] = []
        self.around: Callable[[str, Callable[[], httpx.Response]], httpx.Response] | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/sync/")
        self.calls.append(path)

        def go_on() -> httpx.Response:
            answer = self._on.handle_request(request)
            assert isinstance(answer.stream, httpx.SyncByteStream)
            return answered(answer.status_code, b"".join(answer.stream), answer.headers)

        return self.around(path, go_on) if self.around else go_on()

    def lose(self, path: str, *, times: int = 1) -> None:
        """The centre acts, and its reply never arrives."""
        left = [times]

        def around(called: str, go_on: Callable[[], httpx.Response]) -> httpx.Response:
            answer = go_on()
            if called == path and left[0]:
                left[0] -= 1
                raise httpx.ReadError("the reply was lost")
            return answer

        self.around = around

    def twice(self) -> None:
        """Every message arrives twice, and the second reply is the one that comes back."""

        def around(called: str, go_on: Callable[[], httpx.Response]) -> httpx.Response:
            if called not in ("hello", "enrol"):
                go_on()
            return go_on()

        self.around = around


def answered(status: int, body: bytes, headers: Any = None) -> httpx.Response:
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))


class Town:
    """A centre with stations; `station` makes and enrols one."""

    def __init__(self, folder: Path, db: Database | None = None) -> None:
        self.folder = folder
        self.centre = Centre(folder, db=db)
        self.places: list[Place] = []

    def station(self, name: str, *, hardware: str = "", room: str = "") -> Place:
        place = Place(self, name, hardware or f"board-{name}", room=room)
        enrol(
            place.school.store, place.line, place.machine, self.centre.code(name), local="kiosk-1"
        )
        place.sit_down()
        return place

    def close(self) -> None:
        for place in self.places:
            place.close()
        self.centre.db.close()


class Place:
    """A station of the town: its store, its desk, its line."""

    def __init__(
        self,
        town: Town,
        name: str,
        hardware: str,
        *,
        folder: Path | None = None,
        room: str = "",
    ) -> None:
        self.name = name
        self.school = School(folder or town.folder / name, room=room)
        self.wire = Wire(town.centre)
        self.line = HttpLine(ADDRESS, transport=self.wire)
        self.machine = Machine(self.school.clock, hardware, "test")
        self.desk: Desk = self.school.desk
        town.places.append(self)

    def sit_down(self) -> None:
        """Open the desk as the station that the store says it is."""
        with self.school.store.read() as tx:
            who = lineage(tx)
        assert who is not None
        self.school.sit_down(who.station)
        self.desk = self.school.desk

    def exchange(self, **more: Any) -> Told:
        return Carrier(self.school.store, self.line, self.machine, **more).run()

    def lend(self, barcode: str, patron: str = "p1") -> str:
        receipt = self.desk.checkout(
            self.school.who(patron, f"c-{patron}"), barcode, self.school.now
        )
        assert receipt.verdict.allowed, receipt.verdict
        return receipt.entry

    def take_back(self, barcode: str) -> str:
        return self.desk.checkin(barcode, self.school.now).entry

    def rows(self, table: Any) -> list[Any]:
        with self.school.store.read() as tx:
            return list(tx.conn.execute(select(table)))

    def keys(self) -> list[tuple[int, int]]:
        return [(row.epoch, row.seq) for row in self.rows(journal)]

    def aside(self) -> list[Any]:
        return self.rows(journal_aside)

    def loans(self) -> dict[str, str]:
        return {row.barcode: row.patron_id for row in self.rows(loans)}

    def barcodes(self) -> set[str]:
        return {row.barcode for row in self.rows(copies)}

    def meta(self, key: str) -> str | None:
        return {row.key: row.value for row in self.rows(meta)}.get(key)

    def faults(self) -> list[str]:
        return verify(self.school.store)[1]

    def close(self) -> None:
        self.line.close()
        self.school.close()
