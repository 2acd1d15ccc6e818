"""In a reading room the card signs in and out: one scan, one clear screen, and entries that say it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.rooms import Passage, read_stay, written_stay
from kiosk.screen import LineKind, Screen, Touch
from tests.faults import ledger
from tests.kiosk.acts import at, journal, last, top, visit_of
from tests.kiosk.school import DICTIONARY, LOST_CARD, TEACHER, XIAOMAN, School


@pytest.fixture
def reading(tmp_path: Path) -> Iterator[School]:
    """The teachers' reading room, open from 07:40 to 17:20."""
    made = School(tmp_path, room="teachers").open()
    at(made, "2026-11-25T08:12")
    yield made
    made.close()


def passage(screen: Screen) -> Passage | None:
    told = visit_of(screen).in_room
    return told.passage if told else None


def acts(school: School) -> list[str]:
    return [entry["act"] for entry in journal(school)]


def leave_screen(school: School, later: str) -> None:
    school.touch(Touch.FINISH)
    at(school, later)


def test_one_scan_opens_the_visit_and_signs_in_until_the_room_closes(reading: School) -> None:
    screen = reading.scan(TEACHER)
    told = visit_of(screen).in_room
    assert told is not None
    assert (told.passage, told.room, told.minutes) == (Passage.IN, "教师阅览室", 0)
    entry = last(reading)
    assert (entry["act"], entry["patron"]) == ("sign_in", "p3")
    room, closes_ms = read_stay(entry["value"])
    closes = reading.now.at_ms + (9 * 60 + 8) * 60_000
    assert (room, closes_ms) == ("teachers", closes)
    assert "p3" not in str({k: v for k, v in entry.items() if k != "patron"})


def test_a_later_scan_signs_out_and_says_how_long(reading: School) -> None:
    reading.scan(TEACHER)
    sat = last(reading)
    leave_screen(reading, "2026-11-25T09:42")
    told = visit_of(reading.scan(TEACHER)).in_room
    assert told is not None
    assert (told.passage, told.minutes) == (Passage.OUT, 90)
    assert (last(reading)["act"], last(reading)["value"]) == ("sign_out", f"kiosk-1:1:{sat['seq']}")


def test_whoever_scans_again_at_once_is_told_so_and_stays_signed_in(reading: School) -> None:
    reading.scan(TEACHER)
    assert passage(reading.scan(TEACHER)) is Passage.AGAIN
    leave_screen(reading, "2026-11-25T08:13")
    assert passage(reading.scan(TEACHER)) is Passage.AGAIN
    assert acts(reading) == ["visit", "sign_in", "visit"]


def test_a_touch_signs_out_and_another_takes_it_back(reading: School) -> None:
    reading.scan(TEACHER)
    assert passage(reading.touch(Touch.LEAVE)) is Passage.OUT
    out = last(reading)
    assert passage(reading.touch(Touch.STAY_HERE)) is Passage.AGAIN
    assert last(reading)["undoes"] == f"kiosk-1:1:{out['seq']}"
    leave_screen(reading, "2026-11-25T10:00")
    assert passage(reading.scan(TEACHER)) is Passage.OUT


def test_not_me_takes_the_sign_in_back(reading: School) -> None:
    reading.scan(TEACHER)
    reading.touch(Touch.NOT_ME)
    assert acts(reading) == ["visit", "sign_in", "sign_out"]
    assert last(reading)["undoes"] == "kiosk-1:1:2"
    at(reading, "2026-11-25T09:00")
    assert passage(reading.scan(TEACHER)) is Passage.IN


def test_not_me_after_signing_out_leaves_the_other_signed_in(reading: School) -> None:
    reading.scan(TEACHER)
    leave_screen(reading, "2026-11-25T09:00")
    reading.scan(TEACHER)
    reading.touch(Touch.NOT_ME)
    at(reading, "2026-11-25T09:30")
    assert passage(reading.scan(TEACHER)) is Passage.OUT


@pytest.mark.parametrize("days", [("25", "26"), ("27", "28")], ids=["open", "a Saturday"])
def test_whoever_forgot_to_sign_out_signs_in_anew_the_next_day(
    reading: School, days: tuple[str, str]
) -> None:
    at(reading, f"2026-11-{days[0]}T08:12")
    reading.scan(TEACHER)
    leave_screen(reading, f"2026-11-{days[1]}T08:00")
    assert passage(reading.scan(TEACHER)) is Passage.IN


def test_whoever_leaves_after_closing_time_is_still_signed_out(reading: School) -> None:
    reading.scan(TEACHER)
    leave_screen(reading, "2026-11-25T17:40")
    assert passage(reading.scan(TEACHER)) is Passage.OUT


def test_a_room_that_opened_anew_begins_a_new_stay(tmp_path: Path) -> None:
    made = School(tmp_path, room="periodicals")
    text = made.library_toml.read_text(encoding="utf-8")
    made.library_toml.write_text(
        text.replace('from = "12:30"\nto = "17:00"', 'from = "12:30"\nto = "14:00"')
        + '[[windows]]\nname = "傍晚"\ndays = ["wed"]\nfrom = "15:00"\nto = "16:00"\nrooms = ["periodicals"]\n',
        encoding="utf-8",
    )
    made.close()
    again = School(tmp_path, room="periodicals").open()
    at(again, "2026-11-25T13:00")
    again.scan(XIAOMAN)
    leave_screen(again, "2026-11-25T15:10")
    assert passage(again.scan(XIAOMAN)) is Passage.IN
    again.close()


def test_nobody_signs_in_where_no_hours_are_theirs_or_nothing_asks_for_it(
    reading: School, tmp_path: Path
) -> None:
    assert passage(reading.scan(XIAOMAN)) is None
    hall = School(tmp_path / "hall").open()
    assert passage(hall.scan(TEACHER)) is None
    assert "sign_in" not in acts(reading) + acts(hall)
    hall.close()


def test_a_lost_card_signs_nobody_in(reading: School) -> None:
    reading.scan(LOST_CARD)
    assert acts(reading) == ["visit"]


def test_a_reference_book_scanned_in_a_reading_room_is_read_there_at_once(reading: School) -> None:
    screen = reading.scan(TEACHER, DICTIONARY)
    assert top(screen).kind is LineKind.USED
    assert (last(reading)["act"], last(reading)["patron"]) == ("use", "p3")


def test_in_the_hall_the_refused_reference_book_offers_to_be_read_there(station: School) -> None:
    screen = station.scan(XIAOMAN, DICTIONARY)
    station.touch(Touch.USE, top(screen))
    assert (last(station)["act"], last(station)["allowed"]) == ("use", True)


def test_an_unsure_clock_signs_in_without_a_closing_time(reading: School) -> None:
    reading.clock.sure = False
    assert passage(reading.scan(TEACHER)) is Passage.IN
    assert last(reading)["value"] == "teachers"


def test_days_gone_by_are_forgotten_at_the_station(reading: School) -> None:
    reading.scan(TEACHER)
    leave_screen(reading, "2026-11-27T08:00")
    reading.scan(TEACHER)
    rows = ledger.rows(reading.store.folder, "SELECT patron_id, entry FROM present")
    assert len(rows) == 1


@pytest.mark.parametrize(("room", "closes_ms"), [("teachers", 5), ("main", None), ("", None)])
def test_what_a_sign_in_says_is_read_again(room: str, closes_ms: int | None) -> None:
    assert read_stay(written_stay(room, closes_ms)) == (room, closes_ms)
