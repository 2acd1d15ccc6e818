"""The demo whole, in a real browser: cut the line, lend, clash, plug in, settle the case and take that back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.faults.demo import Demo, free_port, shown_on, small_school
from tests.kiosk.school import CITY, XIAOMAN
from tests.web_ui.axe import breaches

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One for both: the first test only looks."""
    folder = tmp_path_factory.mktemp("demo")
    small_school(folder)
    running = Demo(folder, free_port())
    try:
        yield running.ready()
    finally:
        running.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 800})
    made = context.new_page()
    mistakes: list[str] = []
    made.on("pageerror", lambda error: mistakes.append(str(error)))
    yield made
    context.close()
    assert mistakes == []


def sign_in(page: Page, demo: Demo) -> None:
    login, password = (demo.folder / "console-login.txt").read_text().split()
    page.goto(f"http://127.0.0.1:{demo.central_port}/")
    page.get_by_label("账号").fill(login)
    page.get_by_label("密码").fill(password)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="待处理").click()
    expect(page.get_by_role("heading", name="要处理的事")).to_be_visible()


def seen(page: Page, find: Callable[[], bool]) -> None:
    """Load the page again until it is there."""
    for _ in range(60):
        page.reload()
        if find():
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"never seen: {page.inner_text('body')}")


def test_every_page_stands_in_both_languages_without_barriers(demo: Demo, page: Page) -> None:
    page.goto(f"http://127.0.0.1:{demo.central_port}/")
    assert breaches(page) == []
    sign_in(page, demo)
    for link in ("每日小结", "机器"):
        page.get_by_role("link", name=link).click()
        assert breaches(page) == [], link
    page.get_by_role("link", name="English").click()
    for link in ("Stations", "Cases", "Daily digest", "To decide"):
        page.get_by_role("link", name=link).click()
        assert breaches(page) == [], link
        assert page.evaluate("document.documentElement.lang") == "en"
    assert re.search(r"Nothing waits", page.inner_text("main"))
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Password")).to_be_visible()


def test_a_clash_while_the_line_was_cut_is_settled_and_taken_back(demo: Demo, page: Page) -> None:
    panel = page.context.new_page()
    panel.goto(f"http://127.0.0.1:{demo.port}/demo/")
    panel.get_by_role("button", name="拔掉网线").click()
    demo.scan(XIAOMAN, CITY)
    demo.screen(lambda s: shown_on(s, ["lent"]) == {CITY})
    demo.scan("CMD-FINISH")
    # Loans go on, and the mark says what waits.
    demo.screen(lambda s: s["status"]["online"] is False and s["status"]["unsent"] > 0)
    sign_in(page, demo)
    assert page.get_by_role("article").count() == 0
    panel.get_by_role("button", name="让另一台机器也借出这本").click()
    expect(panel.locator("#log")).to_contain_text("另一台机器也借出了《城南旧事》")
    page.reload()
    assert page.get_by_role("article").count() == 0, "what was lent offline is not known yet"
    panel.get_by_role("button", name="插上网线").click()
    demo.screen(lambda s: s["status"]["online"] and not s["status"]["unsent"])
    seen(page, lambda: page.get_by_role("article").count() == 1)
    case = page.get_by_role("article")
    expect(case.get_by_role("heading", level=2)).to_contain_text("分不清先后")
    expect(case.get_by_role("listitem").first).to_contain_text("之间")
    assert breaches(page) == []
    # The other answer, by the keyboard alone.
    other = case.locator(".others button").first
    chosen = other.inner_text()
    other.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("处理好了")
    assert page.get_by_role("article").count() == 0
    expect(page.locator(".answered")).to_contain_text(chosen)
    assert breaches(page) == []
    page.get_by_role("button", name="撤回").click()
    expect(page.get_by_role("status")).to_contain_text("撤回了")
    assert page.get_by_role("article").count() == 1
    panel.close()
