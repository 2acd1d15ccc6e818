"""The demo's central record before its first start: the sample school, a librarian, two stations that are enrolled."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from config.central import Central
from config.settings import load_central, load_station
from kiosk import journal
from kiosk.bootstrap_clash import SECOND
from kiosk.bootstrap_demo import demo_start, fill_with_sample
from kiosk.bootstrap_exchange import identity, machine
from kiosk.clock import MovableClock
from kiosk.demo_clock import FILE, write_ahead
from kiosk.folders import Folders, open_store
from kiosk.rulebook import Rulebook
from kiosk.store.lineage import CURSOR
from kiosk.store.lock import FolderLock
from kiosk.store.store import Store
from sync.central import enrolment
from sync.central.db import CentralError, Database
from sync.central.migrate import bring_up
from sync.central.opened import add_school, backups_in, database
from sync.central.sample import KINDS, fill, is_filled
from sync.central.staff import add_staff
from sync.enrol import enrol
from sync.wire import Enrol, Enrolled, Message

LOGIN = "librarian"
# Without letters that are mistaken for others when they are copied by hand.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_NAMES = {LOGIN: "演示老师", "first": "大厅自助机", "second": "二楼自助机"}


@dataclass(frozen=True, slots=True)
class Prepared:
    """login_file: where login and password of the demo's librarian stand, for this machine's user only."""

    login_file: Path


def prepare(config: Path) -> Prepared:
    """Make what is missing; a later start finds everything there. Raises KioskError and OSError."""
    folders = Folders(config)
    station = load_station(config / "station.toml")
    central = load_central(config / "central.toml")
    login_file = config.parent / "console-login.txt"
    # Written last: whoever has it has all. A start on a full disk writes nothing here.
    second = folders.store(station) / SECOND
    # A second demo on the folder is refused here, before it starts anything; one that was killed lets go in a moment.
    with FolderLock(folders.store(station), wait_s=8):
        if second.exists():
            _bring_up(config, central)
            return Prepared(login_file)
        store = open_store(folders, station)
        db = database(config, central)
        try:
            bring_up(db, backups_in(config, central), keep=central.backup.keep)
            rulebook = Rulebook(config / "library.toml", station)
            zone = ZoneInfo(rulebook.current.library.library.time_zone)
            clock = MovableClock(zone, demo_start(journal.trusted_ms(store), zone), running=True)
            now_ms = clock.now().at_ms
            school = central.schools[0]
            with db.begin() as conn:
                add_school(conn, school.id, school.name, school.name_en, zone.key)
            with db.read() as conn:
                filled = is_filled(conn, school.id)
            if not filled:
                fill_with_sample(store, rulebook.current, station.station.id, zone)
                _open_record(db, store, school.id, station.station.id, now_ms, login_file)
            if identity(store) is None:
                line = _InHouse(db, now_ms, station.station.id, school.id)
                enrol(store, line, machine(store, clock), line.code(), local=station.station.id)
                with store.begin() as tx:
                    tx.set_value(CURSOR, "1")
            write_ahead(config.parent / FILE, now_ms)
            _enrol_second(db, now_ms, school.id, second)
        finally:
            db.close()
            store.close()
    return Prepared(login_file)


def _bring_up(config: Path, central: Central) -> None:
    """The record of an earlier release, after an upgrade."""
    db = database(config, central)
    try:
        bring_up(db, backups_in(config, central), keep=central.backup.keep)
    finally:
        db.close()


def _open_record(
    db: Database, store: Store, school: str, station: str, now_ms: int, login_file: Path
) -> None:
    """The school's people and books as the station has them, and somebody who may use the console."""
    with store.begin() as tx:
        tx.conn.exec_driver_sql("UPDATE holds SET id = 'h' || n WHERE id IS NULL")
    password = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
    _write_private(login_file, f"{LOGIN}\n{password}\n")
    with db.begin(school) as conn:
        fill(conn, school, _rows(store))
        add_staff(conn, school, LOGIN, _NAMES[LOGIN], "librarian", password)
        enrolment.add_station(conn, school, station, _NAMES["first"])


def _rows(store: Store) -> dict[str, list[dict[str, Any]]]:
    with store.read() as tx:
        return {
            kind: [dict(row) for row in tx.conn.exec_driver_sql(f"SELECT * FROM {kind}").mappings()]
            for kind in KINDS
        }


def _enrol_second(db: Database, now_ms: int, school: str, file: Path) -> None:
    """Another station, of which there is only what it needs to write entries."""
    name = "upstairs"
    # It is there already where an earlier start was broken off; a new code makes it ours.
    with contextlib.suppress(CentralError), db.begin(school) as conn:
        enrolment.add_station(conn, school, name, _NAMES["second"])
    line = _InHouse(db, now_ms, name, school)
    told = line.send(Enrol(code=line.code(), hardware="simulated", software="demo"))
    assert isinstance(told, Enrolled), "an enrolment is answered as one"
    kept = {"school": school, "station": name, "epoch": told.epoch, "token": told.token}
    _write_private(file, json.dumps({**kept, "seq": 0, "head": ""}))


def _write_private(file: Path, text: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)


class _InHouse:
    """A line to a record that lies in this very process; it carries enrolments only."""

    address = "http://127.0.0.1"

    def __init__(self, db: Database, now_ms: int, station: str, school: str) -> None:
        self._db, self._now_ms, self._station, self._school = db, now_ms, station, school

    def code(self) -> str:
        with self._db.begin(self._school) as conn:
            return enrolment.new_code(conn, self._school, self._station, self._now_ms)

    def send(self, message: Message) -> Message | bytes:
        assert isinstance(message, Enrol), "nothing else is sent before the first start"
        return enrolment.enrol(self._db, message, self._now_ms)

    def close(self) -> None:
        """There is nothing to let go of."""
