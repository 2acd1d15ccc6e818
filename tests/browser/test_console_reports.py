"""The reports in a real browser: no script, no barrier in either language, and paper with a page a class."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from sync.central.cli_pages import make_app
from tests.browser.paper import paper_sizes
from tests.central.line import HandClock, serving
from tests.central.records import sqlite_record
from tests.web_ui.axe import breaches
from tests.web_ui.browse import each_language, opened
from tests.web_ui.console import PASSWORD
from tests.web_ui.report_record import fill

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("SHOTS")
PAGES = (
    "", "loans", "circulation", "teachers", "recall", "hardware", "use", "activities", "summary", "lists",
    "../activities/", "../activities/a1", "../activities/a2",
)  # fmt: skip


@pytest.fixture
def reports(tmp_path: Path) -> Iterator[str]:
    """The address of the reports of a school."""
    db, clock = sqlite_record(tmp_path), HandClock()
    fill(db)
    with serving(db, clock, make_app(db, clock, sign_in_ms=clock)) as url:
        yield f"{url}/console/reports/"
    db.close()


def signed_in(page: Page, reports: str) -> None:
    page.goto(reports)
    page.get_by_label("账号").fill("li")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()


def test_a_report_is_found_and_taken_home_without_javascript(reports, browser: Browser) -> None:
    context = browser.new_context(locale="zh-CN", java_script_enabled=False)
    page = context.new_page()
    signed_in(page, reports)
    page.get_by_role("link", name="统计").click()
    page.get_by_role("link", name="生均借书", exact=True).click()
    expect(page.get_by_role("img", name="生均借书")).to_be_visible()
    page.get_by_label("哪个学期或学年").select_option(label="2026—2027 学年")
    page.get_by_role("button", name="查看").click()
    expect(page.get_by_role("heading", name="各学期")).to_be_visible()
    with page.expect_download() as loading:
        page.get_by_role("link", name="下载 Excel").click()
    assert loading.value.suggested_filename == "生均借书 2026—2027 学年.xlsx"
    context.close()


def test_axe_finds_no_barrier_and_every_page_stands_in_both_languages(
    reports, browser: Browser
) -> None:
    context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    signed_in(page, reports)
    for language in each_language(page, f"{reports}.."):
        for name in PAGES:
            opened(page, f"{reports}{name}", language)
            assert breaches(page) == [], name
            if SHOTS:
                shot = f"reports_{name.strip('./').replace('/', '_') or 'list'}_{language}.png"
                page.screenshot(path=Path(SHOTS) / shot, full_page=True)
    context.close()


def test_on_paper_each_class_has_a_page_and_the_frame_is_gone(reports, browser: Browser) -> None:
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    signed_in(page, reports)
    page.goto(f"{reports}lists")
    assert paper_sizes(page) == [(210, 297)] * 3
    assert page.locator(".one-class").count() == 3
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="退出")).to_be_hidden()
    expect(page.get_by_text("王老师")).to_be_visible()
    context.close()
