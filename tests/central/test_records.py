"""A PostgreSQL record that tests use one after the other is as good as new, or is not used again."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, text

from sync.central.schema import metadata, patrons
from tests.central.fleet import Pen, enrol, found_school, publish_rules, push
from tests.central.records import postgres_record

# What PostgreSQL chooses its ways by.
HELD = """
SELECT relname, relpages, reltuples, pg_relation_size(oid) AS bytes FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
"""


def used(server: str, *more: str) -> str:
    """Fills a record; its address."""
    with postgres_record(server) as db:
        found_school(db, barcodes=[str(n) for n in range(2_000)], people=("ming",))
        publish_rules(db)
        enrol(db, "s1")
        pen = Pen("s1")
        pen.checkout("20", "ming", at=0)
        push(db, pen)
        for statement in more:
            with db.begin() as conn:
                conn.exec_driver_sql(statement)
        return db.engine.url.render_as_string()


def test_it_is_empty_for_the_next_test_and_takes_the_same_again(postgres_server):
    address = used(postgres_server)
    with postgres_record(postgres_server) as db:
        assert db.engine.url.render_as_string() == address
        with db.read() as conn:
            rows = {
                table.name: conn.execute(select(func.count()).select_from(table)).scalar()
                for table in metadata.sorted_tables
            }
            pages = conn.execute(text(HELD)).all()
        assert not any(rows.values()), rows
        assert {(told.relpages, told.reltuples, told.bytes) for told in pages} == {(0, -1, 0)}
    assert used(postgres_server) == address


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE patrons ADD COLUMN shoe_size integer",
        "DROP INDEX patrons_class",
        "ANALYZE patrons",
        "UPDATE alembic_version SET version_num = '0001'",
    ],
)
def test_it_is_given_up_once_a_test_has_changed_its_tables(postgres_server, statement):
    address = used(postgres_server, statement)
    with postgres_record(postgres_server) as db:
        assert db.engine.url.render_as_string() != address
        found_school(db, people=("ming",))
        with db.read() as conn:
            assert conn.execute(select(patrons.c.id)).scalar_one() == "ming"
