"""The calendar as tables: what a day is, when the library is open, how long its data is good."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.calendar import (
    calendar_data_ends,
    calendar_warning,
    closed_by,
    closes_at,
    data_ends,
    day_plan,
    is_open_day,
    lends_on,
    next_open_day,
    opening_hours_per_week,
    opens_next,
    previous_open_day,
    term_on,
    window_at,
    zone,
)
from kiosk.domain import Act
from tests.kiosk.lending import RULES, TEXT, ZONE, local, rules_with

DAYS = st.dates(date(2026, 8, 1), date(2027, 9, 1))
MOMENTS = st.builds(lambda d, t: datetime.combine(d, t, ZONE), DAYS, st.times())
ACTS = st.sampled_from([Act.CHECKOUT, Act.CHECKIN, Act.RENEWAL, Act.USE])
CATEGORIES = st.sampled_from([None, "student", "teacher"])
ROOMS = st.sampled_from(["main", "teachers", "periodicals"])


@pytest.mark.parametrize(
    ("day", "is_open", "why"),
    [
        ("2026-11-25", True, "a plain Wednesday"),
        ("2026-11-28", False, "a Saturday has no window"),
        ("2026-11-29", True, "on Sunday the periodicals room opens"),
        ("2026-10-01", False, "National Day"),
        ("2026-10-04", False, "a Sunday inside the National Day holidays"),
        ("2026-10-07", False, "a day off exchanged for 10 October"),
        ("2026-10-10", True, "a Saturday exchanged for 7 October, a Wednesday"),
        ("2026-09-20", True, "a Sunday exchanged for 6 October, a Tuesday"),
        ("2026-11-05", False, "a closure of the library"),
        ("2026-11-14", True, "an open Saturday that runs as a Friday"),
        ("2027-02-10", False, "a closure that covers statutory days"),
        ("2027-04-05", False, "Tomb-Sweeping Day of the next year"),
    ],
)
def test_what_opens_and_closes_a_day(day: str, is_open: bool, why: str) -> None:
    assert is_open_day(RULES, date.fromisoformat(day)) is is_open, why


def test_an_exchanged_working_day_runs_the_windows_of_the_day_it_stands_in_for() -> None:
    saturday = date(2026, 10, 10)
    assert [s.window.name for s in day_plan(RULES, saturday, "main")] == ["午间借还"]
    tuesday_on_a_sunday = date(2026, 9, 20)
    assert is_open_day(RULES, tuesday_on_a_sunday, category="student", room="main")


def test_a_day_is_open_only_to_those_it_has_a_window_for() -> None:
    sunday, monday = date(2026, 11, 29), date(2026, 11, 30)
    assert not is_open_day(RULES, sunday, category="student", room="main")
    assert is_open_day(RULES, sunday, category="student", room="periodicals")
    assert not is_open_day(RULES, monday, category="student", room="teachers")
    assert is_open_day(RULES, monday, category="teacher", room="teachers")


def test_an_open_day_of_the_library_beats_a_holiday_and_a_closure() -> None:
    open_days = '[[open_days]]\nname = "x"\nfrom = {}\n'
    national_day = rules_with(("[[open_days]]", open_days.format("2026-10-02") + "[[open_days]]"))
    assert is_open_day(national_day, date(2026, 10, 2))
    sports_day = rules_with(("[[open_days]]", open_days.format("2026-11-05") + "[[open_days]]"))
    assert is_open_day(sports_day, date(2026, 11, 5))
    assert closed_by(sports_day, date(2026, 11, 5)) is None


def test_a_closure_of_the_library_beats_an_exchanged_working_day() -> None:
    rules = rules_with(
        ("[[closures]]", '[[closures]]\nname = "停电"\nfrom = 2026-10-10\n[[closures]]')
    )
    assert not is_open_day(rules, date(2026, 10, 10))
    closed = closed_by(rules, date(2026, 10, 10))
    assert closed
    assert closed.name == "停电"


def test_without_statutory_holidays_only_the_library_closes() -> None:
    rules = rules_with(("enabled = true", "enabled = false"))
    assert is_open_day(rules, date(2026, 10, 2))
    assert not is_open_day(rules, date(2026, 10, 10))
    assert data_ends(rules) == {"terms": date(2027, 7, 9)}


@pytest.mark.parametrize(
    ("day", "name", "name_en", "key"),
    [
        ("2026-10-01", "国庆节", "National Day", "holidays.country"),
        ("2026-10-05", "国庆节", "National Day", "holidays.country"),
        ("2026-10-07", "国庆节", "National Day", "holidays.country"),
        ("2026-02-23", "春节", "Chinese New Year", "holidays.country"),
        ("2026-11-06", "秋季运动会", "Autumn sports days", "closures[0]"),
    ],
)
def test_a_closed_day_is_called_by_its_holiday_in_both_languages(
    day: str, name: str, name_en: str, key: str
) -> None:
    closed = closed_by(RULES, date.fromisoformat(day))
    assert closed
    assert (closed.name, closed.name_en, closed.key) == (name, name_en, key)


def test_a_free_weekend_has_no_name() -> None:
    assert closed_by(RULES, date(2026, 11, 28)) is None


@pytest.mark.parametrize(
    ("at", "category", "room", "name"),
    [
        ("2026-11-25T11:29:59", "student", "main", None),
        ("2026-11-25T11:30", "student", "main", "午间借还"),
        ("2026-11-25T12:29:59", "student", "main", "午间借还"),
        ("2026-11-25T12:30", "student", "main", None),
        ("2026-11-25T09:00", "teacher", "teachers", "教师阅览室"),
        ("2026-11-25T09:00", "student", "teachers", None),
        ("2026-11-25T09:00", "teacher", "main", None),
        ("2026-11-25T11:45", None, "main", "午间借还"),
        ("2026-11-29T10:00", "student", "periodicals", "周日期刊阅览"),
        ("2026-11-25T11:45", "student", "nowhere", None),
    ],
)
def test_a_window_is_open_from_its_first_minute_until_before_its_last(
    at: str, category: str | None, room: str, name: str | None
) -> None:
    window = window_at(RULES, Act.CHECKOUT, category, room, local(at))
    assert (window.name if window else None) == name


def test_the_time_zone_of_the_question_does_not_matter() -> None:
    utc = local("2026-11-25T11:45").astimezone(zone(rules_with(("Asia/Shanghai", "UTC"))))
    assert window_at(RULES, Act.CHECKOUT, "student", "main", utc)
    assert closes_at(RULES, Act.CHECKOUT, "student", "main", utc) == local("2026-11-25T12:30")


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-11-25T08:00", "2026-11-25T11:30"),
        ("2026-11-25T12:30", "2026-11-26T11:30"),
        ("2026-11-25T11:30", "2026-11-26T11:30"),
        ("2026-11-27T13:00", "2026-11-30T11:30"),
        ("2026-09-30T13:00", "2026-10-08T11:30"),
        ("2026-11-25T11:45", "2026-11-26T11:30"),
        ("2027-01-15T13:00", "2027-03-01T11:30"),
        ("2027-07-02T13:00", None),
    ],
)
def test_it_opens_next_on_the_next_day_that_lends(at: str, opens: str | None) -> None:
    assert opens_next(RULES, Act.CHECKOUT, "student", "main", local(at)) == (opens and local(opens))


def test_reading_goes_on_after_the_return_by_date() -> None:
    after = local("2027-01-18T08:00")
    assert opens_next(RULES, Act.USE, "student", "main", after) == local("2027-01-18T11:30")


def test_a_window_may_be_for_some_acts_months_and_dates_only() -> None:
    lunch = 'to = "12:30"\nrooms = ["main"]\n'
    summer = rules_with((lunch, lunch + "months = [9, 10]\n"))
    assert window_at(summer, Act.CHECKOUT, "student", "main", local("2026-10-28T11:45"))
    assert not window_at(summer, Act.CHECKOUT, "student", "main", local("2026-11-25T11:45"))
    dated = rules_with((lunch, lunch + "first_day = 2026-11-25\nlast_day = 2026-11-26\n"))
    opened = [d for d in range(23, 29) if window_at(dated, Act.CHECKOUT, "student", "main",
                                                    local(f"2026-11-{d}T11:45"))]  # fmt: skip
    assert opened == [25, 26]
    reading = rules_with(
        (lunch, lunch + 'acts = ["use", "renewal"]\n'),
        ('acts = ["use", "renewal"]\n', 'acts = ["use"]\n'),
    )
    assert window_at(reading, Act.USE, "student", "main", local("2026-11-25T11:45"))
    assert not window_at(reading, Act.CHECKOUT, "student", "main", local("2026-11-25T11:45"))


def test_adjoining_windows_close_together() -> None:
    # the periodicals room opens when the lunch break ends; put it into the main hall too
    rules = rules_with(('to = "17:00"\nrooms = ["periodicals"]', 'to = "17:00"\nrooms = ["main"]'))
    assert closes_at(rules, Act.CHECKOUT, "student", "main", local("2026-11-25T11:45")) == local(
        "2026-11-25T17:00"
    )
    assert opens_next(rules, Act.CHECKOUT, "student", "main", local("2026-11-25T11:45")) == local(
        "2026-11-26T11:30"
    )


def test_it_is_closed_until_nothing() -> None:
    assert closes_at(RULES, Act.CHECKOUT, "student", "main", local("2026-11-25T13:00")) is None


def test_open_days_before_and_after() -> None:
    assert next_open_day(RULES, date(2026, 9, 30), category="student", room="main") == date(
        2026, 10, 8
    )
    assert previous_open_day(RULES, date(2026, 10, 8), category="student", room="main") == date(
        2026, 9, 30
    )
    assert next_open_day(RULES, date(2026, 11, 25)) == date(2026, 11, 26)
    assert next_open_day(RULES, date.max) is None
    assert previous_open_day(RULES, date.min) is None


def test_terms() -> None:
    autumn = term_on(RULES, date(2026, 9, 1))
    assert autumn
    assert autumn.name_en == "Autumn term 2026"
    assert term_on(RULES, date(2027, 1, 22)) == autumn
    assert term_on(RULES, date(2027, 1, 23)) is None
    assert [lends_on(RULES, date(2027, 1, d)) for d in (15, 16, 22, 23)] == [
        True,
        False,
        False,
        False,
    ]


def test_a_library_without_terms_lends_on_every_open_day() -> None:
    terms = TEXT[TEXT.index("[[terms]]") : TEXT.index("# ---", TEXT.index("[[terms]]"))]
    rules = rules_with((terms, ""))
    assert lends_on(rules, date(2031, 5, 1))
    assert data_ends(rules) == {"holidays.complete_until": date(2027, 7, 9)}


def test_hours_of_a_week_count_shared_time_once() -> None:
    assert opening_hours_per_week(RULES, date(2026, 11, 25), "main") == 5
    assert opening_hours_per_week(RULES, date(2026, 11, 25), "periodicals") == 25
    everything = 5 * (9 + 40 / 60) + 2.5
    assert opening_hours_per_week(RULES, date(2026, 11, 29)) == pytest.approx(everything)
    assert everything >= 40


def test_the_plan_of_a_day_is_in_order() -> None:
    plan = [(s.begins.time(), s.ends.time(), s.key) for s in day_plan(RULES, date(2026, 11, 25))]
    assert plan == [
        (time(7, 40), time(17, 20), "windows[1]"),
        (time(11, 30), time(12, 30), "windows[0]"),
        (time(12, 30), time(17, 0), "windows[2]"),
    ]


UNCHECKED = ("complete_until = 2027", "# complete_until = 2027")


def test_the_calendar_is_known_as_far_as_exchanged_days_and_terms_are() -> None:
    assert calendar_data_ends(RULES) == date(2027, 7, 9)
    assert data_ends(RULES)["holidays.complete_until"] == date(2027, 7, 9)
    by_tables = rules_with(UNCHECKED)
    assert calendar_data_ends(by_tables) == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("today", "warned"), [("2026-10-31", False), ("2026-11-01", True), ("2027-03-01", True)]
)
def test_staff_are_warned_sixty_days_before_the_calendar_ends(today: str, warned: bool) -> None:
    expected = date(2026, 12, 31) if warned else None
    assert calendar_warning(rules_with(UNCHECKED), date.fromisoformat(today)) == expected


@given(ACTS, CATEGORIES, ROOMS, MOMENTS)
def test_opens_next_is_open_and_nothing_between_was(
    act: Act, category: str | None, room: str, moment: datetime
) -> None:
    opens = opens_next(RULES, act, category, room, moment)
    if opens is None:
        return
    assert opens > moment
    assert window_at(RULES, act, category, room, opens)
    assert not window_at(RULES, act, category, room, opens - timedelta(microseconds=1))
    closes = closes_at(RULES, act, category, room, moment)
    probe = closes or moment
    for _ in range(24):
        assert not window_at(RULES, act, category, room, probe) or probe >= opens
        probe += (opens - probe) / 24


@given(ACTS, CATEGORIES, ROOMS, MOMENTS)
def test_it_closes_where_it_was_open_and_is_not(
    act: Act, category: str | None, room: str, moment: datetime
) -> None:
    closes = closes_at(RULES, act, category, room, moment)
    assert (closes is not None) == (window_at(RULES, act, category, room, moment) is not None)
    if closes:
        assert closes > moment
        assert window_at(RULES, act, category, room, closes - timedelta(microseconds=1))
        assert not window_at(RULES, act, category, room, closes)
