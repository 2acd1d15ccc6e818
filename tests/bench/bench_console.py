"""The librarians' console on PostgreSQL with a district's school: 50,000 patrons, 500,000 copies, 5,000,000 past loans.

Every page that is only looked at is asked for again and again, through the whole application but without a network; the
peer is the same page of a school of a hundredth of that.
"""

from __future__ import annotations

import time
from pathlib import Path

from sync.central.cli_pages import make_app
from sync.central.db import Database
from sync.central.migrate import bring_up
from tests.bench.plan import Plan
from tests.bench.rows import Row, quantile
from tests.central import postgres
from tests.central.console_pages import addresses
from tests.central.large import LOGIN, Size, fill
from tests.central.line import HandClock
from tests.web_ui.console import Console

NAME = "console"
TIMES = 20
LARGE = Size(
    patrons=50_000, copies=500_000, past_loans=5_000_000, open_loans=40_000, entries=1_000_000
)
SMALL = Size(patrons=500, copies=5_000, past_loans=50_000, open_loans=400, entries=10_000)
PEER = "the same page, a hundredth of the school"


def run(plan: Plan) -> list[Row]:
    with postgres.server(durable=True) as address:
        small = _times(address, "small", SMALL, plan.folder)
        large = _times(address, "large", LARGE, plan.folder)
    rows = [
        Row(
            NAME,
            f"p95 of {page}",
            quantile(took, 0.95),
            "ms",
            PEER,
            quantile(small[page], 0.95),
            most=300,
        )
        for page, took in large.items()
    ]
    worst = max(rows, key=lambda row: row.value)
    named = Row(
        NAME, "p95 of the slowest page", worst.value, "ms", PEER, worst.peer_value, most=300
    )
    return [named, *sorted(rows, key=lambda row: -row.value)]


def _times(address: str, name: str, size: Size, folder: Path) -> dict[str, list[float]]:
    """Milliseconds of each page. Ids of what is made for a page differ, so a page is known by its endpoint."""
    with postgres.database(address, name) as url:
        db = Database(url)
        bring_up(db, folder / name)
        fill(db, size)
        clock = HandClock()
        app = make_app(db, clock, sign_in_ms=clock)
        console = Console(app.test_client()).signed_in(LOGIN)
        took: dict[str, list[float]] = {}
        for endpoint, path in addresses(app, db):
            asked = path.partition("?")[2]
            page = endpoint.removeprefix("console.") + (f"?{asked}" if asked else "")
            took[page] = [_ask(console, path) for _ in range(TIMES)]
        db.close()
    return took


def _ask(console: Console, path: str) -> float:
    begun = time.perf_counter()
    answer = console.client.get(path)
    answer.get_data()
    return (time.perf_counter() - begun) * 1000
