"""The catalogue in a real browser: files in and out, a title and its copies without JavaScript, and no barriers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from sync.central.catalogue_search import index_titles
from sync.central.cataloguing import add_copies, add_title, set_cover
from sync.central.cli_pages import make_app
from sync.central.covers import made_cover
from sync.central.desk import Desk
from sync.central.staff import add_staff
from tests.central.fleet import SCHOOL, found_school, publish_rules
from tests.central.line import HandClock, serving
from tests.central.records import sqlite_record
from tests.central.test_catalogue_files import CSV
from tests.kiosk.imports.records import DREAM, iso2709
from tests.web_ui.axe import breaches
from tests.web_ui.browse import each_language, opened, signed_in
from tests.web_ui.test_console_catalogue import picture

pytestmark = pytest.mark.browser
PASSWORD = "paper-and-leaf"
SHOTS = os.environ.get("SHOTS")
DONATED = {
    "copy_type": "book",
    "call_number": "I287.4/7",
    "source": "donated",
    "donor": "三年级2班 李明",
    "shelf": "绘本区",
}


@pytest.fixture
def console(tmp_path: Path) -> Iterator[str]:
    """The address of a console with a title that has a cover and donated copies."""
    db, clock = sqlite_record(tmp_path), HandClock()
    found_school(db, barcodes=("00000001",), people=("小明",))
    publish_rules(db)
    with db.begin(SCHOOL) as conn:
        add_staff(conn, SCHOOL, "li", "李老师", "librarian", PASSWORD)
        index_titles(conn, SCHOOL, ["t1"])
        desk = Desk(conn, SCHOOL, "li", clock())
        told = {
            "title": "好饿的毛毛虫",
            "author": "艾瑞·卡尔 著",
            "publisher": "明天出版社",
            "year": "2008",
        }
        key = add_title(desk, {**told, "class_number": "I712.85", "isbn": "9787533255411"})
        came = {"arrived_on": desk_day(clock), **DONATED}
        add_copies(desk, key, ["00000021", "00000022", "00000023"], came)
        desk.copy_state("00000022", "mending")
        desk.copy_state("00000023", "in_library")
        set_cover(desk, key, *made_cover(picture(".png", 400)))
    with serving(db, clock, make_app(db, clock, sign_in_ms=clock)) as url:
        yield url
    db.close()


def desk_day(clock: HandClock):
    from datetime import UTC, datetime

    return datetime.fromtimestamp(clock() / 1000, UTC).date()


def test_files_go_in_and_the_same_goes_out_without_javascript(
    console: str, browser: Browser, tmp_path: Path
) -> None:
    table, record = tmp_path / "图书.csv", tmp_path / "books.mrc"
    table.write_bytes(CSV.replace("00000001", "00000011").encode("gb18030"))
    record.write_bytes(iso2709(DREAM).replace(b"0000000", b"0000003"))
    context = browser.new_context(
        locale="zh-CN", java_script_enabled=False, viewport={"width": 1280, "height": 800}
    )
    page = context.new_page()
    signed_in(page, console)
    page.goto(f"{console}/console/catalogue/import")
    take_in(page, table)
    expect(page.get_by_role("table").last).to_contain_text("没有收下")
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/checked.png", full_page=True)
    confirm(page)
    page.goto(f"{console}/console/catalogue/import")
    take_in(page, record)
    confirm(page)
    page.goto(f"{console}/console/catalogue/export")
    with page.expect_download() as sent:
        page.get_by_role("link", name="Excel 表格（.xlsx）").click()
    file = tmp_path / "catalogue.xlsx"
    sent.value.save_as(file)
    page.goto(f"{console}/console/catalogue/import")
    take_in(page, file)
    for row in ("书", "册"):
        cells = page.get_by_role("row", name=row, exact=False).first.get_by_role("cell")
        assert cells.all_inner_texts()[:2] == ["0", "0"], row
    context.close()


def take_in(page: Page, file: Path) -> None:
    page.get_by_label("文件", exact=True).set_input_files(file)
    page.get_by_role("button", name="检查文件").click()
    expect(page.get_by_role("status")).to_contain_text("还没有改动任何东西", timeout=30_000)


def confirm(page: Page) -> None:
    page.get_by_role("button", name="确认导入").click()
    expect(page.get_by_role("status")).to_contain_text("导入好了", timeout=30_000)


def test_a_title_gets_copies_and_a_copy_its_state_without_javascript(
    console: str, browser: Browser
) -> None:
    context = browser.new_context(locale="zh-CN", java_script_enabled=False)
    page = context.new_page()
    signed_in(page, console)
    page.goto(f"{console}/console/catalogue/")
    page.get_by_label("书名、作者、ISBN、分类号、拼音或条码").fill("草房子")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="新书著录").click()
    expect(page.get_by_label("书名")).to_have_value("草房子")
    page.get_by_label("作者").fill("曹文轩 著")
    page.get_by_role("button", name="保存").click()
    page.get_by_label("册数").fill("2")
    page.get_by_role("button", name="添加册").click()
    expect(page.get_by_role("status")).to_contain_text("添加了 2 册")
    page.get_by_role("link", name="00000024").click()
    page.get_by_role("button", name="丢失").click()
    expect(page.get_by_role("row", name="00000024")).to_contain_text("丢失")
    page.goto(f"{console}/console/catalogue/?q=cfz")
    expect(page.get_by_role("link", name="草房子")).to_be_visible()
    context.close()


def test_the_pages_have_no_barriers_in_either_language(console: str, browser: Browser) -> None:
    context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 800})
    page = context.new_page()
    signed_in(page, console)
    page.goto(f"{console}/console/catalogue/?q=hedmmc")
    page.get_by_role("link", name="好饿的毛毛虫").click()
    title = page.url.removeprefix(f"{console}/console/catalogue/")
    places = (
        ("list", ""),
        ("title", title),
        ("change", title.replace("title", "change", 1)),
        ("copy", "copy?barcode=00000022"),
        ("arrivals", "arrivals"),
        ("donated", "donated"),
        ("labels", "labels"),
        ("left", "labels/print?first=00000001&kind=spine"),
        ("import", "import"),
        ("export", "export"),
    )
    for language in each_language(page, f"{console}/console"):
        for name, path in places:
            opened(page, f"{console}/console/catalogue/{path}", language)
            assert breaches(page) == [], path
            assert page.evaluate("document.documentElement.scrollWidth") <= 1280, path
            if SHOTS:
                page.screenshot(path=f"{SHOTS}/{name}_{language}.png", full_page=True)
    context.close()
