"""Fixed statements run by the driver: what goes in and comes out is what SQLAlchemy itself would give."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import bindparam, insert, select, update

from kiosk.store.schema import copies, patrons, titles
from kiosk.store.statement import Statement
from kiosk.store.store import Store
from kiosk.store.tx import Tx

MADE = {"id": "p1", "name": "李小满", "category": "student", "grade": 3, "class_name": ""}
BEGUN = insert(patrons).values(**MADE, expires_on=bindparam("expires_on"), blocked=None)
EVERY = select(patrons).where(patrons.c.grade == 3)


@pytest.fixture
def tx(tmp_path: Path) -> Iterator[Tx]:
    store = Store.open(tmp_path)
    with store.begin() as tx:
        yield tx
    store.close()


@pytest.mark.parametrize("ends", [date(2026, 7, 1), None])
def test_a_day_goes_in_and_comes_out_as_a_day(tx: Tx, ends: date | None) -> None:
    assert tx.run(Statement(BEGUN), expires_on=ends) == []
    (row,) = tx.run(Statement(EVERY))
    assert row.expires_on == ends
    assert tuple(row) == tuple(tx.conn.execute(EVERY).one())


@pytest.mark.parametrize("lendable", [True, False])
def test_yes_and_no_go_in_and_come_out_as_such(tx: Tx, lendable: bool) -> None:
    tx.conn.execute(insert(titles), {"n": 1, "id": "t1", "title": "城南旧事"})
    tx.conn.execute(insert(copies), {"barcode": "1", "title_id": "t1", "copy_type": "book"})
    change = Statement(update(copies).values(lendable=bindparam("lendable")))
    assert tx.run(change, lendable=lendable) == []
    assert tx.first(Statement(select(copies))).lendable is lendable


def test_the_first_of_no_rows_is_none(tx: Tx) -> None:
    assert tx.first(Statement(EVERY)) is None


def test_a_value_that_is_not_told_is_refused(tx: Tx) -> None:
    with pytest.raises(KeyError, match="expires_on"):
        tx.run(Statement(BEGUN))
    with pytest.raises(sqlite3.ProgrammingError, match=":id"):
        tx.run(Statement(select(patrons).where(patrons.c.id == bindparam("id"))))


def test_what_a_transaction_did_by_the_driver_is_undone_with_it(tmp_path: Path) -> None:
    store = Store.open(tmp_path)

    def fail_half_way() -> None:
        with store.begin() as tx:
            tx.run(Statement(BEGUN), expires_on=None)
            tx.conn.execute(insert(titles), {"n": 1, "id": "t1", "title": "城南旧事"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    with store.read() as tx:
        assert tx.run(Statement(EVERY)) == tx.run(Statement(select(titles))) == []
    store.close()
