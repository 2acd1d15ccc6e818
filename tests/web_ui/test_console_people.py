"""The pages of people and accounts over a real record: what is found, done, refused, and kept from whom."""

from __future__ import annotations

import io
import re

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from kiosk.entry import parse
from sync.central.cli_pages import make_app
from sync.central.db import Database, insert_many
from sync.central.people import PAGE
from sync.central.schema import cards, entries, patrons, schools
from sync.central.staff import add_staff
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, publish_rules, push
from tests.central.line import HandClock
from tests.central.records import sqlite_record
from tests.web_ui.console import PASSWORD, Console

HOUR = 3_600_000


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def record(tmp_path):
    db = sqlite_record(tmp_path)
    found_school(db, barcodes=("20001",), people=("ming", "hua"))
    publish_rules(db)
    with db.begin() as conn:
        for login, role in (("li", "librarian"), ("wu", "assistant"), ("zhao", "viewer")):
            add_staff(conn, SCHOOL, login, f"{login}老师", role, PASSWORD)
    yield db
    db.close()


@pytest.fixture
def console(record, clock):
    return Console(make_app(record, clock, sign_in_ms=clock).test_client())


def listed(page: str) -> list[str]:
    """Whose pages the list leads to."""
    return re.findall(r'<th scope="row"><a href="/console/people/(\w+)"', page)


def states(db: Database) -> dict[str, str]:
    with db.read() as conn:
        return {row.number: row.state for row in conn.execute(select(cards))}


def acts(db: Database) -> list[tuple[str, str | None, str | None]]:
    with db.read() as conn:
        bodies = conn.execute(select(entries.c.body).where(entries.c.station == "desk")).scalars()
        return [(e.act.value, e.value, e.staff) for e in map(parse, bodies)]


def test_the_list_goes_on_page_by_page_and_finds_names(console, record):
    rest = {"category": "student", "grade": 3, "class_name": "三年级1班"}
    none = {"expires_on": None, "blocked": None, "gone_ms": None}
    rows = [
        {"school": SCHOOL, "id": f"p{n:03}", "name": f"王{n:03}", **rest, **none}
        for n in range(PAGE + 3)
    ]
    with record.begin() as conn:
        insert_many(conn, patrons, rows)
    page = console.signed_in().see("/console/people/")
    seen = listed(page)
    following = re.search(r'rel="next" href="([^"]*)"', page)
    assert following is not None
    seen += listed(console.see(following[1].replace("&amp;", "&")))
    assert (len(seen), len(set(seen))) == (PAGE + 5, PAGE + 5)
    assert listed(console.see("/console/people/?q=王00")) == [f"p00{n}" for n in range(10)]
    assert "没有找到读者" in console.see("/console/people/?q=<script>")
    assert "<script>" not in console.see("/console/people/?q=<script>")


def test_a_card_is_issued_lost_found_and_replaced(console, record):
    console.signed_in("wu").see("/console/people/ming")
    status, page = console.send("/console/people/ming/cards", number="0000010001")
    assert (status, "新证发好了" in page) == (303, True)
    status, page = console.send(
        "/console/people/ming/cards/state", number="0000010001", state="lost"
    )
    assert "已挂失" in page
    console.send("/console/people/ming/cards/state", number="0000010001", state="active")
    status, page = console.send("/console/people/ming/cards", number="0000010002", old="0000010001")
    assert "旧证不能再用" in page
    assert states(record) == {"0000010001": "replaced", "0000010002": "active"}
    assert [value for _, value, _ in acts(record)] == [
        "active",
        "lost",
        "active",
        "replaced",
        "active",
    ]
    assert {who for _, _, who in acts(record)} == {"wu"}


@pytest.mark.parametrize(
    ("path", "form", "status", "said"),
    [
        ("ming/cards", {"number": ""}, 409, "请写新证的号码"),
        ("ming/cards", {"number": "x y"}, 409, "不像借书证号"),
        ("ming/cards", {"number": "1\x00"}, 400, "存不下的字符"),
        ("ming/cards", {"number": "0000010009"}, 409, "已经有人用了"),
        ("ming/cards", {"number": "0000010001", "old": "0000010009"}, 400, "以前打开的"),
        ("ming/cards/state", {"number": "0000010009", "state": "lost"}, 400, "以前打开的"),
        ("hua/cards/state", {"number": "0000010009", "state": "king"}, 400, "以前打开的"),
        ("nobody/cards", {"number": "0000010001"}, 404, "没有这位读者"),
        ("ming/block", {"why": " "}, 409, "请写明停借的原因"),
        ("ming/erase", {"name": "hua"}, 409, "写的姓名和这位读者不一样"),
    ],
)
def test_what_cannot_be_done_is_told_and_changes_nothing(console, record, path, form, status, said):
    with record.begin() as conn:
        card = {"school": SCHOOL, "number": "0000010009", "patron_id": "hua", "state": "active"}
        insert_many(conn, cards, [card])
    told, page = console.signed_in().send(f"/console/people/{path}", **form)
    assert (told, said in page) == (status, True), page
    assert states(record) == {"0000010009": "active"}
    assert acts(record) == []


