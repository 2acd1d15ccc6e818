"""Acts of the desk timed one by one, in turn with bare commits of SQLite on the same disk."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.desk_values import Who
from kiosk.domain import Receipt
from tests.bench import stores
from tests.bench.plan import PATRONS
from tests.bench.stores import OpenDesk

WARM_UP = 50
# A short row: one page of the log a commit, the least that a durable write can cost.
PAYLOAD = "x" * 100
PEER = "bare SQLite commit of one row, WAL + FULL"


@dataclass(slots=True)
class Times:
    """Milliseconds of each act: by desk, and of the bare commits between them."""

    checkout: list[list[float]]
    checkin: list[list[float]]
    bare: list[float] = field(default_factory=list)


def time_acts(desks: list[OpenDesk], folder: Path, rounds: int) -> Times:
    """Lend a copy at every desk, commit bare, take it back at every desk, commit bare; the order turns each round."""
    times = Times([[] for _ in desks], [[] for _ in desks])
    with closing(_bare(folder)) as db:
        for n in range(rounds + WARM_UP):
            keep = n >= WARM_UP
            order = [(n + i) % len(desks) for i in range(len(desks))]
            barcode, who = stores.copy(1 + n * 7), _who(1 + n % PATRONS)
            for acts, act in ((times.checkout, _lend), (times.checkin, _take_back)):
                for at in order:
                    took = _timed(act, desks[at], who, barcode)
                    if keep:
                        acts[at].append(took)
                took = _timed(_commit, db)
                if keep:
                    times.bare.append(took)
    return times


def _timed(act: Callable[..., object], *told: object) -> float:
    begun = time.perf_counter()
    act(*told)
    return (time.perf_counter() - begun) * 1000


def _who(n: int) -> Who:
    return Who(stores.patron(n), stores.card(n), visit=f"{n:012x}", device="front")


def _lend(at: OpenDesk, who: Who, barcode: str) -> None:
    _allowed(at.desk.checkout(who, barcode, at.now))


def _take_back(at: OpenDesk, who: Who, barcode: str) -> None:
    _allowed(at.desk.checkin(barcode, at.now, who))


def _allowed(receipt: Receipt) -> None:
    assert receipt.verdict.allowed, f"the desk refused: {receipt.verdict.reason}"


def _bare(folder: Path) -> sqlite3.Connection:
    db = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE row (n INTEGER PRIMARY KEY, text TEXT NOT NULL)")
    return db


def _commit(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO row (text) VALUES (?)", (PAYLOAD,))
