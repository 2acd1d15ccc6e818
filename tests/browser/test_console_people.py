"""The pages of people and accounts in a real browser: done without JavaScript, without barriers in both languages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from sync.central.cli_pages import make_app
from sync.central.desk import Desk
from sync.central.staff import add_staff
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, publish_rules, push
from tests.central.line import HandClock, serving
from tests.central.records import sqlite_record
from tests.web_ui.axe import breaches
from tests.web_ui.browse import each_language, opened, signed_in

pytestmark = pytest.mark.browser
PASSWORD = "paper-and-leaf"
SHOTS = os.environ.get("SHOTS")


@pytest.fixture
def console(tmp_path: Path) -> Iterator[str]:
    """The address of a console with two patrons, one of whom has a copy, a card and a block."""
    db, clock = sqlite_record(tmp_path), HandClock()
    found_school(db, barcodes=("20001", "20002"), people=("小明", "小华"))
    publish_rules(db)
    pen = Pen("s1")
    enrol(db, "s1")
    pen.checkout("20001", "小明", at=0)
    pen.checkout("20002", "小明", at=1)
    pen.checkin("20002", at=2, patron="小明")
    push(db, pen)
    with db.begin(SCHOOL) as conn:
        add_staff(conn, SCHOOL, "li", "李老师", "librarian", PASSWORD)
        desk = Desk(conn, SCHOOL, "li", clock())
        desk.issue_card("小明", "10001")
        desk.block("小明", "欠一本书")
    with serving(db, clock, make_app(db, clock, sign_in_ms=clock)) as url:
        yield url
    db.close()


def test_people_are_looked_after_without_javascript(console: str, browser: Browser) -> None:
    context = browser.new_context(locale="zh-CN", java_script_enabled=False)
    page = context.new_page()
    signed_in(page, console)
    page.get_by_role("link", name="读者", exact=True).click()
    page.get_by_label("姓名、学号或借书证号").fill("小华")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="小华").click()
    page.get_by_label("新证号（可以直接扫）").fill("10002")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("新证发好了")
    page.get_by_role("button", name="挂失").click()
    expect(page.locator(".answered")).to_contain_text("已挂失")
    page.get_by_label("原因（写给老师看）").fill("书弄湿了")
    page.get_by_role("button", name="停止借书").click()
    expect(page.get_by_text("已停借：书弄湿了")).to_be_visible()
    page.get_by_label("要删除，请照样写一遍姓名：小华").fill("小花")
    page.get_by_role("button", name="永久删除").click()
    expect(page.get_by_role("alert")).to_contain_text("没有删除")
    page.get_by_label("要删除，请照样写一遍姓名：小华").fill("小华")
    page.get_by_role("button", name="永久删除").click()
    expect(page.get_by_role("heading", name="这位读者已经删除。")).to_be_visible()
    page.get_by_role("link", name="账号").click()
    page.get_by_label("姓名", exact=True).fill("孙老师")
    page.get_by_role("textbox", name="账号", exact=True).fill("sun")
    page.get_by_label("密码", exact=True).fill("leaf-and-paper")
    page.get_by_role("button", name="添加账号").click()
    expect(page.get_by_role("row", name="孙老师")).to_be_visible()
    context.close()


def test_a_list_goes_in_without_javascript(console: str, browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "名单.csv"
    told = (
        "学号,姓名,类别,班级,卡号\n1,张三,学生,三年级1班,1234567890\n2,,学生,三年级1班,1234567891\n"
    )
    file.write_text(told, encoding="gb18030")
    context = browser.new_context(
        locale="zh-CN", java_script_enabled=False, viewport={"width": 1280, "height": 800}
    )
    page = context.new_page()
    signed_in(page, console)
    page.get_by_role("link", name="读者", exact=True).click()
    page.get_by_role("link", name="导入名单").click()
    page.get_by_label("名单文件").set_input_files(file)
    page.get_by_role("button", name="检查文件").click()
    expect(page.get_by_role("status")).to_contain_text("还没有导入")
    expect(page.get_by_role("row", name="读者")).to_contain_text("1")
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/checked.png", full_page=True)
    page.get_by_role("button", name="确认导入").click()
    expect(page.get_by_role("status")).to_contain_text("导入好了")
    page.goto(f"{console}/console/people/?q=1234567890")
    expect(page.get_by_role("link", name="张三")).to_be_visible()
    context.close()


def test_the_pages_have_no_barriers_in_either_language(console: str, browser: Browser) -> None:
    context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 800})
    page = context.new_page()
    signed_in(page, console)
    places = (
        ("list", "people/"),
        ("page", "people/小明"),
        ("accounts", "staff/"),
        ("import", "people/import"),
        ("year", "people/year"),
    )
    for language in each_language(page, f"{console}/console"):
        for name, path in places:
            opened(page, f"{console}/console/{path}", language)
            assert breaches(page) == [], path
            assert page.evaluate("document.documentElement.scrollWidth") <= 1280, path
            if SHOTS:
                page.screenshot(path=f"{SHOTS}/{name}_{language}.png", full_page=True)
    context.close()