def test_a_patron_is_blocked_with_a_reason_once_and_unblocked(console, record):
    console.signed_in("wu")
    for _ in range(2):
        status, page = console.send("/console/people/ming/block", why="欠一本书")
        assert "已停借：欠一本书" in page
    status, page = console.send("/console/people/ming/unblock")
    assert (status, "已经恢复借书" in page) == (303, True)
    console.send("/console/people/ming/unblock")
    assert acts(record) == [("block", "blocked", "wu"), ("block", "unblocked", "wu")]


def test_a_patron_is_erased_only_with_nothing_out_and_the_statement_says_what(console, record):
    pen = Pen("s1")
    enrol(record, "s1")
    pen.checkout("20001", "ming", at=0)
    push(record, pen)
    console.signed_in().see("/console/people/ming")
    status, page = console.send("/console/people/ming/erase", name="ming")
    assert (status, "还有 1 本书没有还" in page) == (409, True)
    pen.checkin("20001", at=HOUR, patron="ming")
    push(record, pen, 2)
    status, page = console.send("/console/people/ming/erase", name="ming")
    assert (status, "流水中的姓名：2 条" in page) == (200, True)
    assert "没有这位读者" in console.see("/console/people/ming")
    assert "ming" not in console.see("/console/people/")
    assert acts(record)[-1] == ("people", "erased a patron", "li")


def test_a_viewer_sees_masked_numbers_and_no_form(console, record):
    with record.begin() as conn:
        card = {"school": SCHOOL, "number": "0000010009", "patron_id": "ming", "state": "active"}
        insert_many(conn, cards, [card])
    page = console.signed_in("zhao").see("/console/people/ming")
    assert "0000010009" not in page
    assert "•••09" in page
    assert 'method="post" action="/console/people' not in page
    assert console.send("/console/people/ming/block", why="x")[0] == 403
    assert acts(record) == []


def test_people_of_another_school_are_nobody(console, record):
    told = {"id": "other", "name": "别的学校", "name_en": "", "time_zone": "Asia/Shanghai"}
    with record.begin() as conn:
        insert_many(conn, schools, [{**told, "position": 0, "feed_from": 0}])
        add_staff(conn, "other", "ma", "马老师", "librarian", PASSWORD)
    console.signed_in("ma", school="other")
    assert "没有这位读者" in console.see("/console/people/ming")
    assert "ming" not in console.see("/console/people/")
    assert "li老师" not in console.see("/console/staff/")
    console.see("/console/")
    for path in ("people/ming/erase", "people/ming/block"):
        assert console.send(f"/console/{path}", name="ming", why="x")[0] == 404
    assert console.send("/console/staff/li/close")[0] == 409


def test_accounts_are_added_changed_closed_and_each_is_an_entry(console, record):
    console.signed_in().see("/console/staff/")
    new = {"login": "sun", "name": "孙老师", "role": "viewer", "password": "leaf-and-paper"}
    assert "账号加好了" in console.send("/console/staff/", **new)[1]
    assert "角色改好了" in console.send("/console/staff/sun/role", role="assistant")[1]
    assert "密码改好了" in console.send("/console/staff/sun/password", password="another-leaf")[1]
    assert "账号停用了" in console.send("/console/staff/sun/close")[1]
    assert "账号恢复了" in console.send("/console/staff/sun/open")[1]
    for path, form, said in (
        ("", {**new, "login": "li"}, "已经有人用了"),
        ("", {**new, "login": "A B"}, "小写字母"),
        ("", {**new, "login": "qi", "password": "short"}, "至少要 10 个字符"),
        ("li/close", {}, "至少要留一位图书馆老师"),
        ("li/role", {"role": "viewer"}, "至少要留一位图书馆老师"),
        ("sun/role", {"role": "king"}, "没有这个角色"),
        ("nobody/close", {}, "没有这个账号"),
    ):
        status, page = console.send(f"/console/staff/{path}", **form)
        assert (status, said in page) == (409, True), (path, form)
    assert [value for _, value, _ in acts(record)] == [
        "account sun viewer",
        "account sun assistant",
        "account sun new password",
        "account sun closed",
        "account sun opened",
    ]


def test_english_pages_have_no_chinese_of_ours(console, record):
    console.signed_in().see("/console/language/en")
    for path in ("people/", "people/ming", "staff/"):
        page = console.see(f"/console/{path}")
        for name in ("li老师", "wu老师", "zhao老师", "三年级2班", "阳光学校", "中文"):
            page = page.replace(name, "")
        assert not re.search(r"[\u3400-\u9fff]", page), path


# A list of patrons through the browser.

LIST = "学号,姓名,类别,班级,卡号\n2024001,张三,学生,三年级1班,1234567890\n2024002,,学生,三年级1班,1234567891\n"


def workbook(text: str) -> bytes:
    made = Workbook()
    for line in text.splitlines():
        made.active.append(line.split(","))
    held = io.BytesIO()
    made.save(held)
    return held.getvalue()


