"""A backup is the whole record: put into an empty database, it holds the same rows, and its chains verify."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url

from sync.central.backup import make_backup
from sync.central.db import CentralError, Database
from sync.central.desk import Desk
from sync.central.schema import metadata
from sync.central.verify import faults
from tests.central import postgres
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, picture, publish_rules, push
from tests.sync.story import NOON

LATER = NOON + 24 * 3_600_000


@pytest.fixture
def busy(db) -> Database:
    found_school(db, barcodes=("20001", "20002"), people=("ming", "hua"))
    publish_rules(db)
    for station, patron, at in (("s1", "ming", 0), ("s2", "hua", 60_000)):
        enrol(db, station)
        pen = Pen(station)
        pen.checkout("20001", patron, at=at)
        push(db, pen)
    with db.begin(SCHOOL) as conn:
        Desk(conn, SCHOOL, "lin", LATER).block("hua", "书丢了：请来一下")
    return db


def everything(db: Database) -> dict[str, list]:
    with db.read() as conn:
        return {
            name: sorted(map(str, conn.execute(select(table))))
            for name, table in metadata.tables.items()
        }


@contextlib.contextmanager
def restored(request, busy: Database, backup: Path) -> Iterator[Database]:
    """The backup in a database of its own, by the means of whoever keeps the machine."""
    if not busy.postgres:
        copy = backup.with_name("restored.sqlite")
        shutil.copy(backup, copy)
        again = Database(f"sqlite:///{copy}")
        yield again
        again.close()
        return
    server = request.getfixturevalue("postgres_server")
    with postgres.database(server, f"restored{id(busy)}") as url:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        program = postgres.binaries() / "pg_restore"
        command = [str(program), "--exit-on-error", f"--dbname={plain}", str(backup)]
        subprocess.run(command, check=True, capture_output=True)
        again = Database(url)
        yield again
        again.close()


def test_a_backup_put_back_holds_every_row_and_verifies(request, busy, tmp_path):
    backup = make_backup(busy, tmp_path / "kept", keep=3)
    before = everything(busy), picture(busy)
    # What comes after the backup is not in it.
    with busy.begin(SCHOOL) as conn:
        Desk(conn, SCHOOL, "lin", LATER).unblock("hua")
    with restored(request, busy, backup) as again:
        assert (everything(again), picture(again)) == before
        assert list(faults(again)) == []


def test_the_oldest_backups_are_dropped_and_none_is_half_done(busy, tmp_path):
    made = [make_backup(busy, tmp_path, keep=2) for _ in range(3)]
    left = sorted(
        path for path in tmp_path.glob("central-*") if path.suffix in (".dump", ".sqlite")
    )
    assert left == sorted(made[1:])


@pytest.mark.parametrize("db", ["postgresql"], indirect=True)
def test_a_database_that_cannot_be_dumped_leaves_no_backup(busy, tmp_path):
    url = busy.engine.url.set(database="nowhere").render_as_string(hide_password=False)
    away = Database(url)
    with pytest.raises(CentralError, match="pg_dump made no backup"):
        make_backup(away, tmp_path / "kept", keep=3)
    assert list((tmp_path / "kept").iterdir()) == []
