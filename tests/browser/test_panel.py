"""The demo's panel in Chromium, beside a whole station: the roll of paper is taken out and put in by a click."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from drivers.slip import Slip, SlipLine
from kiosk.screen import Printed, Touch
from tests.drivers.wires import wait_until
from tests.kiosk.test_bootstrap_paper import Start, borrow, slip, station, touch

pytestmark = pytest.mark.browser
__all__ = ["station"]

TAKE_OUT = {"zh": "抽掉纸", "en": "Take the paper out"}
PUT_IN = {"zh": "装上纸", "en": "Put paper in"}
LOGGED = {"zh": "打印机没有纸了", "en": "printer: paper taken out"}
TOLD = {"zh": "打印机没有纸了，请用手机拍下二维码", "en": "No paper. Please photograph the QR code"}
SIGN = {"zh": "现在打印不了", "en": "Cannot print"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_click_takes_the_paper_out_and_another_lets_the_slip_come(
    station: Start, browser: Browser, language: str
) -> None:
    running = station('kind = "simulator"')
    page = browser.new_page(viewport={"width": 1600, "height": 1000})
    mistakes: list[str] = []
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    page.goto(f"{running.server.url}demo/?lang={language}")
    page.get_by_role("button", name=TAKE_OUT[language]).click()
    page.get_by_role("button", name=PUT_IN[language]).wait_for()
    assert LOGGED[language] in page.locator("#log li").first.inner_text()
    page.locator("#signs li.red", has_text=SIGN[language]).wait_for()
    borrow(running)
    turn = [Touch.LANGUAGE] if language == "en" else []
    touch(running, *turn, Touch.SLIP, Touch.PRINT)
    screen = page.frame_locator(".frame iframe")
    screen.get_by_text(TOLD[language]).wait_for()
    page.get_by_role("button", name=PUT_IN[language]).click()
    wait_until(lambda: slip(running).printed is Printed.DONE, "the slip")
    page.locator("#tray iframe").wait_for()
    assert "城南旧事" in page.frame_locator("#tray iframe").locator("body").inner_text()
    assert page.locator("#signs li.red", has_text=SIGN[language]).count() == 0
    page.close()
    assert mistakes == []


def test_the_tray_shows_the_newest_slips_first(station: Start, browser: Browser) -> None:
    running = station('kind = "simulator"')
    assert running.hands
    for number in range(60):
        text = f"slip {number}"
        running.hands._printer.print_slip(Slip((SlipLine(text),), code="", at=f"11:{number:02}:00"))
    page = browser.new_page()
    page.goto(f"{running.server.url}demo/")
    page.locator("#tray pre").first.wait_for()
    told = [text.strip() for text in page.locator("#tray pre").all_inner_texts()]
    assert told == [f"slip {number}" for number in range(59, 53, -1)]
    page.close()
