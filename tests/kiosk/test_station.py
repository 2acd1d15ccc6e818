"""The actor: order, time-outs, the time of the scan, rules that change while it runs."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from kiosk.countdown import Patience
from kiosk.domain import Reason
from kiosk.screen import Cue, LineKind, Place, Screen, Touch
from tests.faults import ledger
from tests.kiosk.school import (
    ANAN,
    CITY,
    DICTIONARY,
    DREAM,
    IN_WINDOW,
    SEA,
    XIAOMAN,
    ZONE,
    School,
)

BRIEF = Patience(visit_s=0.4, page_s=0.3, find_s=0.5, repeat_ms=0)


@pytest.fixture
def brief(tmp_path: Path) -> Iterator[School]:
    """A station that loses its patience at once."""
    made = School(tmp_path, patience=BRIEF).open()
    yield made
    made.close()


def seen(school: School, wanted: Callable[[Screen], object], timeout_s: float = 8) -> Screen:
    """The first screen that is what is waited for."""
    deadline = time.monotonic() + timeout_s
    screen = school.station.screen
    while not wanted(screen):
        assert time.monotonic() < deadline, f"never seen; last: {screen}"
        screen = school.station.wait(screen.n, 0.5) or school.station.screen
    return screen


def at(school: School, hour: int, minute: int) -> None:
    school.clock.set(IN_WINDOW.replace(hour=hour, minute=minute))


@contextmanager
def store_busy(school: School) -> Iterator[None]:
    """Another writer has the store for a while, so that the station cannot follow."""
    with closing(sqlite3.connect(school.store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


# Time-outs


def test_a_visit_closes_by_itself_and_nothing_is_lost(brief: School) -> None:
    screen = brief.scan(XIAOMAN, CITY)
    assert screen.total_ms == 400
    assert screen.ends_in_ms is not None
    assert 0 < screen.ends_in_ms <= 400
    screen = seen(brief, lambda s: s.place is Place.IDLE)
    assert (screen.visit, screen.ends_in_ms, screen.language) == (None, None, "zh")
    assert set(ledger.loans(brief.store.folder)) == {CITY}


@pytest.mark.parametrize(
    ("act", "place", "total_ms"),
    [
        (lambda s: s.scan(CITY), Place.RETURNS, 300),
        (lambda s: s.scan("99999999"), Place.NOTICE, 300),
        (lambda s: s.touch(Touch.GUIDE_BORROW), Place.GUIDE, 300),
        (lambda s: s.touch(Touch.FIND), Place.FIND, 500),
        (lambda s: s.touch(Touch.NUMBER), Place.NUMBER, 500),
        (lambda s: s.touch(Touch.LANGUAGE), Place.IDLE, 500),
        (lambda s: s.touch(Touch.CONTRAST), Place.IDLE, 500),
    ],
)
def test_every_page_goes_back_to_the_usual_idle_screen(
    brief: School, act: Callable[[School], Screen], place: Place, total_ms: int
) -> None:
    screen = act(brief)
    assert (screen.place, screen.total_ms) == (place, total_ms)
    screen = seen(brief, lambda s: s.total_ms is None)
    assert (screen.place, screen.language, screen.contrast) == (Place.IDLE, "zh", False)
    assert (screen.returns, screen.notice) == ((), None)


def test_a_scan_and_a_touch_keep_the_visit_open(brief: School) -> None:
    brief.scan(XIAOMAN)
    began = time.monotonic()
    while time.monotonic() - began < 1.0:
        brief.touch(Touch.STAY)
        time.sleep(0.1)
    assert brief.station.screen.place is Place.VISIT


def test_a_touch_that_is_refused_keeps_nothing_open(brief: School) -> None:
    brief.scan(XIAOMAN)
    began = time.monotonic()
    while brief.station.screen.place is Place.VISIT:
        assert time.monotonic() - began < 5
        brief.station.touch(Touch.STAY, visit="another")
        time.sleep(0.05)


# Order and time


def test_the_time_of_the_scan_decides_not_the_time_it_was_got_round_to(station: School) -> None:
    station.scan(XIAOMAN)
    at(station, 12, 29)
    with store_busy(station):
        for barcode in (CITY, SEA):
            station.scanner.scan(barcode)
        at(station, 12, 31)
        station.scanner.scan(DREAM)
        assert station.station.waiting >= 2
    lines = station.station.settled().visit.lines  # type: ignore[union-attr]
    assert [(line.book.barcode, line.reason) for line in lines] == [
        (DREAM, Reason.WINDOW_CLOSED),
        (SEA, Reason.OK),
        (CITY, Reason.OK),
    ]
    times = [entry["wall_ms"] for entry in ledger.entries(station.store.folder)][1:]
    assert times[0] == times[1] == times[2] - 2 * 60_000


def test_the_time_of_a_touch_decides_too(station: School) -> None:
    station.scan(XIAOMAN, DICTIONARY)
    line = station.station.screen.visit.lines[0]  # type: ignore[union-attr]
    at(station, 12, 31)
    screen = station.touch(Touch.USE, line)
    assert screen.visit is not None
    assert screen.visit.lines[0].reason is Reason.WINDOW_CLOSED


def test_a_window_that_closes_during_a_visit_stops_checkouts_and_not_returns(
    station: School,
) -> None:
    at(station, 12, 29)
    screen = station.scan(XIAOMAN, CITY)
    assert (screen.hours.open, screen.hours.minutes_left) == (True, 1)
    at(station, 12, 30)
    screen = station.scan(SEA)
    assert screen.visit is not None
    refused, lent = screen.visit.lines
    assert (refused.reason, refused.opens_at) == (
        Reason.WINDOW_CLOSED,
        datetime(2026, 11, 26, 11, 30, tzinfo=ZONE),
    )
    assert (screen.hours.open, screen.hours.next) == (False, refused.opens_at)
    returned = station.touch(Touch.GIVE_BACK, lent)
    assert returned.visit is not None
    assert returned.visit.lines[0].kind is LineKind.RETURNED


def test_a_card_that_waits_in_the_queue_still_takes_the_books_scanned_after_it(
    station: School,
) -> None:
    with store_busy(station):
        for text in (CITY, XIAOMAN, SEA, ANAN, DREAM):
            station.scanner.scan(text)
        assert station.station.waiting >= 4
    station.station.settled()
    owners = {b: loan.patron_id for b, loan in ledger.loans(station.store.folder).items()}
    assert owners == {SEA: "p1", DREAM: "p2"}


def test_every_change_is_a_newer_screen_and_waiting_gets_it(station: School) -> None:
    before = station.station.screen.n
    assert station.station.wait(before, 0.05) is None
    screen = station.scan(XIAOMAN)
    assert screen.n > before
    assert station.station.wait(before, 0) is screen


def test_the_slip_of_a_visit_can_be_asked_for_after_it_has_ended(station: School) -> None:
    screen = station.scan(XIAOMAN, CITY)
    assert screen.visit is not None
    assert station.station.screen_of_visit(screen.visit.id) is station.station.screen
    screen = station.touch(Touch.LANGUAGE)
    assert screen.visit is not None
    station.touch(Touch.FINISH)
    station.clock.set(IN_WINDOW.replace(day=26))
    kept = station.station.screen_of_visit(screen.visit.id)
    assert kept is not None
    assert (kept.visit, kept.language) == (screen.visit, "en")
    assert kept.local == IN_WINDOW, "the slip tells the moment of the visit, not of the question"
    assert station.station.screen_of_visit("nobody's") is None


def test_the_slip_of_a_visit_is_forgotten_after_a_while(tmp_path: Path) -> None:
    patience = Patience(repeat_ms=0, slip_s=0.2)
    with closing(School(tmp_path, patience=patience).open()) as station:
        screen = station.scan(XIAOMAN)
        assert screen.visit is not None
        station.touch(Touch.FINISH)
        time.sleep(0.25)
        assert station.station.screen_of_visit(screen.visit.id) is None
        station.scan(ANAN)
        station.touch(Touch.FINISH)
        assert list(station.station._slips._finished) != [screen.visit.id]


def test_the_minute_on_the_screen_moves_by_itself(station: School) -> None:
    at(station, 12, 31)
    screen = seen(station, lambda s: s.local.minute == 31)
    assert not screen.hours.open


# library.toml changed under a running station


def test_rules_changed_while_it_runs_are_taken_up_only_if_they_are_valid(station: School) -> None:
    good = station.library_toml.read_text(encoding="utf-8")
    old_digest = station.rulebook.current.digest
    quiet = station.station.screen.status.trouble

    station.library_toml.write_text(good.replace("days = 14", "days = 'x'"), encoding="utf-8")
    screen = seen(station, lambda s: any("not taken up" in t for t in s.status.trouble))
    assert station.rulebook.current.digest == old_digest
    assert station.scan(XIAOMAN, CITY).visit.lines[0].days == 14  # type: ignore[union-attr]
    assert ledger.last(station.store.folder)["rules"] == old_digest

    station.library_toml.write_text(good.replace("days = 14", "days = 7"), encoding="utf-8")
    screen = seen(station, lambda s: s.status.trouble == quiet)
    assert screen.visit is not None, "the visit goes on"
    assert station.scan(SEA).visit.lines[0].days == 7  # type: ignore[union-attr]
    assert ledger.last(station.store.folder)["rules"] != old_digest


def test_rules_are_taken_up_while_scans_follow_each_other_closely(station: School) -> None:
    good = station.library_toml.read_text(encoding="utf-8")
    station.library_toml.write_text(good.replace("days = 14", "days = 7"), encoding="utf-8")
    began, before = time.monotonic(), station.rulebook.current.digest
    while station.rulebook.current.digest == before:
        assert time.monotonic() - began < 6, "a scanner that reads on and on keeps new rules out"
        station.scan("99999999")
        time.sleep(0.1)


def test_a_library_that_turns_english_greets_the_next_in_english(station: School) -> None:
    text = station.library_toml.read_text(encoding="utf-8")
    assert 'language = "zh"' in text
    station.scan(XIAOMAN)
    station.library_toml.write_text(
        text.replace('language = "zh"', 'language = "en"'), encoding="utf-8"
    )
    assert station.rulebook.refresh()
    assert station.touch(Touch.FINISH).language == "en"


def test_no_sound_is_made_in_quiet_hours(station: School) -> None:
    assert station.scan(CITY).cue is Cue.YES
    at(station, 12, 45)
    assert station.scan(SEA).cue is None
