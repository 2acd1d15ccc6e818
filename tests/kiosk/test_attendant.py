"""What is scanned decides, on the running station: every row of the design's table, touches, pads and commands."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest

from kiosk.countdown import Patience
from kiosk.domain import Note, Reason
from kiosk.errors import StoreError, StoreFull
from kiosk.screen import Cue, LineKind, Place, Touch
from tests.faults import ledger
from tests.kiosk.acts import (
    CONTROL,
    ISBN,
    ISBN_OF_NOTHING,
    UNKNOWN,
    UNKNOWN_CARD,
    add_copy,
    at,
    journal,
    last,
    lent,
    out,
    read_by,
    scan_at,
    top,
    typed,
    visit_of,
)
from tests.kiosk.school import (
    ANAN,
    CITY,
    DICTIONARY,
    DREAM,
    INSECTS,
    LOST_CARD,
    MENDING,
    MORE,
    OLD_CARD,
    SEA,
    SEA_AGAIN,
    TEACHER,
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


# On every page


@pytest.mark.parametrize("in_visit", [False, True])
def test_an_isbn_is_explained_and_offered_where_one_copy_fits(
    station: School, in_visit: bool
) -> None:
    line = top(station.scan(*([XIAOMAN] if in_visit else []), ISBN))
    assert (line.kind, line.reason) == (LineKind.EXPLAINED, Reason.ISBN_NOT_LABEL)
    assert line.book.barcode == INSECTS
    assert line.offers == ((Touch.BORROW,) if in_visit else ())
    assert (last(station)["act"], read_by(last(station))) == ("scan", ISBN)
    if in_visit:
        assert top(station.touch(Touch.BORROW, line)).kind is LineKind.LENT
        assert out(station) == {INSECTS: "p1"}


def test_an_isbn_of_no_copy_or_of_a_copy_on_loan_is_only_explained(station: School) -> None:
    lent(station, ANAN, INSECTS)
    station.scan(XIAOMAN)
    for number in (ISBN, ISBN_OF_NOTHING):
        line = top(station.scan(number))
        assert (line.book.barcode, line.offers) == (number, ())


def test_an_isbn_of_two_free_copies_offers_neither(station: School) -> None:
    add_copy(station, "00000099", "t3")
    assert top(station.scan(XIAOMAN, ISBN)).offers == ()


def test_an_isbn_never_offers_a_copy_that_is_withheld(station: School) -> None:
    add_copy(station, "00000099", "t3", state="withdrawn")
    line = top(station.scan(XIAOMAN, ISBN))
    assert (line.book.barcode, line.offers) == (INSECTS, (Touch.BORROW,))


@pytest.mark.parametrize("in_visit", [False, True])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (UNKNOWN, Reason.UNKNOWN_COPY),
        ("HELLO-KIOSK", Reason.UNKNOWN_COPY),
        (CONTROL, Reason.UNREADABLE),
        ("7" * 4096, Reason.UNREADABLE),
        ("", Reason.UNREADABLE),
        ("\udc80\udcff", Reason.UNREADABLE),
    ],
)
def test_what_fits_nothing_is_explained_journalled_and_typed_nowhere(
    station: School, text: str, reason: Reason, in_visit: bool
) -> None:
    if in_visit:
        station.scan(XIAOMAN)
    screen = scan_at(station, text, 10_000)
    line = top(screen)
    assert (line.kind, line.reason, line.offers) == (LineKind.EXPLAINED, reason, ())
    assert screen.place is (Place.VISIT if in_visit else Place.NOTICE)
    assert (screen.number, screen.find, screen.cue) == ("", None, Cue.NO)
    entry = last(station)
    assert (entry["act"], entry["reason"], entry["allowed"]) == ("scan", reason.value, False)
    assert read_by(entry).isprintable()
    assert len(read_by(entry)) <= 64


@pytest.mark.parametrize("place", [Touch.FIND, Touch.NUMBER])
def test_a_scan_types_nothing_into_a_pad_that_is_open(station: School, place: Touch) -> None:
    station.touch(place)
    screen = station.scan("HELLO-KIOSK")
    assert (screen.place, screen.number, screen.find) == (Place.NOTICE, "", None)


# The same code again


@pytest.fixture
def careful(tmp_path: Path) -> Iterator[School]:
    """The small school with the usual 3 s for the same code."""
    made = School(tmp_path, patience=Patience()).open()
    yield made
    made.close()


def test_the_same_code_within_three_seconds_is_ignored_softly(careful: School) -> None:
    scan_at(careful, CITY, 10_000)
    screen = scan_at(careful, CITY, 12_999)
    assert (screen.cue, screen.cue_n) == (Cue.TICK, 2)
    assert len(journal(careful)) == 1
    assert scan_at(careful, CITY, 16_000).cue is Cue.YES
    assert len(journal(careful)) == 2


def test_a_copy_that_lies_under_the_scanner_stays_one_scan(careful: School) -> None:
    lent(careful, XIAOMAN, CITY)
    careful.scan(XIAOMAN)
    for at_ms in range(50_000, 60_000, 500):
        scan_at(careful, CITY, at_ms)
    assert [entry["act"] for entry in journal(careful)[-2:]] == ["visit", "checkin"]
    assert out(careful) == {}


def test_another_code_between_does_not_make_the_same_code_new(careful: School) -> None:
    for at_ms, text in ((1000, CITY), (1500, SEA), (2000, CITY), (2500, SEA)):
        scan_at(careful, text, at_ms)
    assert len(journal(careful)) == 2


def test_a_copy_left_under_the_scanner_is_not_taken_from_its_patron_by_the_next_card(
    careful: School,
) -> None:
    scan_at(careful, XIAOMAN, 1000)
    for at_ms in (1500, 1800, 2100):
        scan_at(careful, CITY, at_ms)
    scan_at(careful, ANAN, 2200)
    scan_at(careful, CITY, 2500)
    assert out(careful) == {CITY: "p1"}
    assert top(scan_at(careful, CITY, 5600)).offers == (Touch.BORROW,)


def test_a_copy_left_under_the_scanner_is_not_returned_after_finish(careful: School) -> None:
    scan_at(careful, XIAOMAN, 1000)
    for at_ms in (1500, 1800, 2100):
        scan_at(careful, CITY, at_ms)
    careful.touch(Touch.FINISH)
    scan_at(careful, CITY, 2500)
    assert out(careful) == {CITY: "p1"}


def test_a_copy_read_once_or_twice_may_be_returned_right_after_finish(careful: School) -> None:
    scan_at(careful, XIAOMAN, 1000)
    scan_at(careful, CITY, 1500)
    scan_at(careful, CITY, 1550)
    careful.touch(Touch.FINISH)
    assert top(scan_at(careful, CITY, 1600)).kind is LineKind.RETURNED


def test_the_next_patron_may_scan_a_copy_read_once_at_once(careful: School) -> None:
    scan_at(careful, XIAOMAN, 1000)
    scan_at(careful, CITY, 1500)
    scan_at(careful, ANAN, 2000)
    assert top(scan_at(careful, CITY, 2500)).offers == (Touch.BORROW,)


def test_who_finishes_and_scans_the_card_again_comes_in_again(careful: School) -> None:
    scan_at(careful, XIAOMAN, 1000)
    careful.touch(Touch.FINISH)
    assert careful.station.screen.visit is None
    scan_at(careful, XIAOMAN, 1800)
    visit = careful.station.screen.visit
    assert visit is not None
    assert visit.name == "李小满"


@pytest.mark.parametrize("text", [UNKNOWN_CARD, "CMD-LANGUAGE", "HELLO"])
def test_whatever_lies_under_the_scanner_acts_once(careful: School, text: str) -> None:
    for at_ms in range(1000, 9000, 700):
        scan_at(careful, text, at_ms)
    assert len(journal(careful)) <= 1
    assert careful.station.screen.language == ("en" if text == "CMD-LANGUAGE" else "zh")


def test_a_repeat_ticks_once_and_keeps_no_visit_open(careful: School) -> None:
    scan_at(careful, XIAOMAN, 1000)
    scan_at(careful, CITY, 1500)
    first = scan_at(careful, CITY, 2000)
    again = scan_at(careful, CITY, 2500)
    assert first.cue is Cue.TICK
    assert again.cue_n == first.cue_n
    assert again.ends_in_ms is not None
    assert first.ends_in_ms is not None
    assert again.ends_in_ms <= first.ends_in_ms


# Touches, pads, commands


@pytest.mark.parametrize("leave", [Touch.FINISH, Touch.NOT_ME])
def test_finish_and_not_me_leave_an_empty_screen_and_keep_the_loans(
    station: School, leave: Touch
) -> None:
    station.scan(XIAOMAN, CITY)
    screen = station.touch(leave)
    assert (screen.place, screen.visit, screen.returns, screen.notice) == (
        Place.IDLE,
        None,
        (),
        None,
    )
    assert "李小满" not in repr(screen)
    assert out(station) == {CITY: "p1"}


def test_a_touch_of_a_visit_that_has_ended_is_refused_and_changes_nothing(station: School) -> None:
    old = visit_of(station.scan(XIAOMAN, CITY))
    station.scan(ANAN)
    count = len(journal(station))
    for touch, line in ((Touch.FINISH, None), (Touch.GIVE_BACK, 1), (Touch.RENEW_ALL, None)):
        assert not station.station.touch(touch, visit=old.id, line=line)
    assert visit_of(station.station.screen).name == "王安安"
    assert (len(journal(station)), out(station)) == (count, {CITY: "p1"})


def test_an_offer_is_gone_once_it_has_been_taken(station: School) -> None:
    view = visit_of(station.scan(XIAOMAN, CITY))
    station.touch(Touch.GIVE_BACK, view.lines[0])
    assert not station.station.touch(Touch.GIVE_BACK, visit=view.id, line=view.lines[0].id)


def test_language_and_contrast_are_back_to_usual_after_the_visit(station: School) -> None:
    station.scan(XIAOMAN)
    station.touch(Touch.LANGUAGE)
    screen = station.touch(Touch.CONTRAST)
    assert (screen.language, screen.contrast) == ("en", True)
    screen = station.touch(Touch.FINISH)
    assert (screen.language, screen.contrast) == ("zh", False)


def test_a_language_chosen_on_the_idle_screen_stays_for_the_visit(station: School) -> None:
    station.touch(Touch.LANGUAGE)
    assert station.scan(XIAOMAN).language == "en"
    assert station.touch(Touch.FINISH).language == "zh"


def test_a_number_is_typed_where_the_category_allows_it(station: School) -> None:
    assert visit_of(typed(station, XIAOMAN)).name == "李小满"
    assert top(station.scan(CITY)).kind is LineKind.LENT


def test_a_number_is_refused_where_the_category_needs_its_card(station: School) -> None:
    screen = typed(station, TEACHER)
    assert (screen.place, top(screen).reason) == (Place.NOTICE, Reason.CARD_NEEDED)
    assert screen.number == ""
    assert last(station)["reason"] == "card_needed"


def test_an_unknown_number_is_told_as_a_number_and_can_be_typed_anew(station: School) -> None:
    assert top(typed(station, "777")).typed
    assert last(station)["reason"] == "unknown_card"
    assert station.touch(Touch.NUMBER).number == ""
    station.touch(Touch.HOME)
    assert not top(station.scan(UNKNOWN_CARD)).typed


def test_the_number_pad_is_shut_where_nobody_may_type(station: School) -> None:
    text = station.library_toml.read_text(encoding="utf-8")
    changed = text.replace("type_number = true", "type_number = false")
    station.library_toml.write_text(changed, encoding="utf-8")
    screen = station.station.screen
    while screen.number_allowed:
        screen = station.station.wait(screen.n, 10) or screen
    assert not station.station.touch(Touch.NUMBER, visit=None)
    assert station.station.screen.place is Place.IDLE


def test_enter_with_nothing_typed_does_nothing(station: School) -> None:
    station.touch(Touch.NUMBER)
    assert station.touch(Touch.ENTER).place is Place.NUMBER
    assert journal(station) == []


def test_renew_all_renews_what_may_be_renewed_each_as_an_act(station: School) -> None:
    lent(station, XIAOMAN, CITY, SEA, INSECTS)
    at(station, "2026-12-02T11:45")
    view = visit_of(station.scan(XIAOMAN))
    assert view.renewable == 3
    station.touch(Touch.RENEW, next(line for line in view.lines if line.book.barcode == SEA))
    assert visit_of(station.station.screen).renewable == 2
    screen = station.touch(Touch.RENEW_ALL)
    assert [line.kind for line in visit_of(screen).lines] == [LineKind.RENEWED] * 3
    acts = [e["act"] for e in journal(station)]
    assert acts[-3:] == ["renewal"] * 3
    count = len(acts)
    station.touch(Touch.RENEW_ALL)
    assert len(journal(station)) == count
    ledger.hold_whole(station.store.folder)


def test_a_printed_command_does_what_the_button_does(station: School) -> None:
    lent(station, XIAOMAN, CITY)
    at(station, "2026-12-02T11:45")
    assert top(station.scan(XIAOMAN, "CMD-RENEW-ALL")).kind is LineKind.RENEWED
    assert station.scan("CMD-LANGUAGE").language == "en"
    screen = station.scan("CMD-FINISH")
    assert (screen.place, screen.language) == (Place.IDLE, "zh")
    count = len(journal(station))
    screen = station.scan("CMD-RENEW-ALL", "CMD-FINISH")
    assert (screen.place, len(journal(station))) == (Place.IDLE, count)


def test_each_act_of_a_visit_bears_its_number_and_the_scanner(station: School) -> None:
    view = visit_of(station.scan(XIAOMAN, CITY, MENDING, UNKNOWN))
    assert {(e["visit"], e["device"]) for e in journal(station)} == {(view.id, "scanner")}


def test_the_last_copies_come_first_in_the_list_of_a_long_visit(station: School) -> None:
    screen = station.scan(TEACHER, *MORE[:10], SEA_AGAIN)
    lines = visit_of(screen).lines
    assert [line.book.barcode for line in lines] == [SEA_AGAIN, *reversed(MORE[:10])]
    assert lines[0].reason is Reason.LIMIT_REACHED
    assert visit_of(screen).lent == 10


def test_time_passes_on_the_screen_with_the_clock(station: School) -> None:
    shown = station.scan(XIAOMAN).local
    station.clock.set(shown + timedelta(minutes=3))
    assert station.scan(CITY).local - shown == timedelta(minutes=3)


def test_the_school_itself_is_a_whole_store(station: School) -> None:
    with sqlite3.connect(station.store.path) as db:
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_book_returned_without_a_card_may_be_borrowed_at_once_with_it(careful: School) -> None:
    scan_at(careful, CITY, 1000)
    scan_at(careful, XIAOMAN, 1500)
    assert top(scan_at(careful, CITY, 2000)).kind is LineKind.LENT


def test_please_scan_again_does_not_meet_a_deaf_ear(
    careful: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan_at(careful, XIAOMAN, 1000)
    with monkeypatch.context() as broken:
        broken.setattr(careful.store, "begin", _no_answer)
        assert top(scan_at(careful, CITY, 1500)).reason is Reason.TRY_AGAIN
    assert top(scan_at(careful, CITY, 2000)).kind is LineKind.LENT


def test_a_second_of_trouble_with_the_disk_does_not_end_the_station(
    careful: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan_at(careful, XIAOMAN, 1000)
    with monkeypatch.context() as broken:
        broken.setattr(careful.store, "read", _no_answer)
        broken.setattr(careful.store, "begin", _no_answer)
        scan_at(careful, CITY, 1500)
    assert top(scan_at(careful, CITY, 2000)).kind is LineKind.LENT


def test_nobody_is_told_to_scan_again_where_the_disk_is_full(
    careful: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(careful.store, "begin", _full)
    assert top(scan_at(careful, CITY, 1000)).reason is Reason.STORE_FULL
    assert top(scan_at(careful, XIAOMAN, 1500)).reason is Reason.STORE_FULL


def _full() -> NoReturn:
    raise StoreFull("free some space")


def _no_answer() -> NoReturn:
    raise StoreError("the disk does not answer")
