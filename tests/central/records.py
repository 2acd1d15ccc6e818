"""Records of the tests' own. Migrations cost more than most tests, so a worker runs them once, and copies."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psycopg

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
    kept = spare.pop() if spare else _copied(server)
    db = Database(postgres.at(server, kept.name))
    try:
        yield db
    finally:
        db.close()
        # What a test did to the tables themselves is not undone.
        if postgres.emptied(kept.conn) == _shape(server):
            spare.append(kept)
        else:
            kept.conn.close()
            postgres.drop(server, kept.name)


def let_go(server: str) -> None:
    """Leave the databases that are kept for the next test: their server ends."""
    for kept in _spare(server):
        kept.conn.close()
    _spare(server).clear()


@dataclass(frozen=True, slots=True)
class Kept:
    """An empty record that nobody uses now, and the connection that empties it."""

    name: str
    conn: psycopg.Connection


@cache
def _spare(_server: str) -> list[Kept]:
    return []


def _copied(server: str) -> Kept:
    name = f"t{next(_numbers)}"
    return Kept(name, postgres.opened(postgres.make(server, name, like=_model(server))))


@cache
def _shape(server: str) -> str:
    # Closed again: nobody may be in a database that others are copied from.
    with postgres.opened(postgres.at(server, _model(server))) as conn:
        return postgres.emptied(conn)


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
