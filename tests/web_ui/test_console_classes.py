"""The pages of classes and of cards to print: a whole class borrows, a copy for each; sheets, and who gets none."""

from __future__ import annotations

import re
from datetime import date

import pytest

from sync.central.cli_pages import make_app
from sync.central.db import insert_many
from sync.central.desk import Desk
from sync.central.schema import cards, patrons
from sync.central.staff import add_staff
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, holder, publish_rules, push
from tests.central.line import HandClock
from tests.central.records import sqlite_record
from tests.sync.story import NOON
from tests.web_ui.console import PASSWORD, Console

CLASS = "三年级2班"
BARCODES = ("20001", "20002", "20003")
CARDS = {"ming": "0000010001", "hua": "0000010002"}


@pytest.fixture
def record(tmp_path):
    db = sqlite_record(tmp_path)
    found_school(db, barcodes=BARCODES, people=("hua", "jun", "ming"))
    publish_rules(db)
    with db.begin(SCHOOL) as conn:
        for login, role in (("li", "librarian"), ("zhao", "viewer")):
            add_staff(conn, SCHOOL, login, f"{login}老师", role, PASSWORD)
        rows = [
            {"school": SCHOOL, "number": number, "patron_id": who, "state": "active"}
            for who, number in CARDS.items()
        ]
        insert_many(conn, cards, rows)
    yield db
    db.close()


@pytest.fixture
def console(record) -> Console:
    clock = HandClock()
    # A Wednesday, within the lunch break.
    clock.ms = NOON
    return Console(make_app(record, clock, sign_in_ms=clock).test_client()).signed_in()


def scan(console: Console, text: str, pupil: str = "") -> str:
    told = {"class": CLASS, "pupil": pupil, "scan": text}
    return console.send("/console/classes/borrow", **told)[1]


def heading(page: str) -> str:
    found = re.search(r'<input type="hidden" name="pupil" value="(\w*)">', page)
    return found[1] if found else ""


def test_a_class_borrows_in_a_row_card_books_card_books(console, record):
    assert CLASS in console.see("/console/classes/")
    page = console.see(f"/console/classes/borrow?class={CLASS}")
    assert "请先扫一位同学的证" in scan(console, BARCODES[0])
    pupil = heading(scan(console, CARDS["ming"]))
    assert pupil == "ming"
    page = scan(console, BARCODES[0], pupil)
    assert ("借好了" in page, holder(record, BARCODES[0])) == (True, "ming")
    assert "没有借出" in scan(console, "77777", pupil)
    pupil = heading(scan(console, CARDS["hua"], pupil))
    scan(console, BARCODES[1], pupil)
    assert holder(record, BARCODES[1]) == "hua"
    page = console.see(f"/console/classes/one?class={CLASS}")
    assert "3 名学生，在借 2 本" in page
    with record.begin(SCHOOL) as conn:
        Desk(conn, SCHOOL, "li", NOON).card_state(CARDS["ming"], "lost")
    assert "这张证不能用了" in scan(console, CARDS["ming"], pupil)


def test_each_gets_a_copy_in_the_order_of_the_list_and_the_absent_none(console, record):
    s1 = Pen("s1")
    enrol(record, "s1")
    for n in range(3):
        s1.checkout(f"9000{n}", "ming", at=n - 600_000)
    push(record, s1)
    console.see(f"/console/classes/give?class={CLASS}")
    sent = {"class": CLASS, "barcodes": "\n".join(BARCODES), "pupil": ["hua", "ming"]}
    page = console.send("/console/classes/give", **sent)[1]
    assert "多了 1 本书" in page
    laid = dict(re.findall(r'name="copy-(\w+)" value="(\w+)"', page))
    assert laid == {"hua": BARCODES[0], "ming": BARCODES[1]}
    pairs = {f"copy-{who}": barcode for who, barcode in laid.items()}
    page = console.send("/console/classes/give", go="1", **{"class": CLASS}, **pairs)[1]
    assert (page.count("借好了"), holder(record, BARCODES[0])) == (2, "hua")


def test_cards_of_a_class_are_the_sheets_of_the_command_and_who_gets_none_is_told(console):
    page = console.see(f"/console/people/cards?class={CLASS}")
    assert ("可以印 2 张" in page, "jun" in page, "没有在用的证" in page) == (True, True, True)
    told = console.client.get(f"/console/people/cards/print?class={CLASS}&backs=1&start=3")
    assert told.status_code == 200
    policy = told.headers["Content-Security-Policy"]
    assert ("script" in policy, "default-src 'none'" in policy) == (False, True)
    sheet = told.text
    assert (sheet.count("<section>"), CARDS["ming"] in sheet, "jun" in sheet) == (2, True, False)
    only = console.client.get("/console/people/cards/print?patron=hua").text
    assert (CARDS["hua"] in only, CARDS["ming"] in only) == (True, False)
    assert console.client.get("/console/people/cards/print?patron=jun").status_code == 409


def test_an_expired_patron_is_printed_only_by_name(console, record):
    with record.begin(SCHOOL) as conn:
        ends = patrons.update().where(patrons.c.id == "ming").values(expires_on=date(2020, 1, 1))
        conn.execute(ends)
    assert "已经过期" in console.see(f"/console/people/cards?class={CLASS}")
    assert "可以印 1 张" in console.see("/console/people/cards?patron=ming")


def test_old_numbers_are_masked_and_a_viewer_sees_none(console, record):
    with record.begin(SCHOOL) as conn:
        Desk(conn, SCHOOL, "li", NOON).replace_card(CARDS["ming"], "0000010009")
    page = console.see("/console/people/ming")
    assert (CARDS["ming"] in page, "0000010009" in page) == (False, True)
    page = console.signed_in("zhao").see("/console/people/ming")
    assert ("0000010009" in page, "••••••••09" in page) == (False, True)
    assert console.client.get(f"/console/people/cards?class={CLASS}").status_code == 403


def test_a_card_that_nobody_has_is_told_to_the_desk_in_full_and_masked_to_others(console, record):
    s1 = Pen("s1")
    enrol(record, "s1")
    s1.checkout(BARCODES[0], "card:1234567890", at=0)
    push(record, s1)
    assert "没有登记的证（1234567890）" in console.see("/console/")
    page = console.signed_in("zhao").see("/console/")
    assert ("1234567890" in page, "没有登记的证（••••••••90）" in page) == (False, True)


def test_the_major_stands_on_the_pages_of_people(console, record):
    with record.begin(SCHOOL) as conn:
        conn.execute(patrons.update().where(patrons.c.id == "ming").values(major="护理"))
    assert "护理" in console.see("/console/people/ming")
    assert "护理" in console.see("/console/people/")
