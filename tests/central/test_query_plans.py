"""No page of the console reads more than it shows: every query of every page, as PostgreSQL has run it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from sync.central.cli_pages import make_app
from sync.central.db import Database
from sync.central.feed import read_page
from sync.central.positions import publish
from sync.central.trimming import trim
from tests.central.console_pages import addresses
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, publish_rules, push
from tests.central.large import LOGIN, Size, fill, make_newcomer
from tests.central.line import HandClock
from tests.central.records import postgres_record
from tests.sync.story import NOON
from tests.web_ui.console import Console

SIZE = Size(patrons=4_000, copies=10_000, past_loans=20_000, open_loans=3_000, entries=10_000)
# More than any page shows, less than any of the large tables has.
MOST = 1_500


@dataclass(frozen=True, slots=True)
class Read:
    """A query of a page, and the most rows that one step of it has looked at."""

    page: str
    rows: int
    query: str


@pytest.fixture(scope="module")
def record(postgres_server) -> Iterator[Database]:
    with postgres_record(postgres_server) as db:
        # Where a plan is bad for a school that PostgreSQL has not counted, all that the school has is read.
        fill(db, SIZE)
        make_newcomer(db)
        yield db


@pytest.fixture(scope="module")
def app(record) -> Flask:
    clock = HandClock()
    return make_app(record, clock, sign_in_ms=clock)


def queries_of(db: Database, console: Console, path: str) -> list[tuple[str, Any]]:
    """What the database is asked while the page is made."""

    def get() -> None:
        answer = console.client.get(path)
        answer.get_data()
        assert answer.status_code in (200, 303), f"{path}: {answer.status_code}"

    return asked_meanwhile(db, get)


def asked_meanwhile(db: Database, work: Callable[[], object]) -> list[tuple[str, Any]]:
    """What the database is asked, with the values, while the work is done."""
    asked: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            asked.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return asked


def most_rows(plan: dict[str, Any]) -> int:
    """The most rows that any step of a plan has looked at, those that it threw away included."""
    thrown = sum(int(v) for name, v in plan.items() if name.startswith("Rows Removed"))
    here = int((plan["Actual Rows"] + thrown) * plan["Actual Loops"])
    return max([here, *map(most_rows, plan.get("Plans", ()))])


# In tables of a few thousand rows, reading all of one may be the quickest way; in large ones it is not.
_AS_IF_LARGE = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off"


def rows_read(db: Database, query: str, values: Any) -> int:
    """The most rows that any step of the query looks at."""
    with db.engine.connect() as conn:
        conn.exec_driver_sql(_AS_IF_LARGE)
        told = conn.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", values).scalar()
    plan: Any = json.loads(told) if isinstance(told, str) else told
    return most_rows(plan[0]["Plan"])


def reads(db: Database, app: Flask) -> list[Read]:
    console = Console(app.test_client()).signed_in(LOGIN)
    found, known = [], dict[str, int]()
    for _, path in addresses(app, db):
        for query, values in queries_of(db, console, path):
            # Who is signed in, what waits: nearly every page asks it, and looking changes nothing.
            asked = f"{query} {values}"
            if asked not in known:
                known[asked] = rows_read(db, query, values)
            found.append(Read(path, known[asked], query))
    return found


def test_no_page_reads_more_than_it_shows(record, app):
    found = reads(record, app)
    assert len({one.page for one in found}) > 10
    too_many = {(one.page, one.rows, one.query) for one in found if one.rows > MOST}
    assert not too_many, "\n".join(
        f"{page}: {rows} rows: {query}" for page, rows, query in sorted(too_many)
    )


# What the keys of each kind begin with in the large school; of messages and erased people it has none.
FED = {
    "title": "b",
    "patron": "p",
    "card": "200000",
    "held": "1000",
    "hold": "w",
    "post": "notice",
    "message": "m",
}
OF_EACH = 100


def test_a_page_of_the_feed_reads_no_more_than_it_tells(record):
    keys = [(kind, f"{begin}{1_100 + n}") for kind, begin in FED.items() for n in range(OF_EACH)]
    with record.begin(SCHOOL) as conn:
        for _ in range(2):
            publish(conn, SCHOOL, keys)
    told = []

    def page() -> None:
        with record.read() as conn:
            told.extend(read_page(conn, SCHOOL, "s1", SIZE.copies, 2_000).changes)

    asked = asked_meanwhile(record, page)
    assert {change.kind for change in told if change.value} >= {
        "title",
        "patron",
        "card",
        "copy",
        "loan",
        "post",
    }
    assert len(asked) > len(FED)
    assert [query for query, values in asked if rows_read(record, query, values) > MOST] == []


def test_a_feed_that_was_trimmed_and_has_not_changed_is_not_read_again(record):
    trim(record, SCHOOL, NOON)
    asked = asked_meanwhile(record, lambda: trim(record, SCHOOL, NOON))
    assert len(asked) > 1
    assert [query for query, values in asked if rows_read(record, query, values) > 1] == []


def test_a_query_that_grows_with_a_table_is_found(record):
    with record.engine.connect() as conn:
        told = conn.exec_driver_sql(
            "EXPLAIN (ANALYZE, FORMAT JSON) SELECT count(*) FROM loans WHERE due_on < '2020-01-01'"
        ).scalar()
    plan: Any = json.loads(told) if isinstance(told, str) else told
    assert most_rows(plan[0]["Plan"]) > MOST


GROWING = ("entries", "people", "outcomes", "holdings", "loans", "seals", "feed", "copies", "cases")


def whole_reads(db: Database) -> dict[str, int]:
    """How often each table that grows was read whole, by what PostgreSQL has counted."""
    with db.engine.connect() as conn:
        conn.exec_driver_sql("SELECT pg_stat_force_next_flush()")
        conn.commit()
        rows = conn.exec_driver_sql("SELECT relname, seq_scan FROM pg_stat_user_tables").all()
    return {name: count for name, count in rows if name in GROWING}


def test_taking_entries_in_never_reads_a_table_whole_not_even_before_anybody_counted_it(
    postgres_server,
):
    with postgres_record(postgres_server) as db:
        barcodes = [str(20_000 + n) for n in range(60)]
        found_school(db, barcodes=barcodes, people=("ming", "hua"))
        publish_rules(db)
        pens = [Pen(f"s{n}") for n in range(8)]
        for pen in pens:
            enrol(db, pen.station)
            for n, barcode in enumerate(barcodes):
                pen.checkout(barcode, "ming", at=n * 1_000)
                pen.checkin(barcode, at=n * 1_000 + 500)
        before = whole_reads(db)
        for pen in reversed(pens):
            push(db, pen)
        assert whole_reads(db) == before
