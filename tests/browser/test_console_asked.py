"""What a librarian is asked across the desk, in a real browser without JavaScript: a slip, a room, a wish, a rule."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import update

from kiosk.domain import Act
from kiosk.entry import proof
from kiosk.saying import Words
from sync.central.cli_pages import make_app
from sync.central.schema import stations
from sync.central.staff import add_staff
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, publish_rules, push
from tests.central.line import HandClock, serving
from tests.central.records import sqlite_record
from tests.central.test_voices import say
from tests.sync.story import NOON
from tests.web_ui.axe import breaches
from tests.web_ui.browse import each_language, opened, signed_in

pytestmark = pytest.mark.browser
HOUR = 3_600_000
ISBN = "9787020002207"


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The address of a console, and the code on the slip of a return."""
    db, clock = sqlite_record(tmp_path), HandClock()
    clock.ms = NOON + 2 * HOUR
    found_school(db, barcodes=("20001",), people=("小明", "小华"))
    publish_rules(db)
    pen = Pen("s1")
    enrol(db, "s1")
    pen.checkout("20001", "小明", at=0)
    pen.checkin("20001", at=HOUR, patron="小明")
    pen.write(Act.SIGN_IN, None, "小华", at=HOUR, value=f"periodicals {NOON + 5 * HOUR}")
    say(pen, Words(isbn=ISBN), at=HOUR, patron="小华", kind="purchase")
    push(db, pen)
    with db.begin(SCHOOL) as conn:
        told = {"name": "期刊室门口", "room": "periodicals", "seen_ms": clock.ms - HOUR}
        conn.execute(update(stations).values(told))
        add_staff(conn, SCHOOL, "li", "李老师", "librarian", "paper-and-leaf")
    with serving(db, clock, make_app(db, clock, sign_in_ms=clock)) as url:
        yield url, proof(pen.wires[1].hash)
    db.close()


def test_each_question_is_answered_without_javascript(
    asked: tuple[str, str], browser: Browser
) -> None:
    url, code = asked
    context = browser.new_context(locale="zh-CN", java_script_enabled=False)
    page = context.new_page()
    signed_in(page, url)
    page.get_by_role("link", name="待处理").click()
    page.get_by_label("小票上的号码").fill(code.lower())
    page.keyboard.press("Enter")
    expect(page.get_by_role("article")).to_contain_text("这次借阅：小明")
    page.get_by_role("link", name="借还", exact=True).click()
    page.get_by_role("link", name="谁在阅览室").click()
    expect(page.get_by_role("heading", name="期刊阅览室")).to_contain_text("现在 1 人")
    expect(page.get_by_text("可能不准")).to_be_visible()
    page.get_by_role("link", name="读者之声").first.click()
    page.get_by_role("link", name="想买的书").click()
    page.get_by_role("link", name=ISBN).click()
    page.get_by_label("书名（馆里没有的书").fill("城南旧事")
    page.get_by_label("已经订了").check()
    page.get_by_role("button", name="保存并告诉读者").click()
    expect(page.get_by_role("status")).to_contain_text("记下了")
    expect(page.get_by_role("heading", name="城南旧事")).to_be_visible()
    page.goto(f"{url}/console/rules/part/windows")
    page.get_by_label("到", exact=True).first.fill("09:00")
    page.get_by_role("button", name="检查并对比").click()
    expect(page.get_by_role("alert")).to_contain_text("开放时段 · 第 1 条 · 到")
    expect(page.get_by_role("alert")).to_contain_text("结束的时间不比开始晚")
    context.close()


def test_these_pages_have_no_barriers_in_either_language(
    asked: tuple[str, str], browser: Browser
) -> None:
    url, code = asked
    context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 800})
    page = context.new_page()
    signed_in(page, url)
    places = (
        "", f"slip?code={code}", "slip?code=7QK2M9", "rooms/", "rooms/day", "voices/wishes",
        f"voices/wishes/{ISBN}", "voices/questionnaires", "notices/", "activities/",
    )  # fmt: skip
    for language in each_language(page, f"{url}/console"):
        for path in places:
            opened(page, f"{url}/console/{path}", language)
            assert breaches(page) == [], path
            assert page.evaluate("document.documentElement.scrollWidth") <= 1280, path
        page.goto(f"{url}/console/rules/text")
        page.locator("textarea").fill('[library]\nname = 3\nnmae = "x"\n')
        page.locator("main button").first.click()
        expect(page.get_by_role("alert")).to_be_visible()
        assert breaches(page) == []
    context.close()
