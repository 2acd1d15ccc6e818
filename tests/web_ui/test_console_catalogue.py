"""The pages of the catalogue over a real record: what is found, written, taken in and given out, and kept from whom."""

from __future__ import annotations

import re
import time
from urllib.parse import quote

import cv2
import numpy
import pytest
from sqlalchemy import select

from sync.central.catalogue_search import index_titles, search
from sync.central.cli_pages import make_app
from sync.central.db import Database
from sync.central.schema import copies, holdings, pictures, titles
from sync.central.staff import add_staff
from sync.central.verify import faults
from tests.central.fleet import SCHOOL, found_school, publish_rules
from tests.central.line import HandClock
from tests.central.records import sqlite_record
from tests.central.test_catalogue_files import CSV
from tests.kiosk.imports.records import DREAM, iso2709
from tests.web_ui.console import PASSWORD, Console

LIST, TITLE = "/console/catalogue/", "/console/catalogue/title"


@pytest.fixture
def record(tmp_path):
    db = sqlite_record(tmp_path)
    found_school(db, barcodes=("00000001",), people=("ming",))
    publish_rules(db)
    with db.begin(SCHOOL) as conn:
        index_titles(conn, SCHOOL, ["t1"])
        for login, role in (("li", "librarian"), ("wu", "assistant"), ("zhao", "viewer")):
            add_staff(conn, SCHOOL, login, f"{login}老师", role, PASSWORD)
    yield db
    db.close()


@pytest.fixture
def console(record):
    clock = HandClock()
    made = Console(make_app(record, clock, sign_in_ms=clock).test_client())
    made.client.set_cookie("kiosk_console_language", "zh")
    return made.signed_in()


def listed(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="[^"]*">([^<]*)</a>', page)


def post_file(console: Console, path: str, content: bytes, name: str, **form: str):
    """As a browser sends it. Flask's client would leave a large file open."""
    fields = {"token": console.token, **form}
    head = "".join(
        f'--cut\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in fields.items()
    )
    file = f'--cut\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body = (head + file).encode() + content + b"\r\n--cut--\r\n"
    return console.client.post(path, data=body, content_type="multipart/form-data; boundary=cut")


def copy_of(db: Database, barcode: str):
    with db.read() as conn:
        return conn.execute(select(copies).where(copies.c.barcode == barcode)).one()


def state_of(db: Database, barcode: str):
    with db.read() as conn:
        return conn.execute(select(holdings).where(holdings.c.barcode == barcode)).one()


def test_a_book_that_is_not_found_is_written_down_and_then_found(console, record):
    page = console.see(f"{LIST}?q=hlm")
    assert "没有找到这样的书" in page
    console.see("/console/catalogue/new?q=红楼梦")
    status, page = console.send(
        "/console/catalogue/new",
        title="红楼梦",
        author="曹雪芹 著",
        isbn="7-02-000220-X",
        class_number="I242.4",
    )
    assert (status, "著录好了" in page) == (303, True)
    assert listed(console.see(f"{LIST}?q=hlm")) == ["红楼梦"]
    status, page = console.send("/console/catalogue/new", title="红楼梦", isbn="978-7-02-000220-7")
    assert (status, "已经有这本书了" in page) == (409, True)
    assert listed(console.see(LIST)) == ["西游记", "红楼梦"]


def test_a_wrong_isbn_is_asked_about_once(console):
    console.see("/console/catalogue/new")
    told = {"title": "狗", "isbn": "978-7-02-000220-8"}
    status, page = console.send("/console/catalogue/new", **told)
    assert (status, "校验位不对" in page) == (409, True)
    status, page = console.send("/console/catalogue/new", **told, sure="1")
    assert status == 303
    status, page = console.send("/console/catalogue/new", title="  ")
    assert status == 409


def test_copies_get_the_next_free_labels_and_their_own(console, record):
    page = console.see(f"{TITLE}?id=t1")
    told = {"id": "t1", "copy_type": "book", "room": "", "source": "donated", "donor": "李明"}
    told |= {"arrived_on": "2026-11-20", "call_number": "I242.4/3"}
    status, page = console.send("/console/catalogue/copies", **told, count="2")
    assert (status, "添加了 2 册" in page) == (303, True)
    assert listed(page) == ["00000001", "00000002", "00000003"]
    status, page = console.send("/console/catalogue/copies", **told, labels="00000009 00000008")
    assert status == 303
    assert copy_of(record, "00000009").donor == "李明"
    status, page = console.send("/console/catalogue/copies", **told, labels="00000009")
    assert (status, "00000009" in page) == (409, True)
    status, page = console.send("/console/catalogue/copies", **told, labels="12")
    assert (status, "样子不对" in page) == (409, True)
    status, page = console.send("/console/catalogue/copies", **told, count="0")
    assert status == 409
    page = console.see("/console/catalogue/donated")
    assert "李明" in page
    assert listed(page) == ["西游记"]
    page = console.see("/console/catalogue/arrivals?days=180")
    assert "没有分类号" not in page
    assert "I 类" in page
    assert list(faults(record)) == []


