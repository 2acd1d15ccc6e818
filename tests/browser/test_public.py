"""The library's page in a real browser: found, searched and read without JavaScript, in both languages, no barriers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from kiosk.posts import Notice, Post
from sync.central.catalogue_search import index_all
from sync.central.cli_pages import make_app
from sync.central.hashing import hashed
from sync.central.pins import Pin, issue
from sync.central.posts import put
from tests.central.fleet import SCHOOL, Pen, enrol, publish_rules, push
from tests.central.line import HandClock, serving
from tests.central.records import sqlite_record
from tests.central.stock import desk, stocked
from tests.web_ui.axe import breaches

pytestmark = pytest.mark.browser

PIN = "483920"


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    db, clock = sqlite_record(tmp_path), HandClock()
    stocked(db, [("20001", "main", "1", "I20/1")], people=("小明",))
    publish_rules(db)
    with db.begin(SCHOOL) as conn:
        index_all(conn)
        said = Notice(text="周五盘点，闭馆一天。", text_en="Closed on Friday for stock-taking.")
        put(desk(conn), [Post("n", said, date(2026, 11, 1))])
        desk(conn).issue_card("小明", "10001")
        issue(desk(conn), [Pin("小明", PIN, hashed(PIN))])
    pen = Pen("s1")
    enrol(db, "s1")
    pen.checkout("20001", "小明", at=0)
    push(db, pen)
    with serving(db, clock, make_app(db, clock, sign_in_ms=clock)) as url:
        yield url
    db.close()


def test_whoever_comes_reads_the_notice_and_finds_a_book_without_javascript(
    address: str, browser: Browser
) -> None:
    context = browser.new_context(locale="zh-CN", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/library/")
    expect(page.get_by_text("周五盘点")).to_be_visible()
    page.get_by_label("找书").fill("s20001")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="书20001").click()
    expect(page.get_by_text("I20/1")).to_be_visible()
    page.get_by_role("link", name="English").click()
    expect(page.get_by_text("Where it is")).to_be_visible()
    context.close()


def test_a_reader_sees_their_own_loans_and_whoever_goes_back_after_them_does_not(
    address: str, browser: Browser
) -> None:
    context = browser.new_context(locale="zh-CN", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/library/")
    page.get_by_role("link", name="我的借阅").click()
    page.get_by_label("借书证号").fill("10001")
    page.get_by_label("查询密码").fill(PIN)
    page.get_by_role("button", name="查看").click()
    expect(page.get_by_text("这学期借了 1 本（目标 2 本）")).to_be_visible()
    expect(page.get_by_text("书20001")).to_be_visible()
    assert page.url == f"{address}/library/mine"
    page.get_by_role("link", name="看好了").click()
    # The browser has kept nothing that it could show.
    with pytest.raises(Error, match="ERR_CACHE_MISS"):
        page.go_back()
    context.close()


def test_the_pages_have_no_barriers_and_fit_a_telephone(address: str, browser: Browser) -> None:
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    page.goto(f"{address}/library/mine")
    looked_at(page)
    page.get_by_label("借书证号").fill("10001")
    page.get_by_label("查询密码").fill(PIN)
    page.get_by_role("button", name="查看").click()
    expect(page.get_by_text("书20001")).to_be_visible()
    looked_at(page)
    for path in ("", "search?q=20001", "title?id=of-20001", "nothing"):
        page.goto(f"{address}/library/{path}")
        looked_at(page)
    context.close()


def looked_at(page: Page) -> None:
    """At a desk and in a hand."""
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        assert breaches(page) == [], (page.url, width)
        fits = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert fits, (page.url, width)
