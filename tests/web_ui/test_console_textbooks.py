"""The pages of textbooks over a real record: planned by class, counted, listed, handed out; and who may do which."""

from __future__ import annotations

import csv
import io
import re

import pytest
from openpyxl import load_workbook

from sync.central.cli_pages import make_app
from sync.central.db import Database, insert_many
from sync.central.schema import patrons
from sync.central.staff import add_staff
from sync.central.textbook_lists import order_of, orders
from tests.central.fleet import SCHOOL, found_school, publish_rules
from tests.central.line import HandClock
from tests.central.records import sqlite_record
from tests.web_ui.console import PASSWORD, Console

AUTUMN = "2026-09-01"
CLASSES = ("三年级1班", "三年级2班", "四年级1班")


@pytest.fixture
def record(tmp_path):
    db = sqlite_record(tmp_path)
    found_school(db)
    publish_rules(db)
    none = {"expires_on": None, "blocked": None, "gone_ms": None}
    with db.begin(SCHOOL) as conn:
        for login, role in (("li", "librarian"), ("wu", "assistant"), ("zhao", "viewer")):
            add_staff(conn, SCHOOL, login, f"{login}老师", role, PASSWORD)
        rows = [
            {"school": SCHOOL, "id": f"p{n}", "name": f"学生{n}", "category": "student", **none}
            | {"grade": int("334"[n % 3]), "class_name": CLASSES[n % 3]}
            for n in range(6)
        ]
        insert_many(conn, patrons, rows)
    yield db
    db.close()


@pytest.fixture
def console(record) -> Console:
    clock = HandClock()
    return Console(make_app(record, clock, sign_in_ms=clock).test_client())


def planned(console: Console, title: str = "语文三上", **more: str) -> str:
    """Enter a textbook and plan it for the classes of its grade; its id."""
    console.signed_in().see("/console/textbooks/new")
    form = {"term": AUTUMN, "title": title, "subject": "语文", "grade": "3", "publisher": "人教社"}
    status, page = console.send("/console/textbooks/new", **form, **more)
    assert status == 303
    found = re.search(r'action="/console/textbooks/book/(\w+)/plan"', page)
    assert found is not None
    # The classes of its grade are ticked already.
    assert re.findall(r'name="class" value="([^"]*)" checked', page) == list(CLASSES[:2])
    plan = f"/console/textbooks/book/{found[1]}/plan"
    ticked = {"class": list(CLASSES[:2])}
    assert console.send(plan, term=AUTUMN, teachers="1", **ticked)[0] == 303
    return found[1]


def order(record: Database, name: str):
    with record.read() as conn:
        return order_of(conn, SCHOOL, AUTUMN, name)


def test_a_textbook_is_entered_planned_ordered_and_short(console, record):
    name = planned(console)
    console.see("/console/textbooks/")
    counts = {f"ordered-{name}": "8", f"delivered-{name}": "4", f"spare-{name}": "2"}
    status, page = console.send(
        "/console/textbooks/", term=AUTUMN, **counts, **{f"carried-{name}": ""}
    )
    assert (status, "保存好了" in page) == (303, True)
    told = order(record, name)
    assert (told.needed, told.ordered, told.short) == (8, 8, 4)


def test_what_is_no_number_changes_nothing(console, record):
    name = planned(console)
    for bad in ("-1", "many", "100000"):
        console.see("/console/textbooks/")
        status, page = console.send("/console/textbooks/", term=AUTUMN, **{f"ordered-{name}": bad})
        assert (status, "什么也没有改" in page) == (409, True)
    assert order(record, name).ordered == 0
    console.see("/console/textbooks/new")
    assert console.send("/console/textbooks/new", title=" ", subject="语文")[0] == 409
    with record.read() as conn:
        assert len(orders(conn, SCHOOL, AUTUMN)[0]) == 1


