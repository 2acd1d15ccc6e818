"""Cases page by page, by kind, station, people, age and whoever settled them; the digest day by day."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, update

from sync.central import case_lists, digest
from sync.central.case_lists import PAGE, Which
from sync.central.db import insert_many
from sync.central.schema import cases, patrons
from sync.events import Code
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, push
from tests.central.stock import DAY, desk
from tests.central.test_people import planned
from tests.sync.story import NOON

MINUTE = 60_000
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def stations(db):
    found_school(db, barcodes=[f"2{n:04}" for n in range(80)], people=("ming", "hua"))
    pens = Pen("s1"), Pen("s2")
    for pen in pens:
        enrol(db, pen.station)
    with db.begin(SCHOOL) as conn:
        conn.execute(update(patrons).where(patrons.c.id == "hua").values(class_name="四年级1班"))
    return pens


def unknown_copies(
    pen: Pen, db, count: int, *, now: int, first: int = 0, patron: str = "ming"
) -> None:
    """So many cases: copies that no catalogue has."""
    begun = len(pen.wires) + 1
    for n in range(count):
        pen.checkout(f"9{pen.station}{first + n:04}", patron, at=n * MINUTE)
    push(db, pen, begun, now=now)


def shown(db, after=None, **which):
    with db.read() as conn:
        return case_lists.page(conn, SCHOOL, Which(**which), after)


def names(db, **which) -> set[str]:
    return {one.barcode for one in shown(db, **which).questions}


def settle(db, case: str, choice: str = "noted", *, staff: str = "wang", at: int = DAY) -> None:
    with db.begin(SCHOOL) as conn:
        desk(conn, at, staff).settle(case, choice)


def test_every_open_case_is_on_exactly_one_page_the_oldest_first(db, stations):
    s1, s2 = stations
    unknown_copies(s2, db, 30, now=NOON + 2 * DAY)
    unknown_copies(s1, db, 40, now=NOON + DAY)
    seen, after, pages = [], None, 0
    while pages == 0 or after:
        page = shown(db, after)
        seen += [(one.opened_ms, one.id) for one in page.questions]
        after, pages = page.after, pages + 1
    assert pages == -(-70 // PAGE)
    assert (len(seen), seen) == (70, sorted(set(seen)))


def test_open_cases_are_found_by_kind_station_people_and_age(db, stations):
    s1, s2 = stations
    unknown_copies(s1, db, 1, now=NOON + DAY)
    unknown_copies(s2, db, 1, now=NOON + 5 * DAY, patron="hua")
    s2.checkout("20001", "card:777", at=0, card="777")
    push(db, s2, len(s2.wires), now=NOON + 6 * DAY)
    everything = names(db)
    assert len(everything) == 3
    assert names(db, code=Code.UNKNOWN_ITEM) == {"9s10000", "9s20000"}
    assert names(db, station="s2") == everything - {"9s10000"}
    assert names(db, until_ms=NOON + 2 * DAY) == {"9s10000"}
    assert names(db, from_ms=NOON + 2 * DAY, until_ms=NOON + 6 * DAY) == {"9s20000"}
    with db.read() as conn:
        meant = case_lists.people_meant
        assert meant(conn, SCHOOL, "", "") is None
        of_class = meant(conn, SCHOOL, "", "四年级1班")
        assert of_class == frozenset({"hua"})
        assert meant(conn, SCHOOL, "hua", "") == of_class
        assert meant(conn, SCHOOL, "nobody", "") == frozenset()
    assert names(db, people=of_class) == {"9s20000"}
    assert names(db, people=frozenset()) == set()


def test_settled_cases_are_listed_by_who_and_when_and_leave_the_list_when_undone(db, stations):
    s1, _ = stations
    unknown_copies(s1, db, 3, now=NOON)
    one, two, three = shown(db).questions
    settle(db, one.id, staff="wang", at=DAY)
    settle(db, two.id, staff="li", at=2 * DAY)
    settle(db, three.id, staff="wang", at=3 * DAY)
    listed = [case.id for case in shown(db, settled=True).questions]
    assert listed == [three.id, two.id, one.id]
    assert [c.id for c in shown(db, settled=True, staff="wang").questions] == [three.id, one.id]
    assert [c.id for c in shown(db, settled=True, until_ms=NOON + 2 * DAY).questions] == [one.id]
    with db.read() as conn:
        told = case_lists.settlements(conn, SCHOOL, shown(db, settled=True).questions)
    assert {name: entry.staff for name, entry in told.items()} == {
        one.id: "wang", two.id: "li", three.id: "wang"
    }  # fmt: skip
    with db.begin(SCHOOL) as conn:
        desk(conn, 4 * DAY).undo(two.id)
    assert [c.id for c in shown(db, settled=True).questions] == [three.id, one.id]
    assert [c.id for c in shown(db).questions] == [two.id]
    settle(db, two.id, staff="chen", at=5 * DAY)
    assert [c.id for c in shown(db, settled=True, staff="li").questions] == []
    assert [c.id for c in shown(db, settled=True, staff="chen").questions] == [two.id]


def many_open(db, count: int) -> None:
    """Cases of station s1, as a year of neglect would leave them."""
    blank: dict[str, Any] = {"school": SCHOOL, "code": "unknown_item", "facts": "", "is_open": True}
    blank |= {"reopened": False, "patrons": "[]", "about": '[["s1", 1, 1]]', "barcode": None}
    with db.begin(SCHOOL) as conn:
        insert_many(
            conn, cases, [{**blank, "id": f"{n:016}", "opened_ms": NOON + n} for n in range(count)]
        )


def test_what_is_sought_and_stands_far_along_is_reached_in_bounded_steps(db, stations):
    _, s2 = stations
    most = case_lists.WINDOW * case_lists.WINDOWS
    many_open(db, most + 10)
    unknown_copies(s2, db, 1, now=NOON + 2 * DAY)
    page = shown(db, station="s2")
    assert (page.questions, page.looked_at) == ((), most)
    page = shown(db, page.after, station="s2")
    assert [one.barcode for one in page.questions] == ["9s20000"]
    assert page.after is None


def test_open_cases_are_counted_no_further_than_makes_sense(db, stations):
    many_open(db, 12)
    with db.read() as conn:
        assert case_lists.count_open(conn, SCHOOL) == 12
    with db.begin(SCHOOL) as conn:
        conn.execute(delete(cases))
    many_open(db, case_lists.COUNTED + 5)
    with db.read() as conn:
        assert case_lists.count_open(conn, SCHOOL) == case_lists.COUNTED


# The digest.


def odd_day(pen: Pen, db, count: int, day: int) -> None:
    """Returns of copies that were not on loan, taken in on that day."""
    begun = len(pen.wires) + 1
    for n in range(count):
        pen.checkin(f"2{n % 80:04}", at=day * DAY + n * MINUTE)
    push(db, pen, begun, now=NOON + day * DAY + 12 * 3_600_000)


def told(db, day: int, code: Code | None = None, after=None) -> digest.Found:
    at = date(2026, 11, 25 + day)
    with db.read() as conn:
        return digest.page(conn, SCHOOL, digest.span_of(at, ZONE), code=code, after=after)


def test_the_digest_is_read_day_by_day_and_page_by_page(db, stations):
    s1, s2 = stations
    odd_day(s1, db, 70, 0)
    odd_day(s2, db, 10, 1)
    s2.checkout("20001", "ming", at=2 * DAY)
    push(db, s2, len(s2.wires), now=NOON + 2 * DAY)
    first = told(db, 0)
    second = told(db, 0, after=first.after)
    assert (len(first.lines), len(second.lines), second.after) == (digest.PAGE, 20, None)
    keys = [line.key for line in (*first.lines, *second.lines)]
    assert len(set(keys)) == 70
    assert {line.station for line in told(db, 1).lines} == {"s2"}
    assert told(db, 1).lines[0].title == "西游记"
    assert told(db, 2).lines == ()
    with db.read() as conn:
        assert len(list(digest.lines(conn, SCHOOL, NOON + 3 * DAY))) == 80


def test_lines_of_the_digest_are_closed_by_rule_thirty_days_after_they_came_in(db, stations):
    """Counted from when the record took them in, to the millisecond; nothing is deleted, and no one has to act."""
    s1, s2 = stations
    odd_day(s1, db, 70, 0)
    odd_day(s2, db, 10, 1)
    came_ms = NOON + 12 * 3_600_000
    with db.read() as conn:
        for now_ms, count in (
            (came_ms + 30 * DAY - 1, 80),
            (came_ms + 30 * DAY, 10),
            (came_ms + 31 * DAY, 0),
        ):
            assert len(list(digest.lines(conn, SCHOOL, now_ms))) == count
    assert len(told(db, 0).lines) == digest.PAGE


def test_the_digest_by_kind(db, stations):
    s1, _ = stations
    s1.checkout("20001", "ming", at=0)
    s1.checkout("20001", "hua", at=60 * MINUTE)
    s1.checkin("20002", at=61 * MINUTE)
    push(db, s1, now=NOON + 3_600_000 * 2)
    assert len(told(db, 0).lines) == 2
    (line,) = told(db, 0, Code.IMPLICIT_RETURN).lines
    assert (line.barcode, line.codes) == ("20001", (Code.IMPLICIT_RETURN,))
    assert told(db, 0, Code.CLOCK).lines == ()


def test_no_query_of_cases_and_digest_reads_a_whole_table(db, stations):
    s1, _ = stations
    unknown_copies(s1, db, 60, now=NOON)
    odd_day(s1, db, 300, 0)
    span = (NOON - DAY, NOON + DAY)
    after = (NOON, "x")
    with db.begin(SCHOOL) as conn:
        queries = [
            case_lists.window_query(SCHOOL, Which(), after),
            case_lists.window_query(SCHOOL, Which(code=Code.UNKNOWN_ITEM), after),
            case_lists.window_query(SCHOOL, Which(settled=True), after),
            case_lists.window_query(SCHOOL, Which(settled=True, staff="wang"), after),
            digest.window_query(SCHOOL, span, (NOON, "s1", 1, 5)),
        ]
        if db.postgres:
            conn.exec_driver_sql("ANALYZE")
            conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for query in queries:
            plan = planned(conn, query, postgres=db.postgres)
            assert "SCAN " not in plan, plan
            assert "Seq Scan" not in plan, plan
