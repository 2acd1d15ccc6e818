"""What is scanned decides, on the running station: every row of the design's table, and every reason by a real act."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from drivers.scan import Scan
from kiosk.desk_values import Who
from kiosk.domain import Note, Reason
from kiosk.screen import Cue, Line, LineKind, Place, Screen, Touch, VisitView
from kiosk.station import Patience
from kiosk.store import store as store_module
from kiosk.store.schema import cards, copies, patrons
from tests.faults import ledger
from tests.kiosk.school import (
    ANAN,
    BLOCKED,
    CITY,
    DICTIONARY,
    DREAM,
    EXPIRED,
    INSECTS,
    LOST_CARD,
    MENDING,
    MISSING,
    MORE,
    SEA,
    SEA_AGAIN,
    TEACHER,
    WITHDRAWN,
    XIAOMAN,
    ZONE,
    School,
)

UNKNOWN = "99999999"
UNKNOWN_CARD = "9999999999"
ISBN = "9787020002207"
ISBN_OF_NOTHING = "9787020008735"
CONTROL = "\x1b[2J\x03\x16"


def journal(school: School) -> list[ledger.Body]:
    return ledger.entries(school.store.folder)


def last(school: School) -> ledger.Body:
    return ledger.last(school.store.folder)


def visit_of(screen: Screen) -> VisitView:
    assert screen.visit is not None, f"no visit on {screen.place}"
    return screen.visit


def top(screen: Screen) -> Line:
    """The line that was put on the screen last."""
    if screen.visit:
        return screen.visit.lines[0]
    found = screen.returns[0] if screen.returns else screen.notice
    assert found is not None
    return found


def out(school: School) -> dict[str, str]:
    """Who has what, by barcode."""
    return {barcode: loan.patron_id for barcode, loan in ledger.loans(school.store.folder).items()}


def at(school: School, local: str) -> None:
    school.clock.set(datetime.fromisoformat(local).replace(tzinfo=ZONE))


def lent(school: School, card: str, *barcodes: str) -> None:
    """Lend in a visit of its own, and finish it."""
    school.scan(card, *barcodes)
    school.touch(Touch.FINISH)


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
    ("number", "reason"), [(LOST_CARD, Reason.CARD_LOST), (UNKNOWN_CARD, Reason.UNKNOWN_CARD)]
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
    assert (last(station)["act"], last(station)["text"]) == ("scan", ISBN)
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
    screen = station.scan(*([XIAOMAN] if in_visit else []), text)
    line = top(screen)
    assert (line.kind, line.reason, line.offers) == (LineKind.EXPLAINED, reason, ())
    assert screen.place is (Place.VISIT if in_visit else Place.NOTICE)
    assert (screen.number, screen.find, screen.cue) == ("", None, Cue.NO)
    entry = last(station)
    assert (entry["act"], entry["reason"], entry["allowed"]) == ("scan", reason.value, False)
    assert entry["text"].isprintable()
    assert len(entry["text"]) <= 64


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


def scan_at(school: School, text: str, at_ms: int) -> Screen:
    school.station.on_scan(Scan(text, "", "scanner", at_ms))
    return school.station.settled()


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


def test_the_next_patron_may_scan_the_same_copy_at_once(careful: School) -> None:
    scan_at(careful, XIAOMAN, 1000)
    scan_at(careful, CITY, 1500)
    scan_at(careful, ANAN, 2000)
    assert top(scan_at(careful, CITY, 2500)).offers == (Touch.BORROW,)


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


def typed(school: School, number: str) -> Screen:
    school.touch(Touch.NUMBER)
    for key in number:
        school.touch(Touch.KEY, text=key)
    return school.touch(Touch.ENTER)


def test_a_number_is_typed_where_the_category_allows_it(station: School) -> None:
    assert visit_of(typed(station, XIAOMAN)).name == "李小满"
    assert top(station.scan(CITY)).kind is LineKind.LENT


def test_a_number_is_refused_where_the_category_needs_its_card(station: School) -> None:
    screen = typed(station, TEACHER)
    assert (screen.place, top(screen).reason) == (Place.NOTICE, Reason.CARD_NEEDED)
    assert screen.number == ""
    assert last(station)["reason"] == "card_needed"


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


# Every reason, by a real act on the running station


def add_copy(school: School, barcode: str, title: str, **more: str) -> None:
    row = {"barcode": barcode, "title_id": title, "copy_type": "book", "state": "on_shelf"}
    with school.store.begin() as tx:
        tx.conn.execute(insert(copies), {**row, "shelf": "", "room": "", "call_number": "", **more})


def other_desk_lends(school: School, patron_id: str, card: str, barcode: str) -> None:
    """What a person at the staff desk does to the copy while the visit is open."""
    receipt = school.desk.checkout(Who(patron_id, card), barcode, school.now)
    assert receipt.verdict.allowed


def ok(s: School) -> Screen:
    return s.scan(XIAOMAN, CITY)


def already_yours(s: School) -> Screen:
    lent(s, ANAN, CITY)
    line = top(s.scan(XIAOMAN, CITY))
    other_desk_lends(s, "p1", XIAOMAN, CITY)
    return s.touch(Touch.BORROW, line)


def on_loan(s: School) -> Screen:
    lent(s, ANAN, CITY)
    line = top(s.scan(XIAOMAN, CITY))
    other_desk_lends(s, "p3", TEACHER, CITY)
    return s.touch(Touch.BORROW, line)


def window_closed(s: School) -> Screen:
    at(s, "2026-11-25T13:00")
    return s.scan(XIAOMAN, CITY)


def closed_day(s: School) -> Screen:
    at(s, "2026-11-05T11:45")
    return s.scan(XIAOMAN, CITY)


def term_over(s: School) -> Screen:
    at(s, "2027-01-18T11:45")
    return s.scan(XIAOMAN, CITY)


def limit_reached(s: School) -> Screen:
    return s.scan(ANAN, *MORE[:3])


def in_library_only(s: School) -> Screen:
    return s.scan(XIAOMAN, DICTIONARY)


def no_rule(s: School) -> Screen:
    add_copy(s, "00000098", "t1", copy_type="record")
    return s.scan(XIAOMAN, "00000098")


def overdue(s: School) -> Screen:
    lent(s, XIAOMAN, CITY)
    at(s, "2026-12-14T11:45")
    return s.scan(XIAOMAN, SEA)


def card_expired(s: School) -> Screen:
    return s.scan(EXPIRED, CITY)


def card_lost(s: School) -> Screen:
    return s.scan(LOST_CARD)


def card_needed(s: School) -> Screen:
    return typed(s, TEACHER)


def patron_blocked(s: School) -> Screen:
    return s.scan(BLOCKED, CITY)


def on_hold(s: School) -> Screen:
    s.hold("t4", "p2", DREAM)
    return s.scan(XIAOMAN, DREAM)


def copy_withheld(s: School) -> Screen:
    return s.scan(XIAOMAN, WITHDRAWN)


def not_your_loan(s: School) -> Screen:
    lent(s, XIAOMAN, CITY)
    line = visit_of(s.scan(XIAOMAN)).lines[0]
    s.desk.checkin(CITY, s.now)
    return s.touch(Touch.RENEW, line)


def no_renewals_left(s: School) -> Screen:
    lent(s, XIAOMAN, CITY)
    at(s, "2026-12-02T11:45")
    s.touch(Touch.RENEW, visit_of(s.scan(XIAOMAN)).lines[0])
    s.touch(Touch.FINISH)
    return s.touch(Touch.RENEW, top(s.scan(XIAOMAN, CITY)))


def nothing_gained(s: School) -> Screen:
    lent(s, XIAOMAN, CITY)
    return s.touch(Touch.RENEW, top(s.scan(XIAOMAN, CITY)))


def unknown_card(s: School) -> Screen:
    return s.scan(UNKNOWN_CARD)


def unknown_copy(s: School) -> Screen:
    return s.scan(XIAOMAN, UNKNOWN)


def unreadable(s: School) -> Screen:
    return s.scan(XIAOMAN, CONTROL)


def isbn_not_label(s: School) -> Screen:
    return s.scan(XIAOMAN, ISBN)


def store_full(s: School) -> Screen:
    s.store._stop_below_mb = 1 << 40
    return s.scan(XIAOMAN, CITY)


def try_again(s: School) -> Screen:
    s.scan(XIAOMAN)
    with write_lock_held(s):
        return s.scan(CITY)


ROUTES: dict[Reason, Callable[[School], Screen]] = {
    Reason(act.__name__): act
    for act in (
        ok, already_yours, on_loan, window_closed, closed_day, term_over, limit_reached, in_library_only, no_rule,
        overdue, card_expired, card_lost, card_needed, patron_blocked, on_hold, copy_withheld, not_your_loan,
        no_renewals_left, nothing_gained, unknown_card, unknown_copy, unreadable, isbn_not_label, store_full, try_again,
    )
}  # fmt: skip

HOLD_LOCK = (
    "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); "
    "c.execute('BEGIN IMMEDIATE'); print('held', flush=True); sys.stdin.read()"
)


@contextmanager
def write_lock_held(school: School) -> Iterator[None]:
    """Another process writes to the store, and does not come to an end."""
    command = [sys.executable, "-c", HOLD_LOCK, str(school.store.path)]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    try:
        yield
    finally:
        other.communicate()


def test_there_is_a_route_to_every_reason() -> None:
    assert set(ROUTES) == set(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_shown_as_it_is_journalled(
    station: School, reason: Reason, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "LOCK_WAIT_S", 0.2)
    screen = ROUTES[reason](station)
    assert top(screen).reason is reason
    if reason is not Reason.TRY_AGAIN:
        assert last(station)["reason"] == reason.value
        assert last(station)["allowed"] is (reason is Reason.OK)
    ledger.hold_whole(station.store.folder)


def test_where_the_store_did_not_answer_nothing_was_done_and_the_next_scan_is(
    station: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "LOCK_WAIT_S", 0.2)
    screen = try_again(station)
    assert (visit_of(screen).name, screen.cue) == ("李小满", Cue.NO)
    assert [e["act"] for e in journal(station)] == ["visit"]
    assert out(station) == {}
    assert top(station.scan(CITY)).kind is LineKind.LENT


def test_returns_go_on_when_checkouts_have_stopped_for_want_of_room(station: School) -> None:
    lent(station, XIAOMAN, CITY)
    store_full(station)
    assert top(station.touch(Touch.FINISH) and station.scan(CITY)).kind is LineKind.RETURNED
    assert out(station) == {}


def test_a_missing_copy_that_turns_up_is_lent_and_reported(station: School) -> None:
    line = top(station.scan(XIAOMAN, MISSING))
    assert line.kind is LineKind.LENT
    assert Note.REAPPEARED in line.notes
    assert "reappeared" in last(station)["notes"]
    state = "SELECT state FROM copies WHERE barcode = ?"
    assert ledger.rows(station.store.folder, state, MISSING) == [("on_shelf",)]


def test_a_blocked_or_expired_patron_may_still_bring_books_back(station: School) -> None:
    lent(station, XIAOMAN, CITY)
    with station.store.begin() as tx:
        tx.conn.execute(update(patrons).values(blocked="books to pay"))
    assert top(station.scan(XIAOMAN, CITY)).kind is LineKind.RETURNED


def test_a_card_of_no_known_shape_still_opens_the_visit_it_belongs_to(station: School) -> None:
    with station.store.begin() as tx:
        tx.conn.execute(insert(cards), {"number": "OLD-17", "patron_id": "p2", "state": "active"})
    assert visit_of(station.scan("OLD-17")).name == "王安安"


def test_a_patron_of_an_unknown_category_may_look_but_not_borrow(station: School) -> None:
    with station.store.begin() as tx:
        tx.conn.execute(update(patrons).where(patrons.c.id == "p2").values(category="guest"))
    line = top(station.scan(ANAN, CITY))
    assert line.reason is Reason.NO_RULE


def test_a_refused_return_is_told_with_the_next_opening_and_never_makes_the_loan_late(
    station: School,
) -> None:
    lent(station, XIAOMAN, CITY)
    change(station, "returns_any_time = true", "returns_any_time = false")
    assert station.rulebook.refresh()
    at(station, "2026-12-09T13:00")
    line = top(station.scan(CITY))
    assert (line.kind, line.reason) == (LineKind.REFUSED, Reason.WINDOW_CLOSED)
    assert line.opens_at == datetime(2026, 12, 10, 11, 30, tzinfo=ZONE)
    at(station, "2026-12-10T11:45")
    loan = visit_of(station.scan(XIAOMAN)).lines[0]
    assert (loan.kind, loan.overdue_days) == (LineKind.LOAN, 0)
    back = top(station.scan(CITY))
    assert (back.kind, back.overdue_days, back.notes) == (LineKind.RETURNED, 0, ())


def test_a_late_return_says_by_how_much_and_an_unsure_clock_says_nothing(station: School) -> None:
    lent(station, XIAOMAN, CITY, SEA)
    at(station, "2026-12-11T11:45")
    late = top(station.scan(CITY))
    assert (late.overdue_days, late.notes) == (2, (Note.WAS_OVERDUE,))
    at(station, "2031-12-11T11:45")
    station.clock.sure = False
    unsure = top(station.scan(SEA))
    assert (unsure.overdue_days, unsure.notes) == (0, (Note.CLOCK_UNSURE,))


def change(school: School, old: str, new: str) -> None:
    text = school.library_toml.read_text(encoding="utf-8")
    assert old in text
    school.library_toml.write_text(text.replace(old, new), encoding="utf-8")


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
