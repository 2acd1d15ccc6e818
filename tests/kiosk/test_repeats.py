"""The same code again, on the running station: what lies under the scanner stays one scan."""

from __future__ import annotations

import pytest

from kiosk.screen import Cue, LineKind, Touch
from tests.kiosk.acts import (
    UNKNOWN_CARD,
    journal,
    lent,
    out,
    scan_at,
    top,
)
from tests.kiosk.school import (
    ANAN,
    CITY,
    SEA,
    XIAOMAN,
    School,
)


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


def test_a_book_returned_without_a_card_may_be_borrowed_at_once_with_it(careful: School) -> None:
    scan_at(careful, CITY, 1000)
    scan_at(careful, XIAOMAN, 1500)
    assert top(scan_at(careful, CITY, 2000)).kind is LineKind.LENT
