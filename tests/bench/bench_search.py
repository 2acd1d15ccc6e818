"""Find a book in 100,000 copies, beside a bare FTS5 query for the same words in the same index."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing

from sqlalchemy import Connection

from kiosk.store.search import find
from kiosk.store.store import Store
from tests.bench import stores
from tests.bench.plan import Plan
from tests.bench.rows import Row, median, quantile

NAME = "search"
PEER = "bare FTS5 MATCH, best 20 by rank"
ROUNDS = 60
LIMIT = 20
_BARE = "SELECT rowid FROM title_search WHERE title_search MATCH ? ORDER BY rank LIMIT 20"

# What is typed, and the plainest FTS5 query for it.
TERMS = {
    "hlm": '"hlm" *',
    "红楼": '"红 楼" *',
    "h": '"h" *',
    "9787020002207": '"9787020002207"',
}


def run(plan: Plan) -> list[Row]:
    folder = stores.big_store(plan.folder / "store")
    rows: list[Row] = []
    with closing(Store.open(folder)) as store, store.read() as tx:
        for typed, match in TERMS.items():
            ours, bare = _in_turn(tx.conn, typed, match)
            rows.append(Row(NAME, f"{typed}, median", median(ours), "ms", PEER, median(bare)))
            rows.append(
                Row(NAME, f"{typed}, p95", quantile(ours, 0.95), "ms", PEER, quantile(bare, 0.95))
            )
    return rows


def _in_turn(conn: Connection, typed: str, match: str) -> tuple[list[float], list[float]]:
    def ours() -> None:
        found, _total = find(conn, typed, LIMIT, in_library_types=frozenset({"reference"}))
        assert found, f"nothing was found for {typed}"

    def bare() -> None:
        assert conn.exec_driver_sql(_BARE, (match,)).fetchall(), f"FTS5 finds nothing for {match}"

    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for told, look in zip(times, (ours, bare), strict=True):
            told.append(_timed(look))
    return times


def _timed(look: Callable[[], None]) -> float:
    begun = time.perf_counter()
    look()
    return (time.perf_counter() - begun) * 1000