def chosen(console: Console, content: bytes, name: str) -> tuple[int, str]:
    # Written by hand: the test client leaves its temporary file of a long form open.
    said = f'--b\r\nContent-Disposition: form-data; name="token"\r\n\r\n{console.token}\r\n'
    said += f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    answer = console.client.post(
        "/console/people/import",
        data=said.encode() + content + b"\r\n--b--\r\n",
        content_type="multipart/form-data; boundary=b",
    )
    return answer.status_code, answer.text


def fields(page: str) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))


def everybody(db: Database) -> set[str]:
    with db.read() as conn:
        return {row.name for row in conn.execute(select(patrons))}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("名单.csv", LIST.encode("gb18030")),
        ("list.csv", LIST.encode()),
        ("list.XLSX", workbook(LIST)),
    ],
    ids=["gb18030", "utf-8", "xlsx"],
)
def test_a_list_is_checked_shown_and_then_imported(console, record, name, content):
    console.signed_in().see("/console/people/import")
    status, page = chosen(console, content, name)
    assert (status, "检查好了，一共 2 行，还没有导入" in page) == (200, True), page
    assert "1 行不能导入" in page
    assert "<td>没有写姓名</td><td>补上，或者删掉这一行</td>" in page
    form = fields(
        page[
            : page.index(
                '<div class="table-responsive" tabindex="0" role="region" aria-labelledby="problems"'
            )
        ]
    )
    rows = console.client.post("/console/people/import/rows", data=form)
    assert rows.headers["Content-Disposition"] == 'attachment; filename="rows.txt"'
    where = "第 3 行"
    assert (
        rows.data.decode("utf-8-sig") == f"{where}\t没有收下\t没有写姓名\t补上，或者删掉这一行\r\n"
    )
    assert (everybody(record), states(record)) == ({"ming", "hua"}, {})
    told = console.client.post("/console/people/import", data=fields(page))
    assert "导入好了" in told.text
    assert "没有写姓名" in told.text
    assert everybody(record) == {"ming", "hua", "张三"}
    assert states(record) == {"1234567890": "active"}
    assert acts(record) == [("people", "imported 1 patrons, 1 cards", "li")]


def test_a_file_that_cannot_be_taken_changes_nothing(console, record):
    console.signed_in().see("/console/people/import")
    for content, name, said in (
        (b"", "", "请选一个文件"),
        (b"x", "list.exe", "只能用 CSV"),
        (b"\x00\x01\x02", "list.xlsx", "读不了"),
        ("甲,乙\n1,2\n".encode(), "list.csv", "一定要有姓名"),
        ("条码号,题名\n20001,夏洛的网\n".encode(), "list.csv", "这是图书目录"),
        (b"%PDF-1.7", "list.csv", "这是 PDF"),
        (b"x" * (4 << 20) + b"x", "list.csv", "文件太大"),
    ):
        status, page = chosen(console, content, name)
        assert (status, said in page) == (409, True), (name, page[-900:])
    assert chosen(console, b"x" * (7 << 20), "list.csv")[0] == 413
    for kept in ("???", "eJw=", "QUJD"):
        told = {"token": console.token, "kept": kept, "name": "list.csv"}
        assert console.client.post("/console/people/import", data=told).status_code == 409
    assert (everybody(record), acts(record)) == ({"ming", "hua"}, [])


def test_a_list_is_taken_whole_or_not_at_all(console, record, monkeypatch):
    lines = [f"{n},学生{n},学生,三年级1班,{3000000000 + n}" for n in range(2_500)]
    text = "学号,姓名,类别,班级,卡号\n" + "\n".join(lines) + "\n"
    console.signed_in().see("/console/people/import")
    _, page = chosen(console, text.encode(), "list.csv")
    assert "一共 2500 行" in page
    with record.begin() as conn:
        # The very last row of all cannot be written.
        conn.exec_driver_sql(
            "CREATE TRIGGER shut BEFORE INSERT ON cards WHEN NEW.number = '3000002499'"
            " BEGIN SELECT RAISE(ABORT, 'shut'); END"
        )
    console.client.application.config["PROPAGATE_EXCEPTIONS"] = False
    assert console.client.post("/console/people/import", data=fields(page)).status_code == 500
    assert everybody(record) == {"ming", "hua"}
    with record.begin() as conn:
        conn.exec_driver_sql("DROP TRIGGER shut")
    assert "导入好了" in console.client.post("/console/people/import", data=fields(page)).text
    assert len(everybody(record)) == 2_502


def test_a_new_year_is_shown_begun_and_not_begun_twice(console, record):
    assert "毕业离校" in console.signed_in().see("/console/people/year")
    page = console.see("/console/people/year?leave=3")
    form = fields(page[page.index('aria-labelledby="begin"') :]) | {"token": console.token}
    assert console.client.post("/console/people/year", data=form).status_code == 303
    again = console.see("/console/people/year?leave=3")
    assert "本学年已经开始" in again
    assert "升级并登记离校" not in again
    assert console.client.post("/console/people/year", data=form).status_code == 409
    assert "已离校" in console.see("/console/people/ming")
    assert [what for what, _, _ in acts(record)] == ["people"]
