"""What a revoked station sent and staff let count is as if it had come in its turn; taken back, as if it had not."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import select

from kiosk.domain import Act
from kiosk.entry import commitment
from sync.central import enrolment
from sync.central.desk import Desk
from sync.central.schema import cases, holds, voices
from sync.central.verify import faults
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, push
from tests.sync.story import NOON

HOUR = 3_600_000
DAY = 24 * HOUR
SALT, WORDS = "salt-salt-salt-salt", '{"note":"hi"}'


def act(db, name: str, *said: str, at: int) -> Any:
    with db.begin(SCHOOL) as conn:
        return getattr(Desk(conn, SCHOOL, "li", NOON + at), name)(*said)


def queue(db) -> list[tuple[str, str | None]]:
    with db.read() as conn:
        return [tuple(row) for row in conn.execute(select(holds.c.how, holds.c.ended_by))]


def heard(db) -> list[tuple[str | None, str | None]]:
    with db.read() as conn:
        return [tuple(row) for row in conn.execute(select(voices.c.patron, voices.c.said))]


@pytest.fixture
def case(db) -> str:
    """ming, who waits, is lent the book at a revoked station, where hua says something."""
    found_school(db, barcodes=("20001", "20002"), people=("ming", "hua"))
    for station in ("s1", "s2"):
        enrol(db, station)
    act(db, "place_hold", "t1", "ming", at=-DAY)
    with db.begin(SCHOOL) as conn:
        enrolment.revoke(conn, SCHOOL, "s1", NOON - HOUR)
    pen = Pen("s1")
    pen.checkout("20001", "ming", at=0)
    pen.write(Act.SAY, None, "hua", at=HOUR, value="suggestion", said=commitment(SALT, WORDS))
    pen.wires[1] = structs.replace(pen.wires[1], said_salt=SALT, said=WORDS)
    push(db, pen, now=NOON + HOUR)
    with db.read() as conn:
        return str(
            conn.execute(select(cases.c.id).where(cases.c.code == "revoked")).scalars().first()
        )


def test_what_was_said_is_heard_and_whoever_waited_has_got_the_book(db, case):
    assert (queue(db), heard(db)) == ([("", None)], [])
    act(db, "settle", case, "admit", at=2 * HOUR)
    assert (queue(db), heard(db)) == ([("filled", "s1:1:1")], [("hua", WORDS)])
    assert list(faults(db)) == []
    act(db, "undo", case, at=3 * HOUR)
    assert (queue(db), heard(db)) == ([("", None)], [])
    assert list(faults(db)) == []


def test_whoever_got_a_copy_later_has_got_that_when_it_is_taken_back(db, case):
    act(db, "settle", case, "admit", at=2 * HOUR)
    other = Pen("s2")
    later = other.checkout("20002", "ming", at=DAY)
    push(db, other, now=NOON + DAY)
    assert queue(db) == [("filled", "s1:1:1")]
    act(db, "undo", case, at=2 * DAY)
    assert queue(db) == [("filled", later)]
    assert list(faults(db)) == []
