"""Every test of the central record runs on SQLite and on PostgreSQL; one server a worker."""

from __future__ import annotations

import itertools

import pytest

from sync.central.db import Database
from sync.central.migrate import bring_up
from tests.central import postgres
from tests.central.fleet import found_school
from tests.central.line import HandClock, Teller, serving

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres_server():
    with postgres.server() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/central.db"
        return
    address = request.getfixturevalue("postgres_server")
    with postgres.database(address, f"t{next(_numbers)}") as url:
        yield url


@pytest.fixture
def db(database_url, tmp_path):
    database = Database(database_url)
    bring_up(database, tmp_path / "backups")
    yield database
    database.close()


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
