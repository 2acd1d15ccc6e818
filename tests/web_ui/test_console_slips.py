"""The code on a slip leads to its entry, loan and cases; where it is not here, the page says where it may be."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update

from kiosk.entry import proof
from sync.central.cli_pages import make_app
from sync.central.proofs import find_proof, note_proofs, read_code
from sync.central.reports.stopping import never
from sync.central.schema import stations
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
        add_staff(conn, SCHOOL, "li", "李老师", "librarian", PASSWORD)
        add_staff(conn, SCHOOL, "zhao", "赵老师", "viewer", PASSWORD)
    yield db
    db.close()


@pytest.fixture
def console(record, clock):
    return Console(make_app(record, clock, sign_in_ms=clock).test_client())


def code_of(pen: Pen, seq: int) -> str:
    return proof(pen.wires[seq - 1].hash)


def test_a_slip_leads_to_the_return_its_loan_and_no_case(console, record):
    pen = Pen("s1")
    enrol(record, "s1")
    pen.checkout("20001", "ming", at=0)
    pen.checkin("20001", at=HOUR, patron="ming")
    push(record, pen)
    code = code_of(pen, 2)
    page = console.signed_in("zhao").see(f"/console/slip?code={code.lower()}")
    assert f"屏幕上告诉读者：还好了，小票号码 {code}" in page
    assert "这次借阅：ming，" in page
    assert "归还。" in page
    assert "《西游记》（20001）" in page
    assert "没有和这条记录有关的事" in page
    assert 'href="/console/people/ming"' in page


def test_a_slip_of_a_clash_leads_to_its_case(console, record):
    one, two = Pen("s1"), Pen("s2")
    for pen, patron in ((one, "ming"), (two, "hua")):
        enrol(record, pen.station)
        pen.checkout("20001", patron, at=0, unsure=pen is two, boot=f"boot-{pen.station}")
        push(record, pen)
    page = console.signed_in().see(f"/console/slip?code={code_of(two, 1)}")
    case = re.search(r'href="/console/cases/(\w+)"', page)
    assert case is not None
    assert "分不清先后" in page
    assert "要处理" in page
    assert "分不清先后" in console.see(f"/console/cases/{case[1]}")


def test_what_a_station_has_not_sent_is_told_plainly(console, record, clock):
    pen = Pen("s1")
    for station in ("s1", "s2"):
        enrol(record, station)
    pen.checkout("20001", "ming", at=0)
    code = code_of(pen, 1)
    said = {"seen_ms": clock.ms, "health": '{"unsent": 3}', "name": "一楼大厅"}
    with record.begin() as conn:
        conn.execute(update(stations).where(stations.c.id == "s1").values(said))
        quiet = {"seen_ms": clock.ms, "health": '{"unsent": 0}', "name": "二楼"}
        conn.execute(update(stations).where(stations.c.id == "s2").values(quiet))
    page = console.signed_in().see(f"/console/slip?code={code}")
    assert f"收到的记录里没有 {code} 这个号码" in page
    assert re.search(r'一楼大厅</th><td>.*</td><td class="n">3</td>', page)
    assert "二楼" not in page
    with record.begin() as conn:
        conn.execute(update(stations).values(quiet))
    assert "各台机器的记录都到齐了" in console.see(f"/console/slip?code={code}")
    push(record, pen)
    assert "《西游记》（20001）" in console.see(f"/console/slip?code={code}")


def test_a_slip_from_before_a_new_epoch_names_the_entry_that_was_written_again(record):
    first, second = Pen("s1"), Pen("s1", epoch=2)
    enrol(record, "s1", epoch=2)
    key = first.checkout("20001", "ming", at=0)
    second.checkout("20001", "ming", at=0, origin=f"{key} {first.wires[0].hash}")
    push(record, second)
    assert note_proofs(record, SCHOOL)
    with record.read() as conn:
        for pen in (first, second):
            (found,) = find_proof(conn, SCHOOL, code_of(pen, 1))
            assert (found.seen.key.epoch, found.barcode) == (2, "20001")
        assert find_proof(conn, "other", code_of(first, 1)) == []


def test_codes_are_noted_in_portions_and_each_once(record):
    pen = Pen("s1")
    enrol(record, "s1")
    for n in range(5):
        pen.checkin("20001", at=n * HOUR)
    push(record, pen)
    asked = iter([False, True])
    assert note_proofs(record, SCHOOL, lambda: next(asked)) or note_proofs(record, SCHOOL, never)
    assert note_proofs(record, SCHOOL)
    with record.read() as conn:
        assert all(len(find_proof(conn, SCHOOL, code_of(pen, n))) == 1 for n in range(1, 6))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [(" 7qk2m9 ", "7QK2M9"), ("7QK-2MO", "7QK2M0"), ("iL0000", "110000"), ("7QK2M", ""), ("", "")],
)
def test_letters_are_read_as_somebody_reads_them_off_paper(typed, meant):
    assert read_code(typed) == meant


def test_a_code_in_the_search_of_people_leads_to_slips(console, record):
    enrol(record, "s1")
    page = console.signed_in().see("/console/people/?q=7qk2m9")
    assert 'href="/console/slip?code=7QK2M9"' in page
    assert 'href="/console/slip?code=7QK2M9"' in console.see("/console/circulation/?q=7qk2m9")
    assert "/console/slip?code" not in console.see("/console/people/?q=王小")
    assert "这不像小票上的号码" in console.see("/console/slip?code=123")
