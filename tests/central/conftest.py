"""Every test of the central record runs on SQLite and on PostgreSQL; one server a worker."""

from __future__ import annotations

import pytest

from tests.central import postgres
from tests.central.fleet import found_school
from tests.central.line import HandClock, Teller, serving
from tests.central.records import let_go, postgres_record, sqlite_record


@pytest.fixture(scope="session")
def postgres_server():
    with postgres.server() as address:
        yield address
        let_go(address)


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request, tmp_path):
    if request.param == "sqlite":
        database = sqlite_record(tmp_path)
        yield database
        database.close()
        return
    with postgres_record(request.getfixturevalue("postgres_server")) as database:
        yield database


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def teller(db, clock):
    found_school(db, barcodes=("20001", "20002"), people=("ming", "hua"))
    with serving(db, clock) as url:
        told = Teller(url)
        yield told
        told.client.close()
