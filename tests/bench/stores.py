"""Large stores to measure on: 10,000 patrons, 100,000 copies, and journals of any length with a valid chain."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from itertools import islice
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from kiosk.clock import MovableClock
from kiosk.desk import Desk
from kiosk.domain import Act, Reason
from kiosk.entry import GENESIS, VERSION, Entry, canonical, commitment, digest
from kiosk.journal import Journal
from kiosk.rulebook import Rulebook
from kiosk.sample import big
from kiosk.store.store import FILE, Store
from tests.bench.plan import COPIES, PATRONS

CONFIG = Path(__file__).resolve().parents[2] / "config"
ZONE = ZoneInfo("Asia/Shanghai")
IN_WINDOW = datetime(2026, 11, 25, 11, 45, tzinfo=ZONE)
STATION = "hall-1"
_YEAR_MS = 365 * 24 * 3600 * 1000
_STEP = 20_000


def card(n: int) -> str:
    """The card of patron n, from 1."""
    return f"{n:010d}"


def patron(n: int) -> str:
    return f"P{n:06d}"


def copy(n: int) -> str:
    """The label of copy n, from 1."""
    return f"{n:08d}"


def big_store(folder: Path) -> Path:
    """Make a store with PATRONS and COPIES in the folder; gives the folder back."""
    store = Store.open(folder)
    big(store, patrons=PATRONS, copies=COPIES)
    store.close()
    return folder


def twin(source: Path, folder: Path) -> Path:
    """The same store once more, byte for byte; the source must be closed."""
    folder.mkdir(parents=True)
    shutil.copyfile(source / FILE, folder / FILE)
    return folder


def lengthen_journal(folder: Path, total: int) -> None:
    """Append entries as a year of lending leaves them, until there are `total`; chain, copies and people are whole."""
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=OFF")
        last = db.execute("SELECT seq, hash FROM journal ORDER BY epoch DESC, seq DESC LIMIT 1")
        seq, head = last.fetchone() or (0, GENESIS)
        rows = _past(seq, head, total)
        while step := list(islice(rows, _STEP)):
            db.execute("BEGIN")
            db.executemany(
                "INSERT INTO journal (epoch, seq, hash, body, copy, at_ms) VALUES (1, ?, ?, ?, ?, ?)",
                (row[:5] for row in step),
            )
            db.executemany(
                "INSERT INTO journal_people (epoch, seq, salt, patron_id) VALUES (1, ?, ?, ?)",
                ((row[0], *row[5:]) for row in step),
            )
            db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _past(seq: int, head: str, total: int) -> Iterator[tuple[int, str, str, str, int, str, str]]:
    """(seq, hash, body, copy, at_ms, salt, patron id) of entries that lie before IN_WINDOW."""
    dice = Random(seq)
    ends_ms = round(IN_WINDOW.timestamp() * 1000)
    for following in range(seq + 1, total + 1):
        at_ms = ends_ms - _YEAR_MS + following * (_YEAR_MS // (total + 1))
        barcode, whom = copy(dice.randrange(1, COPIES + 1)), patron(dice.randrange(1, PATRONS + 1))
        salt = f"{dice.getrandbits(128):032x}"
        entry = Entry(
            station=STATION,
            epoch=1,
            seq=following,
            prev=head,
            act=Act.CHECKOUT if following % 2 else Act.CHECKIN,
            allowed=True,
            reason=Reason.OK,
            boot="b0f0c0de-0000-4000-8000-000000000000",
            mono_ms=following * 1000,
            wall_ms=at_ms,
            clock="sure",
            rules=hashlib.sha256(b"rules").hexdigest(),
            v=VERSION,
            copy=barcode,
            who=commitment(salt, whom),
            visit=f"{following:012x}",
            device="front",
            rule="library.toml: loan_rules[1].days",
            due_on="2026-11-01",
            days=14,
        )
        body = canonical(entry)
        head = digest(body)
        yield following, head, body, barcode, at_ms, salt, whom


class OpenDesk:
    """A desk on a store in a folder, by the shipped rules, at a clock that stands inside the lending window."""

    def __init__(self, folder: Path) -> None:
        self.store = Store.open(folder)
        rules = Rulebook(CONFIG / "library.toml").current
        self.clock = MovableClock(ZONE, IN_WINDOW, running=False)
        self.now = self.clock.now()
        journal = Journal(STATION, self.clock)
        self.desk = Desk(self.store, journal, lambda: rules, room=rules.library.library.room)

    def close(self) -> None:
        self.store.close()
