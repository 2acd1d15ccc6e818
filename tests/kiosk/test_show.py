"""What the screen says beside the acts themselves: hours, loans from before, and whose turn it is."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import insert, update

from kiosk import show
from kiosk.screen import LineKind, OpenHours, Screen, Touch, VisitView
from kiosk.store.schema import loans, messages
from tests.kiosk.school import ANAN, CITY, DREAM, IN_WINDOW, SEA, TEACHER, XIAOMAN, ZONE, School


def at(school: School, local: str) -> None:
    school.clock.set(datetime.fromisoformat(local).replace(tzinfo=ZONE))


def hours_at(
    school: School, local: str, *, room: str = "main", category: str = "student"
) -> OpenHours:
    at(school, local)
    return show.hours(school.rulebook.current, school.now, room, category, language="zh")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def visit(screen: Screen) -> VisitView:
    assert screen.visit is not None
    return screen.visit


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-11-25T11:29:59", OpenHours(open=False, next=local("2026-11-25T11:30"))),
        ("2026-11-25T11:30", OpenHours(open=True, until=local("2026-11-25T12:30"), minutes_left=60)),
        ("2026-11-25T12:29:01", OpenHours(open=True, until=local("2026-11-25T12:30"), minutes_left=1)),
        ("2026-11-25T12:30", OpenHours(open=False, next=local("2026-11-26T11:30"))),
        ("2026-11-27T13:00", OpenHours(open=False, next=local("2026-11-30T11:30"))),
        ("2026-11-05T11:45", OpenHours(open=False, next=local("2026-11-09T11:30"), closure="秋季运动会")),
    ],
)  # fmt: skip
def test_the_header_says_whether_lending_is_open_until_when_or_when_next(
    school: School, when: str, expected: OpenHours
) -> None:
    assert hours_at(school, when) == expected


def test_the_hours_are_those_of_the_patron_who_stands_there(school: School) -> None:
    assert not hours_at(school, "2026-11-25T09:00", room="teachers").open
    assert hours_at(school, "2026-11-25T09:00", room="teachers", category="teacher").open


def test_an_unsure_clock_claims_no_hours(school: School) -> None:
    school.clock.sure = False
    assert hours_at(school, "2026-11-28T03:00") == OpenHours(open=True, sure=False)


def test_loans_from_before_stand_below_the_lines_of_this_visit(station: School) -> None:
    station.scan(XIAOMAN, CITY, SEA)
    station.touch(Touch.FINISH)
    at(station, "2026-12-02T11:45")
    view = visit(station.scan(XIAOMAN, DREAM))
    assert [(line.kind, line.book.barcode) for line in view.lines] == [
        (LineKind.LENT, DREAM),
        (LineKind.LOAN, CITY),
        (LineKind.LOAN, SEA),
    ]
    assert [line.offers for line in view.lines[1:]] == [(Touch.RENEW,), (Touch.RENEW,)]
    assert (view.lent, view.out, view.more, view.renewable) == (1, 3, 0, 2)


def test_a_loan_from_before_that_is_late_says_by_how_many_days(station: School) -> None:
    station.scan(XIAOMAN, CITY)
    station.touch(Touch.FINISH)
    at(station, "2026-12-11T11:45")
    (line,) = visit(station.scan(XIAOMAN)).lines
    assert (line.overdue_days, line.days_left) == (2, -2)
    with station.store.begin() as tx:
        tx.conn.execute(update(loans).values(excused_on=date(2026, 12, 10)))
    station.touch(Touch.FINISH)
    assert visit(station.scan(XIAOMAN)).lines[0].overdue_days == 1


def test_an_unsure_clock_counts_no_days(station: School) -> None:
    station.scan(XIAOMAN, CITY)
    station.touch(Touch.FINISH)
    station.clock.sure = False
    at(station, "2030-12-11T11:45")
    (line,) = visit(station.scan(XIAOMAN)).lines
    assert (line.overdue_days, line.days_left, line.due_on) == (0, None, date(2026, 12, 9))


def test_pinyin_stands_over_the_titles_of_the_youngest_only(station: School) -> None:
    assert visit(station.scan(ANAN)).young
    assert not visit(station.scan(XIAOMAN)).young
    assert not visit(station.scan(TEACHER)).young


def test_a_hold_that_waits_is_told_to_the_one_it_waits_for(station: School) -> None:
    station.hold("t4", "p2", DREAM)
    assert visit(station.scan(ANAN)).holds_ready == ("红楼梦",)
    assert visit(station.scan(XIAOMAN)).holds_ready == ()


def test_a_message_is_told_to_its_patron_in_the_visit_and_to_everybody_while_nobody_is_there(
    station: School,
) -> None:
    rows = [
        {"id": "m1", "patron_id": "p2", "text": "来取新书卡", "from_ms": 1, "to_ms": None},
        {"id": "m2", "patron_id": "", "text": "明天闭馆", "from_ms": 1, "to_ms": None},
        {"id": "m3", "patron_id": "", "text": "过去了", "from_ms": 1, "to_ms": 2},
    ]
    with station.store.begin() as tx:
        tx.conn.execute(insert(messages), rows)
    assert visit(station.scan(ANAN)).messages == ("来取新书卡",)
    assert visit(station.scan(XIAOMAN)).messages == ()
    assert station.touch(Touch.FINISH).messages[0] == "明天闭馆"
    assert "过去了" not in station.station.screen.messages


def test_a_shelf_is_called_what_library_toml_calls_it_in_the_screens_language(
    school: School,
) -> None:
    rules = school.rulebook.current
    (shelf, *_) = rules.library.shelves
    assert shelf.name != shelf.name_en
    assert show.shelf_words(shelf.key, rules, "zh") == shelf.name
    assert show.shelf_words(shelf.key, rules, "en") == shelf.name_en
    assert show.shelf_words("no such shelf", rules, "en") == "no such shelf"


@pytest.mark.parametrize(("minutes", "quiet"), [(54, False), (55, True), (124, True), (125, False)])
def test_quiet_hours_hold_their_first_minute_and_not_their_last(
    school: School, minutes: int, quiet: bool
) -> None:
    assert show.quiet(school.rulebook.current, IN_WINDOW + timedelta(minutes=minutes)) is quiet
