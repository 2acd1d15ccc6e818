"""The door to the database: what it does by itself."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from sync.central.db import CentralError, Database, ahead, insert_rows
from sync.central.schema import erased
from tests.central import postgres
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, push


def test_postgresql_is_told_to_count_its_tables_once_there_is_much_in_them(db):
    if not db.postgres:
        db.note_written("entries", 1_000_000)  # nothing to be told
        return
    counted = text("SELECT reltuples FROM pg_class WHERE relname = 'copies'")
    found_school(db, barcodes=[f"{n}" for n in range(2_000)])
    for written, rows in ((999, -1), (1, 2_000)):
        db.note_written("catalogue", written)
        with db.read() as conn:
            assert conn.execute(counted).scalar_one() == rows


def test_entries_are_counted_early_however_large_the_catalogue_was_before(db):
    if not db.postgres:
        return
    counted = text("SELECT reltuples FROM pg_class WHERE relname = 'entries'")
    found_school(db)
    enrol(db, "s1")
    db.note_written("catalogue", 1_000_000)
    pen = Pen("s1")
    for n in range(1_000):
        pen.checkin("20001", at=n)
    push(db, pen)
    db.note_written("entries", 1_000)
    with db.read() as conn:
        assert conn.execute(counted).scalar_one() == 1_000


def test_rows_that_are_sent_ahead_are_there_at_the_end_and_trouble_with_them_is_told(db):
    found_school(db)
    names = ("school", "who", "at_ms")
    with db.begin(SCHOOL) as conn:
        with ahead(conn):
            for n in range(50):
                insert_rows(conn, erased, names, [(SCHOOL, f"w{n}", n)])
        assert conn.execute(select(func.count()).select_from(erased)).scalar() == 50
    with pytest.raises(DBAPIError), db.begin(SCHOOL) as conn, ahead(conn):
        insert_rows(conn, erased, names, [(SCHOOL, "new", 1), (SCHOOL, "w1", 1)])
    with db.begin(SCHOOL) as conn:
        assert conn.execute(select(func.count()).select_from(erased)).scalar() == 50


def test_what_fails_in_postgresql_itself_is_no_fault_of_the_message(postgres_server):
    codes = "08006 25006 40001 40P01 53100 53200 55P03 57P03 58030".split()
    with postgres.database(postgres_server, "failing") as address:
        db = Database(address)
        for code in codes:
            with pytest.raises(CentralError, match="does not answer"), db.begin() as conn:
                conn.exec_driver_sql(failing(code))
        # A mistake of ours, and what a limit of time has stopped.
        for code in ("23505", "57014"):
            with pytest.raises(DBAPIError), db.begin() as conn:
                conn.exec_driver_sql(failing(code))
        db.close()


def failing(code: str) -> str:
    return f"DO $$ BEGIN RAISE EXCEPTION 'es geht nicht' USING ERRCODE = '{code}'; END $$"
