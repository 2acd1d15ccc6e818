"""Touches, pads and printed commands on the running station."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kiosk.domain import Reason
from kiosk.screen import LineKind, Place, Touch
from tests.faults import ledger
from tests.kiosk.acts import (
    UNKNOWN,
    UNKNOWN_CARD,
    at,
    journal,
    last,
    lent,
    out,
    top,
    typed,
    visit_of,
)
from tests.kiosk.school import (
    ANAN,
    CITY,
    INSECTS,
    MENDING,
    MORE,
    SEA,
    SEA_AGAIN,
    TEACHER,
    XIAOMAN,
    School,
)


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
