"""Class boxes, classes, textbooks and cards in a real browser: without JavaScript, without barriers, both languages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from sync.central.box_lending import lend_box
from sync.central.box_tally import finish, note_pupils, take_back
from sync.central.boxes import make_box, put_in
from sync.central.cli_pages import make_app
from sync.central.db import insert_many
from sync.central.desk import Desk
from sync.central.facts import rules_of
from sync.central.schema import patrons
from sync.central.staff import add_staff
from sync.central.textbook_hands import hand_out
from sync.central.textbook_lists import Textbook
from sync.central.textbooks import add_book, note_order, plan
from tests.central.fleet import SCHOOL, found_school, publish_rules
from tests.central.line import HandClock, serving
from tests.central.records import sqlite_record
from tests.sync.story import NOON
from tests.web_ui.axe import breaches
from tests.web_ui.browse import each_language, opened, signed_in

pytestmark = pytest.mark.browser
PASSWORD = "paper-and-leaf"
SHOTS = os.environ.get("SHOTS")
TERM, CLASS = "2026-09-01", "三年级2班"
PUPILS = ("王小明", "李华", "张思远", "陈雨桐", "刘一诺")
BARCODES = tuple(str(20_001 + n) for n in range(8))


@pytest.fixture
def console(tmp_path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The address of a console with a class, a box that was counted, one that is out, and two textbooks."""
    db, clock = sqlite_record(tmp_path), HandClock()
    clock.ms = NOON
    found_school(db, barcodes=(*BARCODES, "30001", "30002"), people=PUPILS)
    publish_rules(db)
    with db.begin(SCHOOL) as conn:
        add_staff(conn, SCHOOL, "li", "李老师", "librarian", PASSWORD)
        none = {"expires_on": None, "blocked": None, "gone_ms": None, "grade": None}
        teacher = {"id": "T01", "name": "周老师", "category": "teacher", "class_name": ""}
        insert_many(conn, patrons, [{"school": SCHOOL, **teacher, **none}])
        desk, rules = Desk(conn, SCHOOL, "li", NOON), rules_of(conn, SCHOOL)
        for n, who in enumerate(PUPILS[:4]):
            desk.issue_card(who, f"{10_001 + n:010}")
        until = date(2026, 12, 18)
        first, second = make_box(desk, "童话书箱"), make_box(desk, "西游书箱")
        put_in(desk, first, BARCODES[:2])
        put_in(desk, second, BARCODES[2:6])
        old = lend_box(desk, rules, first, "T01", class_name=CLASS, due_on=until).loan
        out = lend_box(desk, rules, second, "T01", class_name=CLASS, due_on=until).loan
        assert old is not None
        assert out is not None
        note_pupils(desk, old, {BARCODES[0]: PUPILS[0]})
        take_back(desk, old, [BARCODES[1]])
        finish(desk, old)
        note_pupils(desk, out, {BARCODES[2]: PUPILS[1]})
        for book in (
            Textbook("zh", "语文三年级上册", "语文", 3, "人民教育出版社", "9787107303494"),
            Textbook("mu", "音乐三年级上册", "音乐", 3, "人民音乐出版社", reused=True),
        ):
            add_book(desk, book)
            plan(desk, TERM, book.id, [CLASS], teachers=1)
        note_order(desk, TERM, "zh", {"ordered": 5, "delivered": 4, "spare": 1})
        hand_out(desk, TERM, CLASS, ["zh", "mu"], PUPILS[:3])
    with serving(db, clock, make_app(db, clock, sign_in_ms=clock)) as url:
        yield url, {"box": first, "out": second, "loan": out}
    db.close()


def test_a_class_is_served_without_javascript(console, browser: Browser) -> None:
    url, _ = console
    context = browser.new_context(locale="zh-CN", java_script_enabled=False)
    page = context.new_page()
    signed_in(page, url)
    page.goto(f"{url}/console/classes/")
    page.get_by_role("link", name=CLASS).click()
    page.get_by_role("link", name="全班借书").click()
    # As a scanner does: into the field that has the focus, and Enter.
    page.locator("#scan").fill("0000010001")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=PUPILS[0])).to_be_visible()
    page.locator("#scan").fill("30001")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("借好了")
    page.goto(f"{url}/console/boxes/")
    page.get_by_role("link", name="周老师").click()
    page.get_by_label("扫还回来的书").fill("\n".join(BARCODES[2:5]))
    page.get_by_role("button", name="记为还回").click()
    expect(page.get_by_role("status")).to_contain_text("还回来了")
    page.get_by_role("button", name="清点结束").click()
    expect(page.get_by_role("status")).to_contain_text("1 本没有回来")
    page.goto(f"{url}/console/textbooks/class?term={TERM}&class={CLASS}")
    # Whoever was absent is ticked, for they lack theirs.
    page.get_by_role("button", name="发给打勾的同学").click()
    expect(page.get_by_role("status")).to_contain_text("发了 4 本")
    context.close()


# Many pages, each looked at whole.
@pytest.mark.timeout(300)
def test_the_pages_have_no_barriers_in_either_language(console, browser: Browser) -> None:
    url, named = console
    context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 800})
    page = context.new_page()
    signed_in(page, url)
    places = (
        ("classes", "classes/"),
        ("class", f"classes/one?class={CLASS}"),
        ("borrow", f"classes/borrow?class={CLASS}&pupil={PUPILS[0]}"),
        ("give", f"classes/give?class={CLASS}"),
        ("boxes", "boxes/"),
        ("box", f"boxes/{named['box']}"),
        ("loan", f"boxes/loans/{named['loan']}"),
        ("sheet", f"boxes/loans/{named['loan']}/sheet"),
        ("missing", "boxes/missing"),
        ("textbooks", f"textbooks/?term={TERM}"),
        ("textbook", f"textbooks/book/zh?term={TERM}"),
        ("new_textbook", f"textbooks/new?term={TERM}"),
        ("order_list", f"textbooks/print?term={TERM}&by=subject"),
        ("handing", f"textbooks/classes?term={TERM}"),
        ("handing_class", f"textbooks/class?term={TERM}&class={CLASS}"),
        ("cards", f"people/cards?class={CLASS}"),
        ("teacher", "people/T01"),
        ("pupil", f"people/{PUPILS[0]}"),
        ("people", "people/"),
    )
    for language in each_language(page, f"{url}/console"):
        for name, path in places:
            opened(page, f"{url}/console/{path}", language)
            assert breaches(page) == [], path
            assert page.evaluate("document.documentElement.scrollWidth") <= 1280, path
            if SHOTS:
                page.screenshot(path=f"{SHOTS}/{name}_{language}.png", full_page=True)
    context.close()
