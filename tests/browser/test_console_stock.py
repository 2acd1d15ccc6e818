"""Stock-taking in a real browser: scans in a row without leaving the field; pages in both languages, no barriers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from kiosk.domain import CopyState
from sync.central import copy_acts, reading_lists, stock_result, stocktaking
from sync.central.cli_pages import make_app
from sync.central.reading_lists import Head
from sync.central.scope import Scope
from sync.central.staff import add_staff
from tests.central.fleet import SCHOOL, Pen, enrol, publish_rules, push
from tests.central.line import HandClock, serving
from tests.central.records import sqlite_record
from tests.central.stock import desk, stocked
from tests.web_ui.axe import breaches
from tests.web_ui.browse import each_language, opened, signed_in
from tests.web_ui.console import PASSWORD

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("SHOTS")
DAY = 24 * 3_600_000
ROWS = [
    (f"200{n:02}", "main" if n < 30 else "teachers", "1" if n < 15 else "2", f"I{20 + n % 9}/{n}")
    for n in range(40)
]


def some_of_everything(conn) -> str:
    """A stock-taking with scans, a batch, and a reading list; the stock-taking's id."""
    by = desk(conn, DAY)
    taking = stocktaking.begin(by, "秋季清点", Scope())
    stocktaking.scan(by, taking, ["20000", "20020", "20001", "20003"], ("main", "1"))
    copy_acts.change(by, CopyState.WITHDRAWN, ["20030"], "破旧")
    name = reading_lists.make(by, Head("寒假共读", "陈老师", 3, 4))
    reading_lists.add(by, name, ["of-20005", "of-20006"])
    return taking


@pytest.fixture
def console(tmp_path: Path) -> Iterator[str]:
    """The address of a console with forty copies, of which one is out, one lost, and two cases are open."""
    db, clock = sqlite_record(tmp_path), HandClock()
    stocked(db, ROWS, people=("小明", "小华"))
    publish_rules(db)
    pen = Pen("s1")
    enrol(db, "s1")
    pen.checkout("20001", "小明", at=0)
    pen.checkin("20002", at=1)
    pen.checkout("90001", "小明", at=2)
    pen.checkout("90002", "小华", at=3)
    push(db, pen, now=clock() - 2 * DAY)
    with db.begin(SCHOOL) as conn:
        desk(conn).copy_state("20003", "lost")
        add_staff(conn, SCHOOL, "li", "李老师", "librarian", PASSWORD)
        taking = some_of_everything(conn)
    stock_result.sum_up(db, SCHOOL, taking, clock())
    with serving(db, clock, make_app(db, clock, sign_in_ms=clock)) as url:
        yield url
    db.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 800})
    made = context.new_page()
    mistakes: list[str] = []
    made.on("pageerror", lambda error: mistakes.append(str(error)))
    yield made
    context.close()
    assert mistakes == []


def looked_at(page: Page, name: str) -> None:
    assert breaches(page) == [], name
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def test_scans_in_a_row_stay_in_the_field_and_none_is_lost(console: str, page: Page) -> None:
    signed_in(page, console)
    page.goto(f"{console}/console/stock/")
    page.get_by_label("名称").fill("秋季清点")
    page.get_by_role("button", name="开始清点").click()
    expect(page.get_by_label("扫馆藏条码")).to_be_focused()
    page.evaluate("window.stayed = true")
    # A scanner types faster than answers come, and asks for nothing in between: the answer to the shelf's label is the
    # first to be late.
    late: list[Route] = []
    page.route("**/scan", lambda route: late.append(route), times=1)
    for barcode in ("main/1", "20000", "20001", "20003", "20020", "99999"):
        page.keyboard.type(barcode)
        page.keyboard.press("Enter")
    late[0].continue_()
    newest = page.locator("#scans tbody tr")
    expect(newest).to_have_count(5)
    expect(newest.first).to_contain_text("99999")
    expect(newest.nth(1)).to_contain_text("应该放到")
    expect(page.get_by_label("我在哪个书架")).to_have_value("main/1")
    expect(page.get_by_label("扫馆藏条码")).to_be_focused()
    assert page.evaluate("window.stayed") is True
    looked_at(page, "stock-zh")
    page.get_by_role("button", name="还书 20001").click()
    expect(page.get_by_role("status")).to_contain_text("还好了")
    page.get_by_role("button", name="放回在架 20003").click()
    page.get_by_role("button", name="汇总", exact=True).click()
    looked_at(page, "stock-summed-zh")
    # The line is cut: the scan is told as lost, not silently so.
    page.route("**/scan", lambda route: route.abort())
    page.get_by_label("扫馆藏条码").fill("20010")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("20010")


def test_every_page_stands_in_both_languages_without_barriers(console: str, page: Page) -> None:
    """The pages themselves, and what their lists lead to."""
    signed_in(page, console)
    places = {
        "weeding": "weeding/", "inbox": "?kind=unknown_item", "digest": "digest?day=2026-12-23",
        "settled": "settled", "takings": "stock/", "acts": "acts/", "lists": "reading-lists/",
    }  # fmt: skip
    for language in each_language(page, f"{console}/console"):
        for name, path in places.items():
            opened(page, f"{console}/console/{path}", language)
            looked_at(page, f"{name}-{language}")
        for name in ("reading-lists", "acts", "stock"):
            opened(page, f"{console}/console/{name}/", language)
            page.locator("tbody a").click()
            looked_at(page, f"{name}-page-{language}")
        opened(page, f"{page.url}/list/missing", language)
        looked_at(page, f"missing-{language}")
