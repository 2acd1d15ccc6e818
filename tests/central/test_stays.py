"""Stays in reading rooms, from the station's card scan over the real exchange to the record, on both databases."""

from __future__ import annotations

import random
from itertools import permutations

import pytest
from sqlalchemy import update

from kiosk.domain import Act
from kiosk.entry import parse
from sync.central import schema
from sync.central.desk import Desk
from sync.central.reports.counting import count_acts
from sync.central.room_tables import room_stays
from sync.central.stays import room_visits, stay_faults
from sync.central.verify import faults
from sync.exchange import LineDown
from sync.stays import Stay, joined, stay_of, visits
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, push
from tests.kiosk.acts import at
from tests.sync.story import NOON
from tests.sync.town import Place, Town

MINUTE = 60_000
HOUR = 60 * MINUTE


def seen(db) -> list[tuple[str, str, int]]:
    """Who was where for how many minutes."""
    assert count_acts(db, SCHOOL)
    with db.read() as conn:
        found = room_visits(conn, SCHOOL, 0, 1 << 60)
        assert list(stay_faults(conn, SCHOOL)) == []
    return [(v.patron, v.room, v.ms // MINUTE) for v in found]


@pytest.fixture
def town(db, tmp_path):
    made = Town(tmp_path, db)
    with db.begin(SCHOOL) as conn:
        conn.execute(update(schema.patrons).values(grade=None, category="teacher", class_name=""))
    yield made
    for place in made.places:
        place.close()


def scan(place: Place, number: str, clock: str) -> None:
    at(place.school, f"2026-11-25T{clock}")
    welcome = place.desk.welcome(number, place.school.now, visit=clock, typed=False)
    assert welcome.receipt.verdict.allowed


def test_a_stay_of_a_day_without_a_line_arrives_once_whatever_the_line_does(town):
    place = town.station("reading", room="teachers")
    place.exchange()
    for clock in ("11:45", "12:35", "13:45"):
        scan(place, "c-p1", clock)
    at(place.school, "2026-11-25T18:00")
    place.wire.twice()
    assert place.exchange().sent == 6
    place.exchange()
    # In for 50 minutes, out, and in again until the room closes at 17:20.
    assert seen(town.centre.db) == [("p1", "teachers", 50), ("p1", "teachers", 215)]
    assert seen(town.centre.db) == [("p1", "teachers", 50), ("p1", "teachers", 215)]
    assert list(faults(town.centre.db)) == []


def test_a_lost_reply_leaves_one_stay(town):
    place = town.station("reading", room="teachers")
    place.exchange()
    scan(place, "c-p1", "11:45")
    at(place.school, "2026-11-25T12:00")
    place.wire.lose("push")
    with pytest.raises(LineDown):
        place.exchange()
    place.wire.around = None
    scan(place, "c-p1", "12:15")
    at(place.school, "2026-11-25T18:00")
    place.exchange()
    assert seen(town.centre.db) == [("p1", "teachers", 30)]


def test_an_erased_reader_was_never_in_the_room(db):
    found_school(db, people=("t1",))
    enrol(db, "s1")
    pen = Pen("s1")
    pen.write(Act.SIGN_IN, None, "t1", at=0, value=f"teachers {NOON + HOUR}")
    push(db, pen)
    assert seen(db) == [("t1", "teachers", 60)]
    with db.begin(SCHOOL) as conn:
        Desk(conn, SCHOOL, "li", NOON + 9 * HOUR).erase("t1")
    assert seen(db) == []
    with db.read() as conn:
        assert conn.execute(room_stays.select()).all() == []


def test_verify_finds_a_stay_that_was_changed(db):
    found_school(db, people=("t1",))
    enrol(db, "s1")
    pen = Pen("s1")
    pen.write(Act.SIGN_IN, None, "t1", at=0, value=f"teachers {NOON + HOUR}")
    push(db, pen)
    seen(db)
    with db.begin(SCHOOL) as conn:
        conn.execute(update(room_stays).values(closes_ms=1))
    told = [f for f in faults(db) if "stay" in f]
    assert told == [f"{SCHOOL}: the stay s1:1:1 at s1 differs from what its entries say"]


def test_the_same_entries_in_any_order_and_number_make_the_same_stay():
    pen = Pen("s1")
    sat = pen.write(Act.SIGN_IN, None, "t1", at=0, value=f"teachers {NOON + 3 * HOUR}")
    out = pen.write(Act.SIGN_OUT, None, "t1", at=HOUR, value=sat)
    pen.write(Act.SIGN_IN, None, "t1", at=HOUR + MINUTE, value=sat, undoes=out)
    pen.write(Act.SIGN_OUT, None, "t1", at=2 * HOUR, value=sat)
    told = [parse(wire.body) for wire in pen.wires]
    assert {stay_of(entry) for entry in told} == {sat}
    chance = random.Random(7)
    made = set()
    for order in permutations(told):
        stay = Stay(sat, "t1")
        for entry in (*order, chance.choice(order)):
            stay = joined(stay, entry, entry.wall_ms)
        made.add(stay)
    assert len(made) == 1
    assert made.pop().out_ms == NOON + 2 * HOUR


@pytest.mark.parametrize(
    ("stays", "expected"),
    [
        # Forgotten, and then seen in another room: gone from the first by then.
        ([("a", "r1", 0, 100, None), ("b", "r2", 30, 100, 50)], [("r1", 0, 30), ("r2", 30, 50)]),
        # At another station of the same room: one stay.
        ([("a", "r1", 0, 100, None), ("b", "r1", 30, 100, 50)], [("r1", 0, 50)]),
        # Forgotten, and back after the room had closed: two.
        ([("a", "r1", 0, 100, None), ("b", "r1", 130, 200, None)], [("r1", 0, 100), ("r1", 130, 200)]),
        # Out after the room had closed: until then.
        ([("a", "r1", 0, 100, 110)], [("r1", 0, 110)]),
        # The clock was unsure: nobody can say for how long.
        ([("a", "r1", 0, None, None)], [("r1", 0, None)]),
    ],
)  # fmt: skip
def test_the_stays_of_one_reader_are_told_in_the_light_of_each_other(stays, expected):
    said = [Stay(name, "t1", room, at, closes, out) for name, room, at, closes, out in stays]
    assert [(v.room, v.from_ms, v.until_ms) for v in visits(reversed(said))] == expected
