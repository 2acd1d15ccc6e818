"""The counter in a real browser: by scanner alone, with and without JavaScript; no barriers in both languages."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from sync.central.cli_pages import make_app
from sync.central.db import Database, insert_many
from sync.central.schema import cards, patrons
from sync.central.staff import add_staff
from tests.central.counter import DAY, MINUTE, desk, lent, open_counter
from tests.central.fleet import SCHOOL
from tests.central.line import HandClock, serving
from tests.central.records import sqlite_record
from tests.sync.story import NOON
from tests.web_ui.axe import breaches
from tests.web_ui.browse import opened
from tests.web_ui.console import PASSWORD

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("SHOTS")


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Database]:
    db = sqlite_record(tmp_path)
    open_counter(db)
    with db.begin(SCHOOL) as conn:
        add_staff(conn, SCHOOL, "li", "李老师", "librarian", PASSWORD)
        for patron, name, letters in (("ming", "王小明", "wxm"), ("hua", "王小华", "wxh")):
            named = {"name": name, "initials": letters}
            conn.execute(update(patrons).where(patrons.c.id == patron).values(**named))
        told = (("2026000001", "ming"), ("2026000002", "hua"))
        rows = [{"school": SCHOOL, "number": n, "patron_id": p, "state": "active"} for n, p in told]
        insert_many(conn, cards, rows)
    desk(db, "scan", "hua", "20002", at=-22 * DAY)
    yield db
    db.close()


@pytest.fixture
def clock() -> HandClock:
    clock = HandClock()
    clock.ms = NOON
    return clock


@pytest.fixture
def console(record: Database, clock: HandClock) -> Iterator[str]:
    with serving(record, clock, make_app(record, clock, sign_in_ms=clock)) as url:
        yield f"{url}/console"


def signed_in(browser: Browser, console: str, *, script: bool) -> Page:
    context = browser.new_context(
        locale="zh-CN", java_script_enabled=script, viewport={"width": 1280, "height": 800}
    )
    page = context.new_page()
    page.goto(f"{console}/sign-in")
    page.get_by_label("账号").fill("li")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    return page


def scan(page: Page, text: str) -> None:
    """A scanner types wherever the focus is, and presses Enter."""
    expect(page.locator("[data-box]")).to_be_focused()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("script", [False, True], ids=["plain", "script"])
def test_a_scanner_alone_lends_takes_back_and_changes_the_patron(
    browser: Browser, console: str, record: Database, clock: HandClock, script: bool
) -> None:
    page = signed_in(browser, console, script=script)
    page.goto(f"{console}/circulation/")
    scan(page, "2026000001")
    expect(page.get_by_role("heading", name="王小明")).to_be_visible()
    scan(page, "20001")
    expect(page.get_by_text("借出了，12月9日前还")).to_be_visible()
    clock.ms += MINUTE
    scan(page, "20002")
    expect(page.get_by_text("还好了，王小华借的")).to_be_visible()
    scan(page, "2026000002")
    expect(page.get_by_role("heading", name="王小华")).to_be_visible()
    scan(page, "CMD-FINISH")
    expect(page.get_by_role("heading", name="借书")).to_be_visible()
    assert lent(record) == {"20001": "ming"}
    page.context.close()


def test_scans_that_come_faster_than_answers_wait_for_each_other(
    browser: Browser, console: str, record: Database
) -> None:
    page = signed_in(browser, console, script=True)
    page.goto(f"{console}/circulation/patron/ming")
    expect(page.locator("[data-box]")).to_be_focused()
    page.evaluate("window.kept = 'no reload'")
    for text in ("20001", "20009", "2026000002"):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    # Three answers, one after the other.
    expect(page.get_by_role("heading", name="王小华")).to_be_visible(timeout=30_000)
    expect(page.locator("[data-box]")).to_be_focused()
    assert page.evaluate("window.kept") == "no reload"
    assert lent(record) == {"20001": "ming", "20002": "hua"}
    page.context.close()


# A language each, so that every page is looked at in one, and those with the most words in both.
PAGES = {
    "zh": ("?q=wx", "patron/ming", "returns", "holds", "claims/", "copy/20002"),
    "en": ("patron/ming", "holds?list=waiting", "overdue", "title/t1", "patron/ming/slip"),
}


def test_the_pages_have_no_barriers_in_either_language(
    browser: Browser, console: str, record: Database, clock: HandClock
) -> None:
    desk(record, "scan", "ming", "20001", at=-DAY)
    desk(record, "place_hold", "t1", "ming", at=-DAY)
    desk(record, "place_hold", "t9", "ming", at=-DAY)
    desk(record, "give_back", "20009", at=-MINUTE)
    desk(record, "claim", "20002", at=-MINUTE)
    page = signed_in(browser, console, script=True)
    for language, paths in PAGES.items():
        page.goto(f"{console}/language/{language}")
        page.goto(f"{console}/circulation/patron/hua")
        scan(page, "20009")
        expect(page.locator(".act-line.danger")).to_be_visible(timeout=30_000)
        looked_at(page, f"refused_{language}")
        for path in paths:
            opened(page, f"{console}/circulation/{path}", language)
            looked_at(page, f"{re.sub(r'[^a-z]', '_', path)}_{language}")
        clock.ms += MINUTE
    page.context.close()


def looked_at(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
    assert breaches(page) == [], name
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280, name