def test_the_order_list_is_printed_and_sent_out_by_subject_and_by_class(console):
    planned(console, title="=1+1")
    page = console.see(f"/console/textbooks/print?term={AUTUMN}&by=class")
    assert all(name in page for name in CLASSES[:2])
    assert CLASSES[2] not in page
    assert "=1+1" in console.see(f"/console/textbooks/print?term={AUTUMN}")
    told = console.client.get(f"/console/textbooks/file?term={AUTUMN}&kind=csv")
    head, row = csv.reader(io.StringIO(told.data.decode("utf-8-sig")))
    assert (head[0], row[:3], row[8]) == ("学科", ["语文", "'=1+1", "人教社"], "6")
    told = console.client.get(f"/console/textbooks/file?term={AUTUMN}&kind=xlsx&by=class")
    sheet = load_workbook(io.BytesIO(told.data)).active
    assert sheet is not None
    rows = list(sheet.iter_rows())
    assert [row[0].value for row in rows[1:]] == list(CLASSES[:2])
    assert {row[2].data_type for row in rows[1:]} == {"s"}


def test_a_class_is_handed_its_books_the_absent_stay_open_and_mistakes_are_undone(console, record):
    name = planned(console, reused="1")
    console.signed_in("wu")
    sheet = f"/console/textbooks/class?term={AUTUMN}&class={CLASSES[0]}"
    page = console.see(sheet)
    ticked = re.findall(r'name="pupil" value="(\w+)" checked', page)
    assert ticked == ["p0", "p3"]
    form = {"term": AUTUMN, "class": CLASSES[0], "book": name}
    status, page = console.send("/console/textbooks/class", **form, act="hand_out", pupil="p0")
    assert (status, "发了 1 本" in page) == (303, True)
    assert re.findall(r'name="pupil" value="(\w+)" checked', page) == ["p3"]
    page = console.see(f"/console/textbooks/classes?term={AUTUMN}")
    assert re.search(rf'{CLASSES[0]}</a></th>\s*<td class="n">1</td><td class="n">3</td>', page)
    console.see(sheet)
    assert (
        "收回了 1 本"
        in console.send("/console/textbooks/class", **form, act="take_back", pupil="p0")[1]
    )
    console.send("/console/textbooks/class", **form, act="hand_out", pupil="p3")
    console.see(sheet)
    page = console.send("/console/textbooks/class", **form, act="not_handed", pupil="p3")[1]
    assert "1 本改成没有发" in page
    form |= {"teachers_handed": "1"}
    assert "教师用书已发 1 本" in console.send("/console/textbooks/class/teachers", **form)[1]
    assert (order(record, name).handed, order(record, name).returned) == (2, 1)
    assert console.send("/console/textbooks/class", **form, act="eat")[0] == 400


def test_what_was_handed_out_is_not_dropped(console, record):
    name = planned(console)
    form = {"term": AUTUMN, "class": CLASSES[0], "book": name, "pupil": "p0"}
    console.send("/console/textbooks/class", **form, act="hand_out")
    console.see(f"/console/textbooks/book/{name}")
    status, page = console.send(f"/console/textbooks/book/{name}/drop", term=AUTUMN)
    assert (status, "不能拿掉" in page) == (409, True)
    console.send("/console/textbooks/class", **form, act="not_handed")
    status, page = console.send(f"/console/textbooks/book/{name}/drop", term=AUTUMN)
    assert (status, "还没有要订的教材" in page) == (303, True)


def test_whoever_only_looks_sees_the_lists_and_no_forms(console):
    name = planned(console)
    console.signed_in("zhao")
    page = console.see(f"/console/textbooks/?term={AUTUMN}")
    assert ("语文三上" in page, f"ordered-{name}" in page) == (True, False)
    page = console.see(f"/console/textbooks/class?term={AUTUMN}&class={CLASSES[0]}")
    assert ("学生0" in page, "checkbox" in page) == (True, False)
    assert console.see("/console/textbooks/book/none").count("没有这种教材") == 1