def test_where_a_copy_is_becomes_an_entry_and_is_shown(console, record):
    console.see("/console/catalogue/copy?barcode=00000001")
    for state, words in (
        ("mending", "修补中"),
        ("lost", "丢失"),
        ("withdrawn", "已剔旧"),
        ("on_shelf", "在架"),
    ):
        status, page = console.send("/console/catalogue/state", barcode="00000001", state=state)
        assert (status, words in page) == (303, True)
        assert state_of(record, "00000001").state == state
    status, page = console.send("/console/catalogue/state", barcode="00000001", state="in_library")
    assert "只在馆内看" in page
    assert not state_of(record, "00000001").lendable
    console.send("/console/catalogue/state", barcode="00000001", state="lendable")
    assert state_of(record, "00000001").lendable
    assert console.send("/console/catalogue/state", barcode="00000001", state="eaten")[0] == 400
    status, page = console.send(
        "/console/catalogue/copy",
        barcode="00000001",
        copy_type="pinyin",
        shelf="3A",
        arrived_on="2026-09-01",
    )
    assert (status, copy_of(record, "00000001").copy_type, copy_of(record, "00000001").shelf) == (
        303,
        "pinyin",
        "3A",
    )
    assert list(faults(record)) == []


def picture(kind: str, side: int = 900) -> bytes:
    dice = numpy.random.default_rng(1)
    drawn = dice.integers(0, 255, (side, side // 2, 4 if kind == ".png" else 3), numpy.uint8)
    return cv2.imencode(kind, drawn)[1].tobytes()


@pytest.mark.parametrize("kind", [".png", ".jpg", ".webp"])
def test_a_cover_is_made_small_and_anew_and_served_by_its_content(console, record, kind):
    console.see(f"{TITLE}?id=t1")
    content = picture(kind)
    if kind == ".jpg":
        content = content[:2] + b"\xff\xe1\x00\x10Exif\0\0GPS-HERE" + content[2:]
    told = post_file(console, "/console/catalogue/cover", content, f"c{kind}", id="t1")
    assert told.status_code == 303
    page = console.see(told.location)
    (address,) = re.findall(r'src="([^"]*/cover/[^"]*)"', page)
    answer = console.client.get(address)
    assert (answer.mimetype, answer.data[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    assert b"GPS-HERE" not in answer.data
    public = console.client.get(f"/covers/{SCHOOL}/{address.rsplit('/', 1)[1]}")
    assert (public.data, "immutable" in public.headers["Cache-Control"]) == (answer.data, True)
    assert console.client.get(f"/covers/other/{address.rsplit('/', 1)[1]}").status_code == 404
    seen = cv2.imdecode(numpy.frombuffer(answer.data, numpy.uint8), cv2.IMREAD_COLOR)
    assert seen is not None
    assert seen.shape == (640, 320, 3)
    console.send("/console/catalogue/cover", id="t1", without="1")
    with record.read() as conn:
        assert conn.execute(select(pictures)).all() == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"GIF89a" + bytes(100), "不是 PNG"),
        (b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + b"\x00\x00\xff\xff" * 2 + bytes(50), "长宽太大"),
        (picture(".png", 40)[:60], "不是 PNG"),
        (bytes((5 << 20) + 1), "太大了"),
    ],
    ids=["a GIF", "a giant by its own word", "half a picture", "too many bytes"],
)
def test_what_is_no_cover_is_refused(console, content, words):
    console.see(f"{TITLE}?id=t1")
    told = post_file(console, "/console/catalogue/cover", content, "c.png", id="t1")
    assert (told.status_code, words in told.text) == (409, True)


def send_file(console: Console, content: bytes, name: str, **form: str) -> str:
    """The page of the job, once nobody works on it any more."""
    console.see("/console/catalogue/import")
    told = post_file(console, "/console/catalogue/import", content, name, **form)
    assert told.status_code == 303, told.text
    return waited(console, told.location)


def waited(console: Console, address: str) -> str:
    for _ in range(600):
        answer = console.client.get(address)
        if "Refresh" not in answer.headers:
            return console.see(address)
        time.sleep(0.05)
    raise AssertionError("the import does not come to an end")


def job_of(page: str) -> str:
    return re.findall(r"/console/catalogue/import/(\w{16})", page)[0]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        pytest.param(CSV.encode("gb18030"), "书.csv", id="CSV in GB18030"),
        pytest.param(iso2709(DREAM), "books.mrc", id="MARC"),
    ],
)
def test_a_file_goes_in_through_the_browser_and_the_same_comes_out(console, record, content, name):
    page = send_file(console, content.replace(b"00000001", b"00000011"), name)
    assert "还没有改动任何东西" in page
    with record.read() as conn:
        assert search(conn, SCHOOL, "hlm").hits == ()
    if name == "书.csv":
        assert "没有收下" in page
        job = job_of(console.see("/console/catalogue/import"))
        rows = console.client.get(f"/console/catalogue/import/{job}/rows").text
        assert "第 4 行\t没有收下\t条码“abc”的样子不对" in rows
        console.see(f"/console/catalogue/import/{job}")
    job = job_of(page + console.see("/console/catalogue/import"))
    console.see(f"/console/catalogue/import/{job}")
    told = console.client.post(f"/console/catalogue/import/{job}/go", data={"token": console.token})
    page = waited(console, told.location)
    assert "导入好了" in page
    assert listed(console.see(f"{LIST}?q=hlm")) == ["红楼梦"]
    for form in ("csv", "csv-gb18030", "xlsx", "marc21", "cnmarc", "cnmarc-gb18030"):
        answer = console.client.get(f"/console/catalogue/export/{form}")
        assert answer.status_code == 200
        again = send_file(console, answer.data, _named(answer))
        table = re.findall(r'<td class="n">(\d+)</td>', again)
        assert table[:2] + table[3:5] == ["0", "0", "0", "0"], form


