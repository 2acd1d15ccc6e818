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
    """The same on a server (its address); dropped afterwards."""
    with postgres.database(server, f"t{next(_numbers)}", like=_model(server)) as url:
        db = Database(url)
        try:
            yield db
        finally:
            db.close()


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
