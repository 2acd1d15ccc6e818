"""Every test of the central record runs on SQLite and on PostgreSQL; one server a worker."""

from __future__ import annotations

import itertools

import pytest

from sync.central.db import Database
from sync.central.schema import metadata
from tests.central import postgres

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
def db(database_url):
    database = Database(database_url)
    metadata.create_all(database.engine)
    yield database
    database.close()