def _named(answer) -> str:
    return re.findall(r'filename="([^"]+)"', answer.headers["Content-Disposition"])[0]


def test_what_no_import_can_take_is_told(console):
    console.see("/console/catalogue/import")
    for name, content, words in (("a.docx", b"x", "不能导入"), ("", b"", "没有选文件")):
        told = post_file(console, "/console/catalogue/import", content, name)
        assert (told.status_code, words in told.text) == (409, True)
    assert "没有找到列名" in send_file(console, b"a,b\n1,2\n", "a.csv")
    assert console.client.get("/console/catalogue/import/0000").status_code == 404


def test_labels_are_printed_for_what_was_asked(console, record):
    answer = console.client.get("/console/catalogue/labels/print?first=00000001&last=00000001")
    assert answer.status_code == 200
    assert "unsafe-inline" in answer.headers["Content-Security-Policy"]
    assert "西游记" in answer.text
    assert "<svg" in answer.text
    page = console.client.get("/console/catalogue/labels/print?first=00000001&kind=spine")
    assert page.status_code == 409
    assert "no call number" in page.text
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
    assert console.client.get("/console/catalogue/labels/print?first=99999999").status_code == 409
    with record.begin(SCHOOL) as conn:
        conn.execute(copies.update().values(call_number="I242.4/3"))
    page = console.client.get(
        "/console/catalogue/labels/print?call_first=I242&call_last=I242&kind=spine"
    )
    assert (page.status_code, "I242" in page.text) == (200, True)


def test_a_viewer_only_looks(record):
    clock = HandClock()
    seen = Console(make_app(record, clock, sign_in_ms=clock).test_client()).signed_in("zhao")
    page = seen.see(f"{TITLE}?id=t1")
    assert "00000001" in page
    assert "/console/catalogue/copies" not in page
    assert seen.client.get("/console/catalogue/import").status_code == 403
    assert seen.client.get("/console/catalogue/export/csv").status_code == 200


def test_a_title_without_copies_is_deleted_and_one_with_copies_stays(console, record):
    console.see("/console/catalogue/new")
    console.send("/console/catalogue/new", title="空书")
    with record.read() as conn:
        key = conn.execute(select(titles.c.id).where(titles.c.title == "空书")).scalar_one()
    page = console.see(f"{TITLE}?id={quote(key)}")
    assert "删除这本书" in page
    assert console.send("/console/catalogue/remove", id="t1")[0] == 409
    status, page = console.send("/console/catalogue/remove", id=key)
    assert (status, "已经删除" in page) == (303, True)
    assert listed(console.see(f"{LIST}?q=空书")) == []
    assert console.client.get(f"{TITLE}?id={quote(key)}").status_code == 404
