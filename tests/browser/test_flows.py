"""Whole visits in Chromium, as a pupil sees them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from kiosk.countdown import Patience
from kiosk.screen import Touch
from tests.browser.pupil import Pupil, foreign_words, pupil
from tests.kiosk.school import (
    ANAN,
    CITY,
    DICTIONARY,
    DREAM,
    INSECTS,
    SEA,
    TEACHER,
    XIAOMAN,
    ZONE,
)

pytestmark = pytest.mark.browser


def test_a_pupil_scans_a_card_and_books_and_is_done(child: Pupil) -> None:
    assert "借还时间到 12:30" in child.reads()
    child.scan(XIAOMAN)
    assert "李小满" in child.reads()
    child.scan(CITY, SEA)
    first, second = child.lines()
    assert "海底两万里" in first
    assert "借好了" in first
    assert "12月9日前还" in first
    assert "城南旧事" in second
    assert "还可以借 1 本" in child.reads()
    child.tap(Touch.FINISH)
    assert "李小满" not in child.reads()
    with child.school.store.read() as tx:
        assert {loan.barcode for loan, _ in tx.loans_out("p1")} == {CITY, SEA}


def test_a_book_scanned_without_a_card_is_returned(child: Pupil) -> None:
    child.scan(XIAOMAN, CITY)
    child.tap(Touch.FINISH)
    child.scan(CITY)
    words = child.reads()
    assert "还好了" in words
    assert "城南旧事" in words
    assert "4 号架旁的蓝色还书车" in words
    assert "李小满" not in words


def test_a_loan_from_before_is_renewed_by_one_touch_or_all_at_once(child: Pupil) -> None:
    child.scan(XIAOMAN, CITY, SEA)
    child.tap(Touch.FINISH)
    child.school.clock.set(datetime(2026, 12, 2, 11, 45, tzinfo=ZONE))
    child.scan(XIAOMAN)
    child.tap(Touch.RENEW)
    assert "12月16日" in child.lines()[0]
    child.tap(Touch.RENEW_ALL)
    with child.school.store.read() as tx:
        assert [loan.renewals for loan, _ in tx.loans_out("p1")] == [1, 1]


def test_a_book_renewed_by_mistake_is_given_back_by_one_touch(child: Pupil) -> None:
    child.scan(XIAOMAN, CITY)
    child.tap(Touch.FINISH)
    child.school.clock.set(datetime(2026, 12, 2, 11, 45, tzinfo=ZONE))
    child.scan(XIAOMAN)
    child.tap(Touch.RENEW)
    assert "续借好了" in child.lines()[0]
    child.tap(Touch.GIVE_BACK)
    assert "还好了" in child.lines()[0]
    with child.school.store.read() as tx:
        assert tx.loan(CITY) is None


def test_a_book_taken_back_by_mistake_is_kept_by_one_touch(child: Pupil) -> None:
    child.scan(XIAOMAN, CITY)
    child.tap(Touch.FINISH)
    child.school.clock.set(datetime(2026, 12, 2, 11, 45, tzinfo=ZONE))
    child.scan(XIAOMAN, CITY)
    child.tap(Touch.RENEW)
    with child.school.store.read() as tx:
        assert tx.loan(CITY) is not None


def test_i_am_returning_this_takes_a_loan_of_this_visit_back(child: Pupil) -> None:
    child.scan(XIAOMAN, CITY)
    child.tap(Touch.GIVE_BACK)
    assert "还好了" in child.lines()[0]
    with child.school.store.read() as tx:
        assert tx.loan(CITY) is None


def test_another_patrons_book_is_taken_back_and_offered_and_nobody_is_named(child: Pupil) -> None:
    child.scan(XIAOMAN, CITY)
    child.scan(TEACHER)
    assert "李小满" not in child.reads()
    child.scan(CITY)
    assert "李小满" not in child.reads()
    child.tap(Touch.BORROW)
    assert "借好了" in child.lines()[0]


def test_a_reference_book_is_refused_and_can_be_read_here(child: Pupil) -> None:
    child.scan(XIAOMAN, DICTIONARY)
    assert "只能在馆里看" in child.lines()[0]
    child.tap(Touch.USE)
    assert "只能在馆里看" not in child.lines()[0]


def test_the_next_card_blanks_the_first_visit_at_once(child: Pupil) -> None:
    child.scan(XIAOMAN, CITY)
    child.scan(ANAN)
    words = child.reads()
    assert "李小满" not in words
    assert "城南旧事" not in words


def test_walking_away_loses_nothing_and_leaves_nothing(tmp_path: Path, browser: Browser) -> None:
    with pupil(tmp_path, browser, patience=Patience(visit_s=1, repeat_ms=0)) as child:
        child.scan(XIAOMAN, CITY)
        child.page.wait_for_selector('html[data-place="idle"]', timeout=6000)
        assert "李小满" not in child.reads()
        with child.school.store.read() as tx:
            assert tx.loan(CITY) is not None


def test_one_touch_turns_the_page_to_english_and_it_turns_back_afterwards(child: Pupil) -> None:
    child.tap(Touch.LANGUAGE)
    own = ["阳光实验学校图书馆", "中文"]
    assert foreign_words(child.reads(), *own) == set()
    child.scan(XIAOMAN, CITY, DICTIONARY)
    own += ["李小满", "三年级2班", "城南旧事", "林海音", "城南\n旧事", "辞海"]
    assert foreign_words(child.reads(), *own) == set()
    child.tap(Touch.FINISH)
    assert "扫卡" in child.reads()


def test_first_letters_on_the_pad_find_a_book(child: Pupil) -> None:
    child.tap(Touch.FIND)
    for letter in "HLM":
        child.tap(Touch.KEY, text=letter)
    assert "曹雪芹" in child.reads()
    child.tap(Touch.ERASE)
    child.tap(Touch.CLEAR)
    assert "曹雪芹" not in child.reads()
    child.tap(Touch.HOME)
    assert "扫卡" in child.reads()


def test_a_number_typed_on_the_pad_opens_the_visit(child: Pupil) -> None:
    child.tap(Touch.NUMBER)
    for digit in XIAOMAN:
        child.tap(Touch.KEY, text=digit)
    child.tap(Touch.ENTER)
    assert "李小满" in child.reads()


@pytest.mark.parametrize("guide", [Touch.GUIDE_BORROW, Touch.GUIDE_RETURN, Touch.GUIDE_LOANS])
def test_the_buttons_of_the_idle_screen_only_explain(child: Pupil, guide: Touch) -> None:
    child.tap(guide)
    assert len(child.reads()) > 40
    child.tap(Touch.HOME)
    with child.school.store.read() as tx:
        assert tx.value("durable:1") is None
    assert child.school.station.health()["journal_length"] == 0


def test_a_window_that_closes_during_a_visit_stops_lending_and_takes_returns(child: Pupil) -> None:
    child.scan(XIAOMAN, CITY)
    child.school.clock.set(datetime(2026, 11, 25, 12, 30, tzinfo=ZONE))
    child.scan(SEA)
    refused = child.lines()[0]
    assert "明天" in refused
    assert "11:30" in refused
    child.scan(CITY)
    with child.school.store.read() as tx:
        assert tx.loan(SEA) is None


def test_a_first_grader_reads_pinyin_over_the_words(child: Pupil) -> None:
    child.scan(ANAN, INSECTS)
    ruby = child.page.locator("rt").all_inner_texts()
    assert "kūn" in ruby
    assert "chóng" in ruby
    assert any("hǎo" in syllable for syllable in ruby)


def test_scans_faster_than_the_screen_are_all_on_it_at_the_end(child: Pupil) -> None:
    child.scan(TEACHER)
    many = [f"000001{n:02d}" for n in range(9)]
    child.scan(*many)
    assert len(child.lines()) == 9
    assert child.page.locator('.line[data-kind="lent"]').count() == 9


def test_the_page_comes_back_whole_after_it_was_loaded_anew(child: Pupil) -> None:
    child.scan(XIAOMAN, CITY, DREAM)
    before = child.lines()
    child.page.reload()
    child.sees(child.school.station.screen)
    assert child.lines() == before


def test_a_hostile_barcode_types_nothing_and_opens_nothing(child: Pupil) -> None:
    child.tap(Touch.FIND)
    address = child.page.url
    child.scan("\x1b[2J\x0d\x09javascript:alert(1)", "<img src=x onerror=alert(1)>", "\x03\x16\x7f")
    assert child.page.url == address
    assert child.page.locator("img").count() == 0
    assert child.school.station.screen.number == ""


def test_the_slip_of_a_visit_is_a_code_and_a_page_to_print(child: Pupil) -> None:
    child.scan(XIAOMAN, CITY)
    child.tap(Touch.SLIP)
    assert child.page.locator("svg").count() > 0
    visit = child.school.station.screen.visit
    assert visit is not None
    child.page.goto(f"{child.page.url}slip/{visit.id}")
    words = child.reads()
    assert "城南旧事" in words
    assert "李小满" not in words
