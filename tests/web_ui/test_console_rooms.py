"""Who is in a reading room now: the count, how far the stations have told, and the visits of a day as a file."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import update

from kiosk.domain import Act
from sync.central.cli_pages import make_app
from sync.central.desk import Desk
from sync.central.rooms_now import rooms_now, visits_on
from sync.central.rules import rules_in_force
from sync.central.schema import patrons, stations
from sync.central.staff import add_staff
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, publish_rules, push
from tests.central.line import HandClock
from tests.central.records import sqlite_record
from tests.sync.story import NOON
from tests.web_ui.console import PASSWORD, Console

MINUTE = 60_000
HOUR = 60 * MINUTE


@pytest.fixture
def clock() -> HandClock:
    made = HandClock()
    made.ms = NOON + 2 * HOUR
    return made


@pytest.fixture
def record(tmp_path, clock):
    """Two signed in to the reading room, one has left it, one has gone on to the teachers' room."""
    db = sqlite_record(tmp_path)
    found_school(db, people=("ming", "hua", "lan", "qi"))
    publish_rules(db)
    with db.begin() as conn:
        add_staff(conn, SCHOOL, "li", "李老师", "assistant", PASSWORD)
        add_staff(conn, SCHOOL, "zhao", "赵老师", "viewer", PASSWORD)
        conn.execute(update(patrons).where(patrons.c.id == "qi").values(class_name=""))
    for station, room in (("s1", "periodicals"), ("s2", "teachers")):
        enrol(db, station)
        told = {"name": f"{room}机", "room": room, "seen_ms": clock.ms - MINUTE}
        with db.begin() as conn:
            conn.execute(update(stations).where(stations.c.id == station).values(told))
    one, two = Pen("s1"), Pen("s2")
    closes = NOON + 5 * HOUR
    one.write(Act.SIGN_IN, None, "ming", at=0, value=f"periodicals {closes}")
    came = one.write(Act.SIGN_IN, None, "hua", at=10 * MINUTE, value=f"periodicals {closes}")
    one.write(Act.SIGN_IN, None, "lan", at=20 * MINUTE, value=f"periodicals {closes}")
    one.write(Act.SIGN_IN, None, "qi", at=30 * MINUTE, value=f"periodicals {closes}")
    one.write(Act.SIGN_OUT, None, "hua", at=40 * MINUTE, value=came)
    two.write(Act.SIGN_IN, None, "qi", at=50 * MINUTE, value=f"teachers {closes}")
    push(db, one)
    push(db, two)
    yield db
    db.close()


@pytest.fixture
def console(record, clock):
    return Console(make_app(record, clock, sign_in_ms=clock).test_client())


def counted(page: str) -> dict[str, str]:
    return dict(re.findall(r'<h2 id="room-(\w+)">[^<]*<small>([^<]*)</small>', page))


def test_the_rooms_tell_who_is_there_since_when_and_how_far_is_known(console):
    page = console.signed_in().see("/console/rooms/")
    assert counted(page) == {"periodicals": "现在 2 人", "teachers": "现在 1 人"}
    names = re.findall(r'<th scope="row"><a href="/console/people/(\w+)"', page)
    assert names == ["qi", "ming", "lan"]
    assert "最早的一位 11:45 签到" in page
    assert "记录都发来了" in page
    assert "可能不准" not in page


def test_what_a_station_has_not_sent_is_told_beside_the_number(console, record, clock):
    for values, said in (
        ({"health": '{"unsent": 4}'}, "还有 4 条记录没有发来"),
        ({"health": "{}", "seen_ms": clock.ms - HOUR}, "那以后谁进谁出，这里还不知道"),
    ):
        with record.begin() as conn:
            conn.execute(update(stations).where(stations.c.id == "s1").values(values))
        page = console.signed_in().see("/console/rooms/")
        assert said in page
        assert page.count("可能不准") == 1


def test_when_a_room_has_closed_nobody_is_in_it(console, clock):
    clock.ms = NOON + 5 * HOUR + MINUTE
    assert counted(console.signed_in().see("/console/rooms/")) == {
        "periodicals": "现在没有人",
        "teachers": "现在没有人",
    }


def test_the_visits_of_a_day_are_listed_by_room_and_go_out_as_a_file(console, record):
    page = console.signed_in().see("/console/rooms/day?room=periodicals")
    assert page.count('<th scope="row">') == 4
    page = console.see("/console/rooms/day")
    assert "5 人次" in page
    file = console.client.get("/console/rooms/day.csv?room=periodicals&day=2026-11-25")
    lines = file.data.decode("utf-8-sig").splitlines()
    assert lines[0].split(",")[:5] == ["房间", "姓名", "班级", "签到", "离开"]
    assert [line.split(",")[1:6] for line in lines[1:]] == [
        ["ming", "三年级2班", "11:45", "", ""],
        ["hua", "三年级2班", "11:55", "12:25", "30"],
        ["lan", "三年级2班", "12:05", "", ""],
        ["qi", "", "12:15", "12:35", "20"],
    ]
    assert console.client.get("/console/rooms/day.xlsx").status_code == 200
    assert console.client.get("/console/rooms/day.pdf").status_code == 404
    assert "这一天没有人签到" in console.see("/console/rooms/day?day=2026-11-24")
    assert "/console/people/hua" in console.see("/console/rooms/day")
    with record.begin(SCHOOL) as conn:
        Desk(conn, SCHOOL, "li", NOON * 2).erase("hua")
    assert "/console/people/hua" not in console.see("/console/rooms/day")


def test_whoever_only_looks_learns_nothing_of_who_is_where(console):
    console.signed_in("zhao")
    for path in ("", "day", "day.csv"):
        assert console.client.get(f"/console/rooms/{path}").status_code == 403


def test_more_than_can_be_shown_is_said(console, record, clock):
    console.signed_in().see("/console/rooms/")
    with record.read() as conn:
        rules = rules_in_force(conn, SCHOOL)
        assert rules is not None
        for most, more in ((2, True), (9, False)):
            rooms = rooms_now(conn, SCHOOL, rules.library, clock.ms, most=most)
            assert {room.more for room in rooms} == {more}
            assert visits_on(conn, SCHOOL, date(2026, 11, 25), most=most)[1] is more
