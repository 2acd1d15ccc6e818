"""A small real school in a folder: a store on disk, the shipped rules, a clock moved by hand, a desk and a station."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, select

from drivers.simulator import SimulatedScanner
from kiosk import health
from kiosk.clock import MovableClock
from kiosk.countdown import Patience
from kiosk.desk import Desk
from kiosk.desk_values import Who
from kiosk.domain import Now
from kiosk.finding import finding
from kiosk.journal import Journal
from kiosk.pinyin import toned
from kiosk.rulebook import Rulebook
from kiosk.screen import Line, Screen
from kiosk.station import Ports, Station
from kiosk.store.schema import cards, copies, holds, patrons, titles
from kiosk.store.search import INSERT, index_rows
from kiosk.store.store import Store

SHIPPED = Path(__file__).resolve().parents[2] / "config"
ZONE = ZoneInfo("Asia/Shanghai")
IN_WINDOW = datetime(2026, 11, 25, 11, 45, tzinfo=ZONE)

XIAOMAN, ANAN, TEACHER, EXPIRED = "2024030217", "2026010101", "1000000001", "2020060601"
LOST_CARD, BLOCKED = "2024030299", "2024030250"
OLD_CARD = "2024030298"
CITY, SEA, INSECTS, DREAM = "00000001", "00000002", "00000003", "00000004"
DICTIONARY, MENDING, WITHDRAWN, MISSING = "00000005", "00000006", "00000007", "00000008"
SEA_AGAIN = "00000009"
MORE = tuple(f"000001{n:02d}" for n in range(20))

_PATRONS = (
    ("p1", "李小满", "student", 3, "三年级2班", None, None, XIAOMAN),
    ("p2", "王安安", "student", 1, "一年级1班", None, None, ANAN),
    ("p3", "周老师", "teacher", None, "", None, None, TEACHER),
    ("p4", "陈毕业", "student", 6, "六年级1班", date(2026, 7, 1), None, EXPIRED),
    ("p6", "赵欠书", "student", 3, "三年级2班", None, "lost a book", BLOCKED),
)
_TITLES = (
    ("t1", "城南旧事", "林海音", "I247", "", ((CITY, "book", "on_shelf"),)),
    (
        "t2",
        "海底两万里",
        "凡尔纳",
        "I565",
        "",
        ((SEA, "book", "on_shelf"), (SEA_AGAIN, "book", "on_shelf")),
    ),
    ("t3", "昆虫记", "法布尔", "Q96", "9787020002207", ((INSECTS, "book", "on_shelf"),)),
    ("t4", "红楼梦", "曹雪芹", "I242", "", ((DREAM, "book", "on_shelf"),)),
    ("t5", "辞海", "", "Z32", "", ((DICTIONARY, "reference", "on_shelf"),)),
    ("t6", "书虫", "", "H31", "", ((MENDING, "book", "mending"),)),
    ("t7", "旧书", "", "I24", "", ((WITHDRAWN, "book", "withdrawn"),)),
    ("t8", "找不到的书", "", "I24", "", ((MISSING, "book", "missing"),)),
    ("t9", "许多本", "", "I24", "", tuple((code, "book", "on_shelf") for code in MORE)),
)


class School:
    """Everything a test needs to be a pupil: `scan`, `touch`, the `screen`; and what lies under it."""

    def __init__(self, folder: Path, *, patience: Patience | None = None, room: str = "") -> None:
        self.folder = folder
        config = folder / "config"
        if not config.exists():
            shutil.copytree(SHIPPED, config, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        self.library_toml = config / "library.toml"
        if not (folder / "data").exists():
            shutil.copytree(Path(_filled().name), folder / "data")
        self.store = Store.open(folder / "data")
        self.rulebook = Rulebook(self.library_toml)
        self.clock = MovableClock(ZONE, IN_WINDOW, running=False)
        self.room = room or self.rulebook.current.library.library.room
        self.scanner = SimulatedScanner("scanner")
        self.online: bool | None = None
        self._errors: list[BaseException] = []
        self._patience = patience or Patience(repeat_ms=0)
        self.sit_down("kiosk-1")

    def sit_down(self, station: str) -> None:
        """Desk and touchscreen of the station of this name, new and not yet open."""
        self.journal = Journal(station, self.clock)
        self.desk = Desk(self.store, self.journal, lambda: self.rulebook.current, room=self.room)
        parts = health.Parts(
            self.store, self.clock, self.rulebook, (self.scanner,), lambda: self.online
        )
        ports = Ports(
            desk=self.desk,
            rulebook=self.rulebook,
            clock=self.clock,
            find=finding(self.store, self.rulebook),
            status=lambda: health.marks(parts),
            signs=lambda: health.signs(parts),
            health=lambda: health.report(parts),
            upkeep=self.store.keep_room,
            paper=None,
            room=self.room,
        )
        self.station = Station(ports, self._patience)
        self.station.on_failure = self._errors.append

    def open(self) -> School:
        self.station.start()
        self.scanner.start(self.station.on_scan)
        return self

    def close(self) -> None:
        self.scanner.stop()
        if self.station._thread.is_alive():
            self.station.stop()
        self.store.close()
        if self._errors:
            raise self._errors[0]

    @property
    def now(self) -> Now:
        return self.clock.now()

    def scan(self, *texts: str) -> Screen:
        """Scan one after the other, and give the screen when all has been dealt with."""
        for text in texts:
            assert self.scanner.scan(text)
        return self.station.settled()

    def touch(self, touch: object, line: Line | None = None, **more: object) -> Screen:
        visit = self.station.screen.visit
        taken = self.station.touch(
            touch,  # type: ignore[arg-type]
            visit=visit.id if visit else None,
            line=line.id if line else None,
            **more,  # type: ignore[arg-type]
        )
        assert taken, f"the station refused {touch}"
        return self.station.screen

    def who(self, patron_id: str, card: str) -> Who:
        return Who(patron_id, card, visit="v1")

    def hold(self, title_id: str, patron_id: str, barcode: str | None = None) -> None:
        with self.store.begin() as tx:
            row = {"title_id": title_id, "patron_id": patron_id, "placed_ms": 1, "barcode": barcode}
            tx.conn.execute(insert(holds), row)


@cache
def _filled() -> tempfile.TemporaryDirectory[str]:
    """The data folder of a school just made, to be copied: making one takes longer than most tests."""
    folder = tempfile.TemporaryDirectory(prefix="school")
    store = Store.open(Path(folder.name))
    with store.begin() as tx:
        _fill(tx.conn)
    store.close()
    return folder


def _fill(conn: Connection) -> None:
    for pid, name, category, grade, class_name, expires_on, blocked, card in _PATRONS:
        conn.execute(
            insert(patrons),
            {
                "id": pid,
                "name": name,
                "category": category,
                "grade": grade,
                "class_name": class_name,
                "expires_on": expires_on,
                "blocked": blocked,
            },
        )
        conn.execute(insert(cards), {"number": card, "patron_id": pid, "state": "active"})
    lost = {"number": LOST_CARD, "patron_id": "p1", "state": "lost"}
    conn.execute(insert(cards), lost)
    old = {"number": OLD_CARD, "patron_id": "p1", "state": "replaced"}
    conn.execute(insert(cards), old)
    for tid, title, author, class_number, isbn, those in _TITLES:
        row = {"id": tid, "title": title, "author": author, "class_number": class_number}
        more = {"isbn": isbn, "publisher": "", "year": "", "pinyin": toned(title)}
        conn.execute(insert(titles), {**row, **more})
        n = conn.execute(select(titles.c.n).where(titles.c.id == tid)).scalar_one()
        index_title(conn, n, {**row, **more})
        for barcode, copy_type, state in those:
            place = {"shelf": "4", "room": "main", "call_number": class_number}
            copy = {
                "barcode": barcode,
                "title_id": tid,
                "copy_type": copy_type,
                "state": state,
            }
            conn.execute(insert(copies), {**copy, **place})


def index_title(conn: Connection, n: int, title: Mapping[str, Any]) -> None:
    """Write the search row of one title; rewriting it replaces it."""
    conn.exec_driver_sql(INSERT, index_rows([{**title, "n": n}])[0])
