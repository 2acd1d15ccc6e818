"""The pages of class boxes over a real record: scanned in, lent, noted, counted; what is missing is listed."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from sync.central import reading_lists
from sync.central.cli_pages import make_app
from sync.central.db import insert_many
from sync.central.desk import Desk
from sync.central.reading_lists import Head
from sync.central.schema import copies, patrons
from sync.central.staff import add_staff
from tests.central.fleet import SCHOOL, found_school, holder, publish_rules
from tests.central.line import HandClock
from tests.central.records import sqlite_record
from tests.sync.story import NOON
from tests.web_ui.console import PASSWORD, Console

CLASS = "三年级2班"
BARCODES = ("20001", "20002", "20003")


@pytest.fixture
def record(tmp_path):
    db = sqlite_record(tmp_path)
    found_school(db, barcodes=(*BARCODES, "20004"), people=("ming", "hua"))
    publish_rules(db)
    none = {"expires_on": None, "blocked": None, "gone_ms": None, "grade": None}
    with db.begin(SCHOOL) as conn:
        for login, role in (("li", "librarian"), ("wu", "assistant"), ("zhao", "viewer")):
            add_staff(conn, SCHOOL, login, f"{login}老师", role, PASSWORD)
        rows = [
            {
                "school": SCHOOL,
                "id": who,
                "name": name,
                "category": "teacher",
                "class_name": "",
                **none,
            }
            for who, name in (("t1", "王老师"), ("t2", "王红"), ("t3", "王红"))
        ]
        insert_many(conn, patrons, rows)
    yield db
    db.close()


@pytest.fixture
def console(record) -> Console:
    clock = HandClock()
    clock.ms = NOON
    return Console(make_app(record, clock, sign_in_ms=clock).test_client()).signed_in("wu")


def made(console: Console) -> str:
    """A box with three copies; its address."""
    console.see("/console/boxes/")
    status, page = console.send("/console/boxes/", name="三2班书箱")
    assert (status, "书箱建好了" in page) == (303, True)
    found = re.search(r'action="(/console/boxes/\w+)/in"', page)
    assert found is not None
    status, page = console.send(f"{found[1]}/in", barcodes="\n".join((*BARCODES, "77777")))
    assert (status, page.count("放进去了"), "不是本馆的条码" in page) == (200, 3, True)
    return found[1]


def test_a_box_is_filled_by_a_reading_list_with_what_is_on_the_shelf(console, record):
    with record.begin(SCHOOL) as conn:
        by = Desk(conn, SCHOOL, "wu", NOON)
        name = reading_lists.make(by, Head("共读", "陈老师", 3, 4))
        of = conn.execute(select(copies.c.title_id).where(copies.c.barcode == BARCODES[0])).scalar()
        reading_lists.add(by, name, [of])
    console.see("/console/boxes/")
    _, page = console.send("/console/boxes/", name="三2班书箱")
    box = re.search(r'action="(/console/boxes/\w+)/list"', page)
    assert box is not None
    status, page = console.send(f"{box[1]}/list", list=name, each="2")
    assert (status, "按书单放进了 2 本" in page, BARCODES[1] in page) == (303, True, True)
    status, page = console.send(f"{box[1]}/list", list=name, each="x")
    assert (status, "按书单放进了 1 本" in page) == (303, True)


def lent(console: Console, box: str) -> str:
    """The address of the loan."""
    console.see(box)
    form = {"teacher": "王老师", "class": CLASS, "due_on": "2026-12-18"}
    told = console.client.post(f"{box}/lend", data={"token": console.token, **form})
    assert told.status_code == 303, re.findall(r'role="alert">([^<]*)', told.text)
    assert "借出了 3 本" in console.see(told.location)
    return str(told.location).partition("?")[0]


def test_a_box_is_filled_lent_noted_counted_and_what_is_missing_is_listed(console, record):
    box = made(console)
    loan = lent(console, box)
    assert [holder(record, b) for b in BARCODES] == ["t1"] * 3
    notes = {f"has-{BARCODES[0]}": "ming", f"has-{BARCODES[1]}": ""}
    status, page = console.send(f"{loan}/notes", **notes)
    assert (status, "登记改了 1 处" in page) == (303, True)
    assert "✓" in console.see(f"{loan}/sheet")
    console.see(loan)
    scanned = f"{BARCODES[1]}, {BARCODES[2]} 20004"
    page = console.send(f"{loan}/back", barcodes=scanned)[1]
    assert (page.count("还回来了"), page.count("不是这箱里的书")) == (2, 1)
    assert "finish" in page
    status, page = console.send(f"{loan}/finish")
    assert (status, "1 本没有回来" in page) == (303, True)
    page = console.see("/console/boxes/missing")
    assert (BARCODES[0] in page, "ming" in page, "王老师" in page) == (True, True, True)
    assert console.send(f"{loan}/finish")[0] == 409


def test_a_name_that_several_have_lends_nothing_and_says_who_they_are(console, record):
    box = made(console)
    form = {"class": CLASS, "due_on": "2026-12-18"}
    status, page = console.send(f"{box}/lend", **form, teacher="王红")
    assert (status, "t2" in page, "t3" in page) == (409, True, True)
    assert console.send(f"{box}/lend", **form, teacher="t2")[0] == 303
    assert holder(record, BARCODES[0]) == "t2"
    console.see(box)
    assert console.send(f"{box}/lend", **form, teacher="t3")[0] == 409
    assert console.send(f"{box}/dissolve")[0] == 409


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("teacher", "nobody", "没有找到这位老师"),
        ("class", "九年级9班", "请选一个班级"),
        ("due_on", "soon", "请写借到哪一天"),
        ("due_on", "2026-11-01", "请写借到哪一天"),
    ],
)
def test_what_cannot_be_lent_says_why(console, field, value, why):
    box = made(console)
    form = {"teacher": "王老师", "class": CLASS, "due_on": "2026-12-18"} | {field: value}
    status, page = console.send(f"{box}/lend", **form)
    assert (status, why in page) == (409, True), re.findall(r'role="alert">([^<]*)', page)


def test_a_date_is_changed_and_a_pupil_of_another_class_is_not_noted(console):
    loan = lent(console, made(console))
    status, page = console.send(f"{loan}/prolong", due_on="2026-12-24")
    assert (status, "12月24日前还" in page) == (303, True)
    assert console.send(f"{loan}/prolong", due_on="x")[0] == 409
    status, page = console.send(f"{loan}/notes", **{f"has-{BARCODES[0]}": "t1"})
    assert (status, "登记没有保存" in page) == (409, True)


def test_copies_are_taken_out_and_a_box_is_renamed_and_taken_apart(console):
    box = made(console)
    page = console.send(f"{box}/out", copy=list(BARCODES[:2]))[1]
    assert ("已经拿出书箱" in page, BARCODES[0] in page, BARCODES[2] in page) == (True, False, True)
    assert "另一箱" in console.send(f"{box}/rename", name="另一箱")[1]
    status, page = console.send(f"{box}/dissolve")
    assert (status, "书箱拆掉了" in page) == (303, True)
    assert "没有这个书箱" in console.see(box)


def test_whoever_only_looks_sees_no_forms(console):
    loan = lent(console, made(console))
    console.signed_in("zhao")
    page = console.see(loan)
    assert ("王老师" in page, "<textarea" in page, "<select" in page) == (True, False, False)
    assert "<textarea" not in console.see("/console/boxes/")
