"""The pages of stock-taking, weeding and batches over a real record: no script, words, files, and who may what."""

from __future__ import annotations

import csv
import io
import re

import pytest
from openpyxl import load_workbook

from kiosk.domain import CopyState
from sync.central import copy_acts
from sync.central.cli_pages import make_app
from sync.central.db import Database
from sync.central.staff import add_staff
from tests.central.fleet import SCHOOL, Pen, enrol, holder, publish_rules, push
from tests.central.line import HandClock
from tests.central.records import sqlite_record
from tests.central.stock import desk, stocked
from tests.web_ui.console import PASSWORD, Console, token_in
from web_ui.console.collected import barcodes_in

ROWS = (
    ("20001", "main", "1", "I24/1"),
    ("20002", "main", "1", "I24/2"),
    ("20003", "main", "2", "I25/1"),
    ("20004", "teachers", "3", "G4/1"),
)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def record(tmp_path):
    db = sqlite_record(tmp_path)
    stocked(db, ROWS)
    publish_rules(db)
    with db.begin() as conn:
        for login, role in (("li", "librarian"), ("wu", "assistant"), ("zhao", "viewer")):
            add_staff(conn, SCHOOL, login, f"{login}老师", role, PASSWORD)
    yield db
    db.close()


@pytest.fixture
def console(record, clock):
    return Console(make_app(record, clock, sign_in_ms=clock).test_client())


def begun(console: Console, **more: str) -> str:
    """The address of a new stock-taking."""
    console.see("/console/stock/")
    told = console.client.post(
        "/console/stock/", data={"token": console.token, "name": "秋季清点", "part": "all", **more}
    )
    assert told.status_code == 303
    console.see(told.location)
    return str(told.location)


def lines(page: str) -> list[tuple[str, str]]:
    """The barcodes of the newest scans with what was said of each."""
    part = page[page.find('id="lines"') : page.find('id="result"')]
    rows = re.findall(r"<tr.*?</tr>", part, re.DOTALL)[1:]
    found = []
    for row in rows:
        badge = re.findall(r'class="badge[^>]*>([^<]*)', row)[0]
        found.append((re.findall(r"2000\d|[0-9]{13}|9\d+", row)[0], badge))
    return found


def state(db: Database, barcode: str) -> str:
    with db.read() as conn:
        return str(copy_acts.facts_of(conn, SCHOOL, [barcode])[barcode].state)


def test_scans_in_a_row_each_say_at_once_what_they_mean(console, record):
    pen = Pen("s1")
    enrol(record, "s1")
    pen.checkout("20002", "ming", at=0)
    push(record, pen)
    with record.begin(SCHOOL) as conn:
        desk(conn).copy_state("20003", "lost")
    here = begun(console.signed_in("li"))
    for barcode in ("20001", "20002", "20003", "20004", "99999", "9787020024759"):
        status, page = console.send(f"{here}/scan", barcode=barcode, at="main/1")
        assert status == 303
    assert lines(page) == [
        ("9787020024759", "没有登记"),
        ("99999", "没有登记"),
        ("20004", "放错架"),
        ("20003", "不该在架"),
        ("20002", "借出未还"),
        ("20001", "在架"),
    ]
    assert "请扫图书馆贴的条码" in page
    assert "应该放到 教师阅览室" in page
    # The shelf stays chosen, and the field has the focus.
    assert re.search(r'value="main/1" selected', page)
    assert re.search(r'name="barcode"[^>]* autofocus', page)
    status, page = console.send(f"{here}/scan", barcode="20001", at="main/1")
    assert "扫了 2 次" in page
    # Here and now: the loan is over, the lost book is back.
    status, page = console.send(f"{here}/take-back", barcode="20002", at="main/1")
    assert "还好了" in page
    assert holder(record, "20002") is None
    status, page = console.send(f"{here}/put-back", barcode="20003", which="gone")
    assert state(record, "20003") == "on_shelf"


def test_a_collecting_scanner_hands_its_barcodes_in(console):
    here = begun(console.signed_in("li"))
    text = "20001,2026-11-25,10:31\r\n2026/11/25 10:32;20003\n\nmain/2\n20003\n"
    status, page = console.send(f"{here}/collected", barcodes=text)
    assert status == 303
    assert "都记下了" in page
    assert set(lines(page)) == {("20001", "在架"), ("20003", "在架")}
    assert re.search(r'value="main/2" selected', page)
    sent = {"token": console.token, "file": (io.BytesIO("20004\n".encode("utf-16")), "扫码.txt")}
    told = console.client.post(f"{here}/collected", data=sent)
    assert told.status_code == 303
    assert ("20004", "放错架") not in lines(console.see(told.location))
    broken = {"token": console.token, "file": (io.BytesIO(b"PK\x03\x04\x00\x00\x00"), "book.xlsx")}
    refused = console.client.post(f"{here}/collected", data=broken)
    assert refused.status_code == 409
    assert "不是文本" in refused.text


def test_what_is_no_barcode_on_a_line_is_left_out():
    lines_of = "2026-11-25,10:31:07,00012345\n3|00012346|11/25\n\n00012347"
    assert barcodes_in(lines_of) == ["00012345", "00012346", "00012347"]


