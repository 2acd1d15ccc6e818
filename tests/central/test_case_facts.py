"""What a case rests on: a settled one stays settled while its entries do, whoever is erased since."""

from __future__ import annotations

import json
from hashlib import sha256
from importlib import import_module

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select, update

from sync.central.desk import Desk
from sync.central.schema import cases
from sync.central.verify import faults
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, open_cases, push
from tests.sync.story import NOON

HOUR = 3_600_000
DAY = 24 * HOUR


@pytest.fixture
def clash(db):
    """ming and hua borrowed one copy; nobody knows who was first, and the copy is back."""
    found_school(db, barcodes=("20001",), people=("ming", "hua"))
    for station, patron, at in (("s1", "ming", 0), ("s2", "hua", 60_000)):
        pen = Pen(station)
        enrol(db, station)
        pen.checkout("20001", patron, at=at)
        push(db, pen, now=NOON + HOUR)
    assert [code for code, _ in open_cases(db)] == ["order_unknown"]
    with db.begin(SCHOOL) as conn:
        Desk(conn, SCHOOL, "li", NOON + 2 * HOUR).settle(the_case(db).id, "returned")
    return db


def the_case(db):
    with db.read() as conn:
        return conn.execute(select(cases)).one()


def test_erasing_somebody_opens_no_settled_case_again_and_leaves_it_where_it_was_listed(clash):
    before = the_case(clash)
    with clash.begin(SCHOOL) as conn:
        Desk(conn, SCHOOL, "li", NOON + 3 * DAY).erase("ming")
    after = the_case(clash)
    assert (after.is_open, after.reopened, after.settled_by) == (False, False, before.settled_by)
    assert (after.facts, after.closed_ms) == (before.facts, before.closed_ms)
    assert "ming" in before.patrons
    assert "ming" not in after.patrons
    assert list(faults(clash)) == []


def test_cases_and_settlements_of_an_earlier_release_stay_as_they_are(clash):
    told = the_case(clash)
    keys = [":".join(map(str, key)) for key in json.loads(told.about)]
    patrons = [patron or "" for patron in json.loads(told.patrons)]
    earlier = sha256("|".join([told.code, *keys, *patrons]).encode()).hexdigest()
    with clash.begin(SCHOOL) as conn:
        conn.execute(update(cases).values(facts=earlier, is_open=True, settled_by=None))
        # As it was settled then: on the facts that the record told.
        Desk(conn, SCHOOL, "li", NOON + 4 * HOUR).settle(told.id, "returned")
    assert not the_case(clash).is_open
    with clash.begin(SCHOOL) as conn:
        conn.execute(update(cases).values(facts=earlier))
        with Operations.context(MigrationContext.configure(conn)):
            import_module("sync.central.migrations.versions.0031_case_facts").upgrade()
    assert the_case(clash).facts == told.facts
    assert list(faults(clash)) == []
