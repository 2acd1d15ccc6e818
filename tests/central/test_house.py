"""What is done once an hour, whatever a station's entries say: one school's trouble never becomes another's."""

from __future__ import annotations

import random
from datetime import date

import pytest
from sqlalchemy import func, select, update

from kiosk.domain import Act
from sync.central.activity_tables import activity_marks
from sync.central.db import insert_many
from sync.central.house import keep_house
from sync.central.report_tables import act_days
from sync.central.reports.counting import uncounted
from sync.central.room_tables import room_stays
from sync.central.schema import posts, proofs, schools
from sync.central.verify import faults
from sync.stays import Stay, visits
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, publish_rules, push
from tests.sync.story import NOON

DAY = 24 * 60 * 60_000


def keep(db) -> None:
    keep_house(db, lambda: NOON + DAY, lambda: NOON + DAY)


@pytest.mark.parametrize("closes", ["²", "٣", "9" * 16, "9" * 30, "9" * 5_000, "-1", ""])
def test_a_closing_time_that_is_no_time_is_none(db, closes):
    found_school(db, people=("ming",))
    publish_rules(db)
    enrol(db, "s1")
    pen = Pen("s1")
    pen.write(Act.SIGN_IN, None, "ming", at=0, value=f"room {closes}")
    pen.write(Act.VISIT, None, "ming", at=1)
    push(db, pen, now=NOON + 1)
    keep(db)
    with db.read() as conn:
        assert uncounted(conn, SCHOOL) == 0
        assert conn.execute(select(room_stays.c.room, room_stays.c.closes_ms)).all() == [
            ("room", None)
        ]
    assert list(faults(db)) == []


@pytest.mark.parametrize("origin", ["long ago", f"s1:1:{2**64} x", "s1:1:1 ²"])
def test_a_first_name_that_is_none_has_no_proof_and_keeps_none_from_being_noted(db, origin):
    found_school(db, barcodes=("20001",), people=("ming",))
    publish_rules(db)
    enrol(db, "s1", epoch=2)
    pen = Pen("s1", epoch=2)
    pen.checkout("20001", "ming", at=0, origin=origin)
    push(db, pen, now=NOON + 1)
    keep(db)
    with db.read() as conn:
        assert uncounted(conn, SCHOOL) == 0
        assert conn.execute(select(func.count()).select_from(proofs)).scalar() == 1


def test_a_text_that_is_no_entrys_name_names_no_stay_and_no_activity(db):
    found_school(db, people=("ming",))
    publish_rules(db)
    enrol(db, "s1")
    pen, letters = Pen("s1"), random.Random(3)
    # PostgreSQL packs what repeats itself; this cannot be packed.
    long = "".join(chr(letters.randrange(0x4E00, 0x9FFF)) for _ in range(4_000))
    pen.write(Act.SIGN_OUT, None, "ming", at=0, value=long)
    pen.write(Act.ATTEND, None, "ming", at=1, value=long)
    pen.write(Act.SIGN_IN, None, "ming", at=2, value="room")
    push(db, pen, now=NOON + 2)
    keep(db)
    with db.read() as conn:
        assert conn.execute(select(room_stays.c.entry)).scalars().all() == ["s1:1:3"]
        assert conn.execute(select(activity_marks)).all() == []
    assert list(faults(db)) == []


def test_nobody_is_in_a_room_that_closes_in_the_next_century():
    assert [v.until_ms for v in visits([Stay("s1:1:1", "ming", "room", NOON, 10**15 - 1)])] == [
        None
    ]
    assert [v.until_ms for v in visits([Stay("s1:1:1", "ming", "room", NOON, NOON + 9)])] == [
        NOON + 9
    ]


def test_one_schools_trouble_keeps_neither_its_other_work_nor_another_school_from_being_done(
    db, capfd
):
    for school in (SCHOOL, "zoo"):
        found_school(db, school=school, people=("ming",) if school == SCHOOL else ())
        publish_rules(db, school=school)
    enrol(db, "s1")
    pen = Pen("s1")
    pen.write(Act.VISIT, None, "ming", at=0)
    push(db, pen, now=NOON + 1)
    long_ago = date(2020, 1, 1)
    days = {"from_on": long_ago, "until_on": long_ago, "over": False, "changed_ms": 1}
    shown = {"kind": "notice", "body": "{}", "at_stations": False, "on_page": False}
    with db.begin() as conn:
        insert_many(conn, posts, [{"school": "zoo", "id": "p1", "patron_id": "", **days, **shown}])
        mine = update(schools).where(schools.c.id == SCHOOL)
        conn.execute(mine.values(time_zone="Mars/Olympus"))
    keep(db)
    told = "".join(capfd.readouterr())
    assert "house_not_kept" in told
    assert "count_acts" in told
    with db.begin() as conn:
        assert conn.execute(select(posts.c.over)).scalar_one()
        assert conn.execute(select(func.count()).select_from(proofs)).scalar_one() == 1
        conn.execute(mine.values(time_zone="Asia/Shanghai"))
    keep(db)
    assert capfd.readouterr() == ("", "")
    with db.read() as conn:
        assert conn.execute(select(func.sum(act_days.c.n))).scalar_one() == 1
