"""A new school year: what is shown is what is done, once; whoever leaves borrows no more and may still return."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from sync.central.db import CentralError, Database, insert_many
from sync.central.desk import Desk
from sync.central.feed import read_page
from sync.central.schema import holds, patrons
from sync.central.school_year import YearBegun, begin_year, next_class, plan
from sync.central.verify import faults
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, holder, push, told
from tests.sync.story import NOON

HOUR = 3_600_000
DAY = 24 * HOUR


@pytest.mark.parametrize(
    ("name", "grade", "then"),
    [
        ("三年级2班", 3, "四年级2班"),
        ("三(2)班", 3, "四(2)班"),
        ("3（2）班", 3, "4（2）班"),
        ("302班", 3, "402班"),
        ("六年级1班", 6, "七年级1班"),
        ("初二3班", 8, "初三3班"),
        ("初三3班", 9, "高一3班"),
        ("1年级1班", 1, "2年级1班"),
        ("10(1)班", 10, "11(1)班"),
        ("十年级1班", 10, "十一年级1班"),
        ("高二1班", 11, "高三1班"),
        # Named for the year of entry, or not for the grade at all.
        ("2024级计算机1班", 3, "2024级计算机1班"),
        ("星星班", 1, "星星班"),
        ("", 4, ""),
    ],
)
def test_a_class_is_called_by_its_next_grade(name, grade, then):
    assert next_class(name, grade) == then


@pytest.fixture
def school(db) -> Database:
    found_school(db, barcodes=("20001", "20002"), people=("ming",))
    none = {"expires_on": None, "blocked": None, "gone_ms": None}
    rows = [
        {"school": SCHOOL, "id": who, "name": who, "category": kind, "grade": grade, **none}
        | {"class_name": class_name}
        for who, kind, grade, class_name in (
            ("hua", "student", 4, "四年级2班"),
            ("old", "student", 6, "六年级1班"),
            ("owes", "student", 6, "六年级1班"),
            ("wang", "teacher", None, ""),
        )
    ]
    with db.begin(SCHOOL) as conn:
        insert_many(conn, patrons, rows)
    enrol(db, "s1")
    return db


def desk(conn) -> Desk:
    return Desk(conn, SCHOOL, "li", NOON + DAY)


def people(db: Database) -> dict[str, tuple]:
    with db.read() as conn:
        rows = conn.execute(select(patrons)).all()
    return {r.id: (r.grade, r.class_name, r.gone_ms is not None) for r in rows}


def test_a_year_is_shown_and_then_done_once(school):
    pen = Pen("s1")
    pen.checkout("20001", "owes", at=0)
    push(school, pen)
    before = people(school)
    with school.begin(SCHOOL) as conn:
        desk(conn).issue_card("old", "10001")
        desk(conn).place_hold("t1", "old")
    with school.read() as conn:
        shown = plan(conn, SCHOOL)
    assert [(m.class_name, m.to, m.people) for m in shown.moves] == [
        ("三年级2班", "四年级2班", 1),
        ("四年级2班", "五年级2班", 1),
        ("六年级1班", "", 2),
    ]
    assert [(one.id, one.copies) for one in shown.owing] == [("owes", 1)]
    assert people(school) == before
    with school.begin(SCHOOL) as conn:
        begin_year(desk(conn), shown.leaving, shown.digest)
    assert people(school) == {
        "ming": (4, "四年级2班", False),
        "hua": (5, "五年级2班", False),
        "old": (6, "六年级1班", True),
        "owes": (6, "六年级1班", True),
        "wang": (None, "", False),
    }
    with school.read() as conn:
        page = read_page(conn, SCHOOL, "s1", 0, 2_000)
        assert conn.execute(select(holds.c.ended_ms)).scalars().all() == [NOON + DAY]
    fed = {(c.kind, c.key): c.value for c in page.changes}
    assert (fed["patron", "old"], fed["card", "10001"]) == (None, None)
    kept, up = fed["patron", "owes"], fed["patron", "ming"]
    assert kept is not None
    assert up is not None
    assert (kept["grade"], up["class_name"]) == (6, "四年级2班")
    back = pen.checkin("20001", at=2 * DAY)
    late = pen.checkout("20002", "old", at=2 * DAY)
    push(school, pen, 2)
    assert (holder(school, "20001"), told(school, back)) == (None, set())
    assert told(school, late) == {"patron_gone"}
    assert list(faults(school)) == []


def test_who_left_is_gone_at_stations_with_the_last_return_and_there_again_with_a_late_loan(school):
    pen = Pen("s1")
    pen.checkout("20001", "owes", at=0)
    push(school, pen)
    with school.begin(SCHOOL) as conn:
        desk(conn).issue_card("owes", "10002")
        begin_year(desk(conn), *shown(conn))
    told_of = (("patron", "owes"), ("card", "10002"))
    cursor, fed = changes(school, 0)
    assert all(fed[one] for one in told_of)
    pen.checkin("20001", at=2 * DAY)
    push(school, pen, 2)
    cursor, fed = changes(school, cursor)
    assert [fed[one] for one in told_of] == [None, None]
    # Lent elsewhere before, and only heard of now: somebody has it, and stations must know who.
    enrol(school, "s2")
    late = Pen("s2")
    late.checkout("20002", "owes", at=HOUR)
    push(school, late)
    assert all(changes(school, cursor)[1][one] for one in told_of)


def changes(db: Database, cursor: int) -> tuple[int, dict]:
    with db.read() as conn:
        page = read_page(conn, SCHOOL, "s1", cursor, 2_000)
    return page.cursor, {(c.kind, c.key): c.value for c in page.changes}


def test_several_grades_may_leave_and_a_plan_that_was_not_shown_is_not_done(school):
    with school.read() as conn:
        both = plan(conn, SCHOOL, [3, 6])
        assert both.leaving == frozenset((3, 6))
        assert plan(conn, SCHOOL).leaving == frozenset((6,))
    before = people(school)
    with school.begin(SCHOOL) as conn, pytest.raises(CentralError, match="look at it again"):
        begin_year(desk(conn), [6], both.digest)
    assert people(school) == before
    with school.begin(SCHOOL) as conn:
        begin_year(desk(conn), [3, 6], both.digest)
    gone = sorted(who for who, (_, _, left) in people(school).items() if left)
    assert gone == ["ming", "old", "owes"]


def test_a_year_is_begun_once_even_if_its_new_plan_is_looked_at_and_confirmed_again(school):
    with school.begin(SCHOOL) as conn:
        begin_year(desk(conn), *shown(conn))
    once = people(school)
    for days in (0, 1, 179):
        with school.begin(SCHOOL) as conn, pytest.raises(YearBegun, match="begun already"):
            begin_year(Desk(conn, SCHOOL, "li", NOON + DAY + days * DAY), *shown(conn))
    assert people(school) == once
    with school.begin(SCHOOL) as conn:
        begin_year(Desk(conn, SCHOOL, "li", NOON + 366 * DAY), *shown(conn))
    assert people(school)["ming"][0] == 5


def shown(conn) -> tuple:
    told = plan(conn, SCHOOL)
    return told.leaving, told.digest