def test_the_sum_the_lists_their_files_and_the_closing(console, record):
    here = begun(console.signed_in("li"))
    console.send(f"{here}/scan", barcode="20001")
    status, page = console.send(f"{here}/sum")
    assert "没找到" in page
    listed = console.see(f"{here}/list/missing")
    assert re.findall(r"<small>(2000\d)", listed) == ["20002", "20003", "20004"]
    assert "2号" in console.see(f"{here}/list/missing?print=") or "I25/1" in listed
    saved = console.client.get(f"{here}/list/missing.csv")
    assert saved.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(saved.data.decode("utf-8-sig"))))
    assert rows[0][:4] == ["条码", "题名", "作者", "索书号"]
    assert [row[0] for row in rows[1:]] == ["20002", "20003", "20004"]
    book = load_workbook(io.BytesIO(console.client.get(f"{here}/list/missing.xlsx").data))
    assert [row[0].value for row in book.active.iter_rows(min_row=2)] == [
        row[0] for row in rows[1:]
    ]
    assert console.client.get(f"{here}/list/missing.pdf").status_code == 404
    console.see(here)
    status, page = console.send(f"{here}/close", mark="yes", why="秋季没找到")
    assert "记为“找不到”" in page
    assert [state(record, b) for b in ("20001", "20002", "20004")] == [
        "on_shelf",
        "missing",
        "missing",
    ]
    status, page = console.send(f"{here}/scan", barcode="20002")
    assert (status, "已经结束" in page) == (409, True)
    acts = console.see("/console/acts/")
    assert "秋季没找到" in acts
    console.see(here)
    status, page = console.send(f"{here}/reopen")
    assert "可以接着扫" in page
    assert state(record, "20002") == "on_shelf"


def test_a_part_of_the_library_is_chosen_by_shelf_or_by_call_numbers(console):
    console.signed_in("li")
    shelf = begun(console, part="shelf:main/1")
    page = console.see(shelf)
    assert re.search(r'value="main/1" selected', page)
    calls = begun(console, part="all", call_from="I25", call_to="I25")
    console.send(f"{calls}/sum")
    assert re.findall(r"<small>(2000\d)", console.see(f"{calls}/list/missing")) == ["20003"]
    page = console.see("/console/stock/")
    assert "索书号 I25 到 I25" in page
    status, page = console.send("/console/stock/", name="  ")
    assert (status, "请填写" in page) == (409, True)


def test_weeding_withdraws_what_is_ticked_or_scanned_with_a_reason_and_takes_it_back(
    console, record
):
    pen = Pen("s1")
    enrol(record, "s1")
    pen.checkout("20002", "ming", at=0)
    push(record, pen)
    page = console.signed_in("li").see("/console/weeding/?years=3")
    assert re.findall(r'name="barcode" value="(\d+)"', page) == ["20001", "20003", "20004"]
    assert "从没借过" in page
    assert "只此一本" in page
    status, page = console.send("/console/weeding/", barcode="20001", why="")
    assert (status, "请写上剔除的原因" in page) == (409, True)
    status, page = console.send(
        "/console/weeding/", barcode="20001", barcodes="20002\n20003", why="破旧"
    )
    assert (status, "剔除了 2 本" in page) == (200, True)
    assert "还借在外面" in page
    assert [state(record, b) for b in ("20001", "20003")] == ["withdrawn", "withdrawn"]
    assert holder(record, "20002") == "ming"
    act = re.findall(r'href="(/console/acts/\w+)"', page)[0]
    page = console.see(act)
    assert "破旧" in page
    status, page = console.send(f"{act}/undo")
    assert "恢复了原来的状态" in page
    assert state(record, "20001") == "on_shelf"
    status, page = console.send("/console/weeding/", barcodes="20002", why="破旧")
    assert "剔除了 0 本" in page


def test_the_list_of_what_nobody_borrows_as_a_file_and_for_paper(console):
    console.signed_in("zhao")
    saved = console.client.get("/console/weeding/list.csv?call_from=I&call_to=I")
    rows = list(csv.reader(io.StringIO(saved.data.decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == ["20001", "20002", "20003"]
    page = console.see("/console/weeding/?print=1&part=room:teachers")
    assert "20004" in page
    assert "20001" not in page
    assert 'name="barcode"' not in page


def test_who_only_looks_gets_no_buttons_and_an_assistant_scans_but_does_not_close(console, record):
    here = begun(console.signed_in("li"))
    console.send("/console/sign-out")
    page = console.signed_in("wu").see(here)
    assert f'action="{here}/scan"' in page
    assert f'action="{here}/close"' not in page
    console.send("/console/sign-out")
    page = console.signed_in("zhao").see(here)
    assert "/scan" not in re.sub(r'src="[^"]*"', "", page)
    assert 'name="barcode"' not in console.see("/console/weeding/")
    refused = console.client.post(
        f"{here}/scan", data={"token": token_in(page), "barcode": "20001"}
    )
    assert refused.status_code == 403


@pytest.mark.parametrize("path", ["nothere", "nothere/list/missing", "nothere/list/missing.csv"])
def test_a_stock_taking_that_is_not_there_is_told_so(console, path):
    assert console.signed_in("li").client.get(f"/console/stock/{path}").status_code == 404


def test_every_word_of_these_pages_stands_in_both_languages(console):
    here = begun(console.signed_in("li"))
    console.send(f"{here}/scan", barcode="20001")
    console.send(f"{here}/sum")
    for state_of in CopyState:
        assert console.see(f"/console/weeding/?state={state_of}")
    console.client.get("/console/language/en")
    for path in ("", "/list/missing", "/list/found"):
        page = console.see(f"{here}{path}")
        assert "console." not in re.sub(r'(href|src|action)="[^"]*"', "", page)
    for path in ("/console/stock/", "/console/weeding/", "/console/acts/"):
        page = console.see(path)
        for ours in (
            "li老师",
            "阳光学校",
            "中文",
            "某某",
            *(f"书2000{n}" for n in range(1, 5)),
            "秋季清点",
        ):
            page = page.replace(ours, "")
        assert not re.search(r"[\u3400-\u9fff]", page), path
