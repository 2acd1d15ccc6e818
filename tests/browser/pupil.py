"""A pupil in front of the touchscreen: the small school, its station served, and a page that shows it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from kiosk.countdown import Patience
from kiosk.screen import Screen, Touch
from tests.kiosk.school import School
from tests.web_ui.browse import SIZES, goto
from web_ui.station import create_app, serve

CJK = re.compile(r"[\u3400-\u9fff]")


class Pupil:
    """Scans and touches as a person does, and reads what stands on the page."""

    def __init__(self, school: School, page: Page) -> None:
        self.school = school
        self.page = page

    def scan(self, *texts: str) -> None:
        self.sees(self.school.scan(*texts))

    def sees(self, screen: Screen) -> None:
        """Wait until this screen, or a newer one, is painted."""
        for _ in range(250):
            if int(self.page.evaluate("document.documentElement.dataset.n ?? 0")) >= screen.n:
                return
            self.page.wait_for_timeout(20)
        raise AssertionError(f"screen {screen.n} was not painted within 5 s")

    def tap(self, touch: Touch, *, text: str = "") -> None:
        """Press the first button that does this, and wait for the page to answer."""
        extra = f'[data-text="{text}"]' if text else ""
        before = self.school.station.screen.n
        self.page.locator(f'[data-touch="{touch.value}"]{extra}').first.tap()
        screen = self.school.station.wait(before, 5)
        assert screen is not None, f"the touch {touch.value} changed nothing"
        self.sees(screen)

    def reads(self) -> str:
        """All the words on the page, in order."""
        return self.page.inner_text("body")

    def lines(self) -> list[str]:
        return self.page.locator(".line").all_inner_texts()


@contextmanager
def pupil(
    folder: Path,
    browser: Browser,
    *,
    size: str = "wide",
    patience: Patience | None = None,
    room: str = "",
) -> Iterator[Pupil]:
    """A school of its own, open and on screen; closed again afterwards."""
    school = School(
        folder, patience=patience or Patience(visit_s=60, page_s=60, repeat_ms=0), room=room
    ).open()
    server = serve(create_app(school.station, streams=2), "127.0.0.1", 0, 2)
    serving = threading.Thread(target=server.run)
    serving.start()
    page = browser.new_page(viewport=SIZES[size], locale="zh-CN", has_touch=True)
    mistakes: list[str] = []
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    try:
        goto(page, server.url)
        yield Pupil(school, page)
        assert mistakes == []
    finally:
        page.close()
        server.close()
        serving.join(10)
        school.close()


def foreign_words(text: str, *allowed: str) -> set[str]:
    """Chinese left on an English page, apart from names and titles."""
    for name in sorted(allowed, key=len, reverse=True):
        text = text.replace(name, "")
    return set(CJK.findall(text))
