"""The door to the database: what it does by itself."""

from __future__ import annotations

from sqlalchemy import text

from tests.central.fleet import found_school


def test_postgresql_is_told_to_count_its_tables_once_there_is_much_in_them(db):
    if not db.postgres:
        db.note_written(1_000_000)  # nothing to be told
        return
    counted = text("SELECT reltuples FROM pg_class WHERE relname = 'copies'")
    found_school(db, barcodes=[f"{n}" for n in range(2_000)])
    for written, rows in ((999, -1), (1, 2_000)):
        db.note_written(written)
        with db.read() as conn:
            assert conn.execute(counted).scalar_one() == rows
