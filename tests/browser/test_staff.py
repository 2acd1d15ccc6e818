"""Staff hold the status mark and read how every part of the machine is; a child's tap opens nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from kiosk.countdown import Patience
from kiosk.screen import Place, Touch
from tests.browser.pupil import Pupil, foreign_words, pupil
from tests.kiosk.school import CITY, XIAOMAN
from tests.web_ui.browse import SIZES

pytestmark = pytest.mark.browser

HELD_MS = 1700


def hold(child: Pupil, ms: int = HELD_MS) -> None:
    """A finger on the mark, for so long."""
    box = child.page.locator("button.mark >> visible=true").bounding_box()
    assert box is not None
    child.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    child.page.mouse.down()
    child.page.wait_for_timeout(ms)
    child.page.mouse.up()


def opened(child: Pupil) -> str:
    hold(child)
    child.page.wait_for_selector('html[data-place="staff"]', timeout=5000)
    return child.reads()


def break_rules(child: Pupil) -> None:
    text = child.school.library_toml.read_text(encoding="utf-8")
    child.school.library_toml.write_text(text.replace('"12:30"', '"11:00"', 1), encoding="utf-8")
    child.page.wait_for_selector(".mark.trouble", timeout=5000, state="attached")


@pytest.mark.parametrize("size", SIZES)
def test_holding_the_mark_tells_every_part_and_what_to_do(
    tmp_path: Path, browser: Browser, size: str
) -> None:
    patience = Patience(visit_s=60, page_s=60, repeat_ms=0)
    with pupil(tmp_path, browser, size=size, patience=patience) as child:
        words = opened(child)
        for part in ("扫描设备", "打印机", "存储", "网络", "时钟", "借阅规则", "校历"):
            assert part in words
        assert "要处理" not in words
        break_rules(child)
        child.school.scanner.unplug()
        child.page.wait_for_selector(".part.no", timeout=5000)
        words = child.reads()
        assert "library.toml 改过，但没有采用" in words
        assert 'windows[0].to = "11:00": the window ends before it begins' in words
        assert "看看插头和电源" in words
        assert "请老师来看看" in words
        child.sees(child.school.touch(Touch.LANGUAGE))
        assert foreign_words(child.reads(), "阳光实验学校图书馆", "中文") == set()
        child.tap(Touch.HOME)
        assert child.school.station.screen.place is Place.IDLE


def test_a_tap_or_a_short_press_opens_nothing(child: Pupil) -> None:
    before = child.school.station.screen.n
    child.page.locator("button.mark >> visible=true").tap()
    hold(child, 700)
    child.page.wait_for_timeout(1500)
    assert child.school.station.screen.place is Place.IDLE
    assert child.school.station.screen.n == before


def test_a_scan_closes_the_page_at_once_and_counts(child: Pupil) -> None:
    opened(child)
    child.scan(XIAOMAN)
    assert "李小满" in child.reads()
    child.tap(Touch.FINISH)
    opened(child)
    child.scan(CITY)
    assert "还好了" in child.reads()


def test_the_page_closes_by_itself(tmp_path: Path, browser: Browser) -> None:
    with pupil(tmp_path, browser, patience=Patience(staff_s=2, repeat_ms=0)) as child:
        opened(child)
        child.page.wait_for_selector('html[data-place="idle"]', timeout=8000)


def test_a_keyboard_reaches_the_page_too(child: Pupil) -> None:
    child.page.keyboard.press("F1")
    child.page.wait_for_selector('html[data-place="staff"]', timeout=5000)
    child.page.keyboard.press("Escape")
    child.page.wait_for_selector('html[data-place="idle"]', timeout=5000)


def test_during_a_visit_the_mark_only_shows(child: Pupil) -> None:
    child.scan(XIAOMAN)
    assert child.page.locator("button.mark").count() == 0
    child.page.keyboard.press("F1")
    child.page.wait_for_timeout(300)
    assert child.school.station.screen.place is Place.VISIT
