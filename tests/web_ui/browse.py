"""A real server and a real Chromium for the tests of the pages."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from kiosk.screen import Screen
from tests.web_ui.console import PASSWORD
from tests.web_ui.fakes import FakeHands, FakeStation
from web_ui.catalogue import LANGUAGES
from web_ui.station import Server, create_app, serve

SIZES: dict[str, ViewportSize] = {
    "wide": {"width": 1280, "height": 800},
    "tall": {"width": 1080, "height": 1920},
}
# As few processes as it can do with: the suite starts a browser for each of its workers.
ARGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-gpu",
    "--in-process-gpu",
    "--renderer-process-limit=2",
    "--disable-features=site-per-process,IsolateOrigins",
]


# The first is Chromium without its windows: the same pages for half the work.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser")


def chromium_path() -> str | None:
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium_path(), args=ARGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def running(
    station: FakeStation, hands: FakeHands | None = None, *, port: int = 0, streams: int = 8
) -> Iterator[Server]:
    server = serve(create_app(station, hands=hands, streams=streams), "127.0.0.1", port, streams)
    thread = threading.Thread(target=server.run, name="server")
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join(10)
        assert not thread.is_alive(), "the server did not stop"


@contextmanager
def serving(screen: Screen, *, demo: bool = True) -> Iterator[tuple[FakeStation, str, FakeHands]]:
    station, hands = FakeStation(screen), FakeHands()
    with running(station, hands if demo else None) as server:
        yield station, server.url, hands


def goto(page: Page, url: str) -> None:
    """Opens the touchscreen and waits for its first screen."""
    page.goto(url)
    page.wait_for_selector("html[data-n]", state="attached")
    page.evaluate("() => document.fonts.ready")


def see(page: Page, n: int) -> None:
    """Waits until screen n is drawn. (The page's content policy forbids wait_for_function.)"""
    page.wait_for_selector(f'html[data-n="{n}"]', state="attached", timeout=20000)


def signed_in(page: Page, address: str) -> None:
    """The librarian li is in the console of the record at this address."""
    page.goto(f"{address}/console/sign-in")
    page.get_by_label("账号").fill("li")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("navigation").first).to_be_visible()


def each_language(page: Page, console: str) -> Iterator[str]:
    """Every language in turn, while the console is turned to it."""
    for language in LANGUAGES:
        page.goto(f"{console}/language/{language}")
        yield language


def opened(page: Page, address: str, language: str) -> None:
    """The page at this address stands there, in this language."""
    answer = page.goto(address)
    assert answer is not None
    assert answer.ok, (address, answer.status)
    assert (page.get_attribute("html", "lang") or "").startswith(language), address
