"""Reading activities: planned at the record, signed in to without a line, counted once, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import update

from kiosk.activities import Activity, Kind, Offered, may_attend
from kiosk.domain import Act, Patron
from kiosk.posts import Post
from kiosk.screen import Touch
from kiosk.visit import State, Visit, allows, opened
from sync.central import schema
from sync.central.activities import (
    Counts,
    between,
    counts,
    essays_of,
    hand_in,
    newest,
    who_came,
)
from sync.central.activity_tables import activity_marks
from sync.central.db import CentralError
from sync.central.desk import Desk
from sync.central.marks import mark_faults
from sync.central.posts import put
from sync.central.reports.activities import report
from sync.central.reports.counting import count_acts
from sync.central.reports.look import look_at
from sync.central.verify import faults
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, publish_rules, push
from tests.kiosk.acts import at
from tests.sync.story import NOON
from tests.sync.town import COPIES, Town

DAY = date(2026, 11, 25)
DAY_MS = 24 * 3_600_000


def activity(name: str, of: Kind = Kind.SMALL, day: date = DAY, **more) -> Post[Activity]:
    return Post(name, Activity(name=f"活动{name}", of=of, **more), day, day)


def plan(db, *planned: Post[Activity]) -> None:
    with db.begin(SCHOOL) as conn:
        put(Desk(conn, SCHOOL, "lin", NOON), planned)


def counted(db, name: str) -> Counts:
    assert count_acts(db, SCHOOL)
    with db.read() as conn:
        assert list(mark_faults(conn, SCHOOL)) == []
        return counts(conn, SCHOOL, [name])[name]


@pytest.fixture
def town(db, tmp_path):
    made = Town(tmp_path, db)
    with db.begin(SCHOOL) as conn:
        teacher = {"grade": None, "category": "teacher", "class_name": ""}
        conn.execute(update(schema.patrons).where(schema.patrons.c.id == "p2").values(**teacher))
    yield made
    for place in made.places:
        place.close()


def test_a_class_session_without_a_line_arrives_once_with_what_was_read(town):
    db = town.centre.db
    plan(db, activity("a1"), activity("a2", Kind.SESSION, class_name="三年级2班"))
    place = town.station("hall")
    at(place.school, "2026-11-25T11:45")
    place.exchange()
    # From here on the line is cut: nothing is asked of the centre.
    desk, now = place.desk, place.school.now
    pupil = desk.welcome("c-p1", now, visit="v1", typed=False)
    teacher = desk.welcome("c-p2", now, visit="v2", typed=False)
    assert [one.id for one in pupil.activities] == ["a1"]
    assert {one.id for one in teacher.activities} == {"a1", "a2"}
    for _ in range(2):
        desk.door.attend("a1", place.school.who("p1", "c-p1"), now)
    who = place.school.who("p2", "c-p2")
    desk.door.attend("a2", who, now)
    desk.door.attend("a2", who, now, pupils=31)
    for copy in (COPIES[0], COPIES[1], COPIES[0]):
        assert desk.use(who, copy, now, session="a2").verdict.allowed
    again = desk.welcome("c-p1", now, visit="v3", typed=False)
    assert [one.attended for one in again.activities] == [True]
    at(place.school, "2026-11-25T18:00")
    place.wire.twice()
    place.exchange()
    place.exchange()
    assert (counted(db, "a1"), counted(db, "a2")) == (
        Counts(attended=1),
        Counts(1, 2, pupils=31),
    )
    with db.read() as conn:
        assert [c.name for c in who_came(conn, SCHOOL, "a1")] == ["p1"]
    assert list(faults(db)) == []


def test_only_the_day_itself_offers_an_activity(town):
    plan(town.centre.db, activity("a1"))
    place = town.station("hall")
    at(place.school, "2026-11-26T11:45")
    place.exchange()
    assert place.desk.welcome("c-p1", place.school.now, visit="v", typed=False).activities == ()


@pytest.mark.parametrize("first", [0, 1])
def test_marks_are_a_set_whatever_came_when_and_how_often(db, first):
    found_school(db, barcodes=("20001",), people=("t1",))
    pens = [Pen("s1"), Pen("s2")]
    for n, pen in enumerate(pens):
        enrol(db, pen.station)
        for again in range(2):
            pen.write(Act.ATTEND, None, "t1", at=n * 1000 + again, value="a1")
        pen.write(Act.USE, "20001", "t1", at=n * 1000 + 1, value="a1")
    for pen in (pens[first], pens[1 - first]):
        for n in (1, 2, 3):
            push(db, pen, n, n)
            counted(db, "a1")
    assert counted(db, "a1") == Counts(1, 1)


@pytest.mark.parametrize("late", range(4))
def test_of_several_counts_of_a_class_the_last_holds_whatever_came_first(db, late):
    found_school(db, people=("t1",))
    enrol(db, "s1")
    pen, other = Pen("s1"), Pen("s2")
    enrol(db, "s2")
    for at_ms, pupils in ((1, "31"), (3, "29"), (4, "31")):
        pen.write(Act.ATTEND, None, "t1", at=at_ms, value="a1", text=pupils)
    other.write(Act.ATTEND, None, "t1", at=2, value="a1", text="30")
    for nonsense in ("many", "0", "9" * 5000, 5):
        other.write(Act.ATTEND, None, "t1", at=9, value="a1", text=nonsense)
    # What the other station said arrives before, between or behind.
    for n in range(4):
        push(db, other) if n == late else push(db, pen, *[1 + n - (n > late)] * 2)
        counted(db, "a1")
    assert counted(db, "a1") == Counts(1, pupils=31)
    with db.begin(SCHOOL) as conn:
        Desk(conn, SCHOOL, "lin", NOON + DAY_MS).erase("t1")
    assert counted(db, "a1") == Counts(0, pupils=31)


def test_who_is_erased_never_came_and_wrote_nothing(db):
    found_school(db, people=("t1",))
    enrol(db, "s1")
    plan(db, activity("a1", Kind.ESSAY))
    pen = Pen("s1")
    pen.write(Act.ATTEND, None, "t1", at=0, value="a1")
    push(db, pen)
    with db.begin(SCHOOL) as conn:
        hand_in(Desk(conn, SCHOOL, "lin", NOON), "a1", "我的一本书", "t1", DAY)
    assert counted(db, "a1") == Counts(1, 0, 1)
    with db.begin(SCHOOL) as conn:
        Desk(conn, SCHOOL, "lin", NOON + DAY_MS).erase("t1")
    assert counted(db, "a1") == Counts(0, 0, 1)
    with db.read() as conn:
        essay = essays_of(conn, SCHOOL, "a1")[0]
    assert (essay.title, essay.author, essay.patron) == ("我的一本书", "", "")


def test_verify_finds_a_mark_that_no_entry_made(db):
    found_school(db, people=("t1",))
    row = {"school": SCHOOL, "activity": "a1", "kind": "attend", "who": "t1", "station": "s1"}
    with db.begin(SCHOOL) as conn:
        conn.execute(activity_marks.insert().values(**row, at_ms=1))
    with db.read() as conn:
        assert len(list(mark_faults(conn, SCHOOL))) == 1


def test_an_essay_of_somebody_unknown_is_kept_by_name_and_of_two_namesakes_asked_for(db):
    found_school(db, people=("p1", "p2"))
    plan(db, activity("a1", Kind.ESSAY))
    with db.begin(SCHOOL) as conn:
        conn.execute(update(schema.patrons).values(name="李明"))
        desk = Desk(conn, SCHOOL, "lin", NOON)
        hand_in(desk, "a1", "春天", "毕业生王红", DAY)
        hand_in(desk, "a1", "秋天", "p2", DAY)
        with pytest.raises(CentralError, match="more than one patron is called 李明"):
            hand_in(desk, "a1", "冬天", "李明", DAY)
        told = {(e.title, e.author, e.patron) for e in essays_of(conn, SCHOOL, "a1")}
    assert told == {("春天", "毕业生王红", ""), ("秋天", "李明", "p2")}


def test_activities_are_paged_and_found_by_their_days(db):
    found_school(db)
    plan(db, *(activity(f"a{n:03}", day=date(2026, 10, 1 + n % 28)) for n in range(60)))
    with db.read() as conn:
        first, more = newest(conn, SCHOOL)
        rest, end = newest(conn, SCHOOL, more)
        october = between(conn, SCHOOL, date(2026, 10, 1), date(2026, 10, 2))
    assert (len(first), len(rest), end) == (50, 10, None)
    assert len({post.id for post in (*first, *rest)}) == 60
    assert {post.from_on.day for post in october} == {1, 2}


def test_the_report_counts_what_was_held_against_the_plan(db):
    found_school(db, people=("p1",))
    publish_rules(db)
    enrol(db, "s1")
    plan(
        db,
        activity("big", Kind.LARGE, date(2026, 11, 20), pupils=120),
        activity("none", Kind.SMALL, date(2026, 10, 9)),
        activity("small"),
        activity("class", Kind.SESSION),
        activity("later", Kind.LARGE, date(2026, 12, 20), pupils=9),
    )
    pen = Pen("s1")
    pen.write(Act.ATTEND, None, "p1", at=0, value="small")
    pen.write(Act.ATTEND, None, "p1", at=1, value="class", text="40")
    push(db, pen)
    count_acts(db, SCHOOL)
    with db.read() as conn:
        told = report(look_at(conn, SCHOOL, NOON + DAY_MS, "2026-09-01"))
        year = report(look_at(conn, SCHOOL, NOON + DAY_MS, "2026"))
    facts = {fact.key: (fact.value, fact.goal) for fact in told.facts}
    assert facts["large_activities"] == (1, 1)
    assert facts["months_with_small"] == (1, 3)
    assert facts["took_part"] == (161, None)
    assert {f.key: f.goal for f in year.facts}["large_activities"] == 2
    assert told.sheets[1].rows == (
        ("2026-09", 0, 0, 1),
        ("2026-10", 1, 0, 1),
        ("2026-11", 1, 1, 1),
    )


# Who may sign in.

PUPIL = Patron("p1", "李小满", "student", 3, "三年级2班")
TEACHER = Patron("t1", "周老师", "teacher")


@pytest.mark.parametrize(
    ("more", "pupil", "teacher"),
    [
        ({}, True, True),
        ({"of": Kind.SESSION}, False, True),
        ({"class_name": "三年级2班"}, True, True),
        ({"class_name": "三年级1班"}, False, True),
        ({"grade_from": 4}, False, True),
    ],
)
def test_who_may_sign_in_to_an_activity(more, pupil, teacher):
    told = Activity(name="共读", **more)
    assert (may_attend(told, PUPIL), may_attend(told, TEACHER)) == (pupil, teacher)


def test_a_touch_signs_in_once_to_what_is_offered():
    one = Offered("a1", "共读", "", Kind.SMALL)
    visit = Visit("v1", PUPIL, "c", typed=False, activities=(one,))
    state = opened(State(), visit)
    assert allows(state, Touch.ATTEND, "v1", 0)
    assert not allows(state, Touch.ATTEND, "v1", 1)
    assert not allows(state, Touch.ATTEND, "v1", None)
    done = replace(visit, activities=(replace(one, attended=True),))
    assert not allows(opened(State(), done), Touch.ATTEND, "v1", 0)
