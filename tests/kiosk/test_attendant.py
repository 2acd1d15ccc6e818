"""What is scanned decides, on the running station: with nobody at the screen, and in a visit."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kiosk.domain import Note, Reason
from kiosk.screen import Cue, LineKind, Place, Touch
from tests.faults import ledger
from tests.kiosk import school
from tests.kiosk.acts import (
    UNKNOWN,
    UNKNOWN_CARD,
    at,
    journal,
    last,
    lent,
    out,
    top,
    visit_of,
)
from tests.kiosk.school import (
    ANAN,
    CITY,
    DICTIONARY,
    DREAM,
    LOST_CARD,
    MENDING,
    OLD_CARD,
    SEA,
    XIAOMAN,
    School,
)

# Nobody at the screen


def test_a_card_on_the_idle_screen_opens_a_visit_with_name_class_and_loans(station: School) -> None:
    lent(station, XIAOMAN, CITY)
    view = visit_of(station.scan(XIAOMAN))
    assert (view.name, view.class_name, view.grade) == ("李小满", "三年级2班", 3)
    assert [(line.kind, line.book.title) for line in view.lines] == [(LineKind.LOAN, "城南旧事")]
    assert (view.out, view.more, view.lent) == (1, 2, 0)
    assert view.lines[0].due_on == datetime(2026, 12, 9).date()


def test_a_copy_on_the_idle_screen_is_taken_back_and_the_shelf_told(station: School) -> None:
    lent(station, XIAOMAN, CITY)
    screen = station.scan(CITY)
    assert screen.place is Place.RETURNS
    line = top(screen)
    assert (line.kind, line.book.shelf, line.offers) == (
        LineKind.RETURNED,
        "4 号架旁的蓝色还书车",
        (),
    )
    assert screen.cue is Cue.YES
    assert out(station) == {}
    assert (last(station)["act"], last(station)["patron"]) == ("checkin", "p1")


def test_a_copy_that_nobody_lent_is_taken_back_with_an_entry_all_the_same(station: School) -> None:
    screen = station.scan(CITY)
    assert Note.WAS_NOT_ON_LOAN in top(screen).notes
    entry = last(station)
    assert (entry["act"], entry["allowed"], entry["copy"]) == ("checkin", True, CITY)
    assert entry["patron"] is None


def test_a_returned_copy_that_another_waits_for_goes_to_the_hold_shelf(station: School) -> None:
    station.hold("t4", "p2")
    assert Note.HOLD_WAITING in top(station.scan(DREAM)).notes
    held = ledger.rows(station.store.folder, "SELECT patron_id, barcode FROM holds")
    assert held == [("p2", DREAM)]


def test_a_copy_set_aside_is_kept_for_one_patron_however_often_it_is_scanned(
    station: School,
) -> None:
    station.hold("t4", "p2")
    station.hold("t4", "p3")
    for _ in range(2):
        assert Note.HOLD_WAITING in top(station.scan(DREAM)).notes
    held = ledger.rows(station.store.folder, "SELECT patron_id, barcode FROM holds ORDER BY n")
    assert held == [("p2", DREAM), ("p3", None)]
    assert top(station.scan(ANAN, DREAM)).kind is LineKind.LENT


def test_returned_books_pile_up_on_the_screen_with_a_refusal_among_them(station: School) -> None:
    screen = station.scan(CITY, UNKNOWN, SEA)
    assert [line.kind for line in screen.returns] == [
        LineKind.RETURNED,
        LineKind.EXPLAINED,
        LineKind.RETURNED,
    ]


def test_a_book_returned_by_mistake_is_lent_after_the_card(station: School) -> None:
    screen = station.scan(CITY, XIAOMAN, CITY)
    assert top(screen).kind is LineKind.LENT
    assert out(station) == {CITY: "p1"}


# In a visit


def test_a_free_copy_is_lent_and_the_line_offers_to_give_it_back(station: School) -> None:
    screen = station.scan(XIAOMAN, CITY)
    line = top(screen)
    assert (line.kind, line.offers, line.lit) == (LineKind.LENT, (Touch.GIVE_BACK,), True)
    assert line.due_on == datetime(2026, 12, 9).date()
    assert screen.cue is Cue.YES
    assert out(station) == {CITY: "p1"}
    lending = last(station)
    station.touch(Touch.GIVE_BACK, line)
    assert out(station) == {}
    assert last(station)["act"] == "checkin"
    assert last(station)["undoes"] == f"kiosk-1:1:{lending['seq']}"
    assert top(station.station.screen).kind is LineKind.RETURNED


def test_a_copy_lent_in_this_visit_stays_lent_and_lights_up(station: School) -> None:
    station.scan(XIAOMAN, CITY, SEA)
    before = len(journal(station))
    screen = station.scan(CITY)
    lines = visit_of(screen).lines
    assert [(line.book.barcode, line.lit) for line in lines] == [(SEA, False), (CITY, True)]
    assert screen.cue is Cue.TICK
    assert len(journal(station)) == before
    assert out(station) == {CITY: "p1", SEA: "p1"}


def test_a_copy_renewed_in_this_visit_is_not_taken_back_by_another_scan(station: School) -> None:
    lent(station, XIAOMAN, CITY)
    at(station, "2026-12-02T11:45")
    station.touch(Touch.RENEW, visit_of(station.scan(XIAOMAN)).lines[0])
    screen = station.scan(CITY)
    assert (top(screen).kind, screen.cue) == (LineKind.RENEWED, Cue.TICK)
    assert out(station) == {CITY: "p1"}


def test_a_copy_from_before_is_taken_back_and_one_tap_makes_it_a_renewal(station: School) -> None:
    lent(station, XIAOMAN, CITY)
    at(station, "2026-12-02T11:45")
    screen = station.scan(XIAOMAN, CITY)
    line = top(screen)
    assert (line.kind, line.offers) == (LineKind.RETURNED, (Touch.RENEW,))
    assert out(station) == {}
    returned = last(station)
    line = top(station.touch(Touch.RENEW, line))
    assert (line.kind, line.due_on) == (LineKind.RENEWED, datetime(2026, 12, 16).date())
    assert last(station)["undoes"] == f"kiosk-1:1:{returned['seq']}"
    ledger.hold_whole(station.store.folder)


def test_a_return_that_cannot_be_renewed_stays_returned_and_can_be_borrowed(
    station: School,
) -> None:
    lent(station, XIAOMAN, CITY)
    line = top(station.touch(Touch.RENEW, top(station.scan(XIAOMAN, CITY))))
    assert (line.kind, line.reason) == (LineKind.REFUSED, Reason.NOTHING_GAINED)
    assert line.offers == (Touch.BORROW,)
    assert out(station) == {}
    assert top(station.touch(Touch.BORROW, line)).kind is LineKind.LENT
    ledger.hold_whole(station.store.folder)


def test_anothers_copy_is_taken_back_without_a_name_and_offered(station: School) -> None:
    lent(station, XIAOMAN, CITY)
    screen = station.scan(ANAN, CITY)
    line = top(screen)
    assert (line.kind, line.offers) == (LineKind.RETURNED, (Touch.BORROW,))
    assert "李小满" not in repr(screen)
    assert (last(station)["patron"], out(station)) == ("p1", {})
    assert top(station.touch(Touch.BORROW, line)).kind is LineKind.LENT
    assert out(station) == {CITY: "p2"}


def test_a_reference_book_is_refused_and_offered_for_reading_here(station: School) -> None:
    line = top(station.scan(XIAOMAN, DICTIONARY))
    assert (line.reason, line.offers) == (Reason.IN_LIBRARY_ONLY, (Touch.USE,))
    line = top(station.touch(Touch.USE, line))
    assert (line.kind, line.offers) == (LineKind.USED, ())
    assert (last(station)["act"], last(station)["allowed"]) == ("use", True)
    assert out(station) == {}


def test_another_card_closes_the_first_visit_at_once(station: School) -> None:
    first = visit_of(station.scan(XIAOMAN, CITY))
    screen = station.scan(ANAN)
    assert visit_of(screen).name == "王安安"
    assert visit_of(screen).id != first.id
    assert "李小满" not in repr(screen)
    assert "城南旧事" not in repr(screen)
    assert out(station) == {CITY: "p1"}


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (LOST_CARD, Reason.CARD_LOST),
        (OLD_CARD, Reason.CARD_REPLACED),
        (UNKNOWN_CARD, Reason.UNKNOWN_CARD),
    ],
)
def test_a_card_that_is_no_good_closes_the_visit_before_it_and_opens_none(
    station: School, number: str, reason: Reason
) -> None:
    screen = station.scan(XIAOMAN, CITY, number)
    assert (screen.place, screen.visit) == (Place.NOTICE, None)
    assert top(screen).reason is reason
    assert "城南旧事" not in repr(screen)
    assert (last(station)["act"], last(station)["reason"]) == ("visit", reason.value)


def test_the_card_of_the_open_visit_changes_nothing(station: School) -> None:
    before = visit_of(station.scan(XIAOMAN, CITY))
    count = len(journal(station))
    screen = station.scan(XIAOMAN)
    assert visit_of(screen).id == before.id
    assert (len(journal(station)), screen.cue) == (count, Cue.TICK)


def test_a_refusal_stays_on_the_screen_until_the_visit_ends(station: School) -> None:
    screen = station.scan(XIAOMAN, MENDING, CITY, SEA)
    kinds = [line.kind for line in visit_of(screen).lines]
    assert kinds == [LineKind.LENT, LineKind.LENT, LineKind.REFUSED]
    assert "MENDING" not in repr(station.scan(ANAN))
    assert all(line.kind is not LineKind.REFUSED for line in visit_of(station.scan(ANAN)).lines)


def test_the_school_itself_is_a_whole_store(station: School) -> None:
    with sqlite3.connect(station.store.path) as db:
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []


# After the station stopped in the middle


def test_a13_a_book_lent_just_before_the_station_died_is_not_taken_back_by_scanning_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    died = School(tmp_path).open()
    died.scan(XIAOMAN, CITY)
    died.close()
    monkeypatch.setattr(school, "IN_WINDOW", school.IN_WINDOW + timedelta(minutes=2))
    again = School(tmp_path).open()
    screen = again.scan(XIAOMAN)
    line = top(screen)
    assert (line.kind, line.notes, line.offers) == (
        LineKind.LENT,
        (Note.KEPT,),
        (Touch.GIVE_BACK,),
    )
    assert visit_of(screen).lent == 1
    length = len(journal(again))
    again.scan(CITY)
    assert (set(out(again)), len(journal(again))) == ({CITY}, length)
    again.touch(Touch.GIVE_BACK, line)
    assert out(again) == {}
    again.close()


def test_a_book_lent_just_before_the_end_is_kept_though_the_record_knows_a_later_time_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record's clock tells the time of a loan: to a station that is slow, it may lie after its start."""
    died = School(tmp_path).open()
    died.scan(XIAOMAN, CITY)
    died.close()
    with closing(sqlite3.connect(died.store.path)) as db, db:
        db.execute("UPDATE loans SET opened_ms = opened_ms + 300000")
    monkeypatch.setattr(school, "IN_WINDOW", school.IN_WINDOW + timedelta(minutes=2))
    again = School(tmp_path).open()
    again.scan(XIAOMAN, CITY)
    assert set(out(again)) == {CITY}
    again.close()


def test_a_start_by_a_clock_that_is_behind_reads_no_old_entries(tmp_path: Path) -> None:
    station = School(tmp_path).open()
    station.scan(XIAOMAN, CITY)
    now_ms = station.clock.now().at_ms
    assert len(station.desk.lent_lately(0, now_ms)) == 1
    assert station.desk.lent_lately(0, now_ms - 1) == {}
    station.close()


@pytest.mark.parametrize("minutes", [-1, 11])
def test_a_book_lent_long_before_or_after_the_start_is_a_loan_as_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, minutes: int
) -> None:
    """Ten minutes on, or lent since the start: who scans it has brought it back."""
    first = School(tmp_path).open()
    first.scan(XIAOMAN, CITY)
    first.close()
    monkeypatch.setattr(school, "IN_WINDOW", school.IN_WINDOW + timedelta(minutes=minutes))
    again = School(tmp_path).open()
    assert [line.kind for line in visit_of(again.scan(XIAOMAN)).lines] == [LineKind.LOAN]
    assert top(again.scan(CITY)).kind is LineKind.RETURNED
    again.close()
