"""Records of the tests' own. Migrations cost more than most tests, so a worker runs them once, and copies."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from sync.central.db import Database
from sync.central.migrate import bring_up
from tests.central import postgres

_numbers = itertools.count()


def sqlite_record(folder: Path) -> Database:
    """A record with all tables and no row: central.db in the folder."""
    path = folder / "central.db"
    path.write_bytes(_migrated())
    return Database(f"sqlite:///{path}")


@contextlib.contextmanager
def postgres_record(server: str) -> Iterator[Database]:
    """The same on a server (its address). It is emptied afterwards for whoever comes next: to make one is dear."""
    spare = _spare(server)
    name = spare.pop() if spare else _copied(server)
    url = postgres.at(server, name)
    db = Database(url)
    try:
        yield db
    finally:
        db.close()
        # What a test did to the tables themselves is not undone.
        if postgres.emptied(url) == _shape(server):
            spare.append(name)
        else:
            postgres.drop(server, name)


@cache
def _spare(_server: str) -> list[str]:
    """The names of this server's databases that nobody uses now."""
    return []


def _copied(server: str) -> str:
    name = f"t{next(_numbers)}"
    postgres.make(server, name, like=_model(server))
    return name


@cache
def _shape(server: str) -> str:
    return postgres.emptied(postgres.at(server, _model(server)))


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{folder}/central.db")
        bring_up(db, Path(folder))
        db.close()
        return Path(folder, "central.db").read_bytes()


@cache
def _model(server: str) -> str:
    """The name of the database on this server that others are copied from. It ends with the server."""
    url = postgres.make(server, "model")
    db = Database(url)
    with tempfile.TemporaryDirectory() as folder:
        bring_up(db, Path(folder))
    db.close()
    return "model"
