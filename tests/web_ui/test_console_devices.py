"""The pages of stations and of today: who needs a person, codes, names, revoking; what waits, and what comes first."""

from __future__ import annotations

import json
import re

import pytest
from msgspec import structs
from sqlalchemy import update

from kiosk.entry import parse
from kiosk.signs import Condition, Sign
from sync.central.cli_pages import make_app
from sync.central.db import Database
from sync.central.heartbeats import note_heartbeat
from sync.central.schema import entries, lineages, stations
from sync.central.staff import add_staff
from sync.wire import Hello
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, publish_rules, push
from tests.central.line import HandClock
from tests.central.records import sqlite_record
from tests.web_ui.console import PASSWORD, Console
from web_ui.catalogue import LANGUAGES, messages, placeholders

DAY = 24 * 3_600_000
HELLO = Hello(
    school=SCHOOL,
    station="s1",
    epoch=1,
    token="t" * 43,
    last_seq=0,
    head="",
    boot="b",
    mono_ms=1,
    hardware="h",
    software="1",
    entry_version=1,
    cursor=0,
)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def record(tmp_path):
    db = sqlite_record(tmp_path)
    found_school(db, barcodes=("20001", "20002"), people=("ming",))
    with db.begin() as conn:
        for login, role in (("li", "librarian"), ("wu", "assistant"), ("gu", "maintainer")):
            add_staff(conn, SCHOOL, login, f"{login}老师", role, PASSWORD)
    yield db
    db.close()


@pytest.fixture
def console(record, clock):
    return Console(make_app(record, clock, sign_in_ms=clock).test_client()).signed_in()


def heard(db: Database, station: str, at_ms: int, **health: str) -> None:
    """As if the station had said HELLO then."""
    enrol(db, station)
    with db.begin() as conn:
        told = {"seen_ms": at_ms, "health": json.dumps(health)}
        conn.execute(update(stations).where(stations.c.id == station).values(told))


def light(page: str) -> str:
    found = re.search(r'class="light (\w+)"', page)
    return found[1] if found else ""


def test_a_station_is_added_and_its_code_is_shown_with_a_qr_code(console):
    status, page = console.send("/console/stations", id="hall-2", name="二楼", room="")
    assert status == 200
    assert re.search(r'class="code-shown">[0-9A-Z]{4}-[0-9A-Z]{4}<', page)
    assert "<svg" in page
    assert "还没有登记" in console.see("/console/stations/hall-2")
    assert console.send("/console/stations", id="hall-2", name="又一台", room="")[0] == 409
    for bad in ("desk", "Hall", "../x", ""):
        assert console.send("/console/stations", id=bad, name="名", room="")[0] == 409


def test_what_a_station_said_makes_its_light(console, record, clock):
    heard(record, "s1", clock.ms, **{"part scanner books": "scanner_ok", "unsent": "0"})
    assert light(console.see("/console/stations")) == "green"
    heard_again = {"part printer": "printer_doubt", "part store": "store_ok", "free_mb": "73913"}
    with record.begin() as conn:
        conn.execute(update(stations).values(health=json.dumps(heard_again)))
    assert light(console.see("/console/stations")) == "yellow"
    assert "还有 72.2 GB 空间" in console.see("/console/stations/s1")
    with record.begin() as conn:
        conn.execute(update(stations).values(health='{"part scanner books": "scanner_trouble"}'))
    page = console.see("/console/stations/s1")
    assert light(page) == "red"
    assert "看看插头和电源" in page


def test_what_a_station_told_lately_stands_on_its_page_with_the_hours_it_was_silent(
    console, record, clock
):
    enrol(record, "s1")
    assert light(console.see("/console/stations/s1")) == "yellow"
    assert "还没有联系过" in console.see("/console/stations/s1")
    hour = 3_600_000
    said = ((5 * hour, {"part printer": "printer_trouble"}), (0, {"part printer": "printer_ok"}))
    for ago_ms, health in said:
        with record.begin(SCHOOL) as conn:
            note_heartbeat(conn, structs.replace(HELLO, health=health), clock.ms - ago_ms)
    page = console.see("/console/stations/s1")
    rows = re.findall(r"<tr><td.*?</tr>", page.partition('id="history"')[2], re.DOTALL)
    assert ["都正常" in row for row in rows] == [True, False, False]
    assert re.search("在这之前有 5 ?小时 没有联系", rows[1])
    assert "打印机" in rows[2]


def test_a_silent_station_turns_yellow_and_then_red(console, record, clock):
    heard(record, "s1", clock.ms, unsent="3")
    clock.ms += DAY + 1
    console.signed_in()
    page = console.see("/console/stations")
    assert light(page) == "yellow"
    assert "还有 3 条记录没有传" in page
    clock.ms += 6 * DAY + 1
    console.signed_in()
    assert light(console.see("/console/stations")) == "red"


def test_a_station_is_renamed_revoked_and_every_act_is_written_down(console, record):
    enrol(record, "s1")
    console.see("/console/stations/s1")
    assert console.send("/console/stations/s1/name", name="大厅自助机", room="")[0] == 303
    page = console.send("/console/stations/s1/revoke")[1]
    assert "停用了" in page
    with record.read() as conn:
        bodies = conn.execute(entries.select().with_only_columns(entries.c.body)).scalars()
        told = [(e.value, e.staff) for e in map(parse, bodies)]
    assert told == [
        ("station s1 is called 大厅自助机, in no room", "li"),
        ("station s1 revoked", "li"),
    ]
    assert console.send("/console/stations/s1/code")[0] == 404
    assert console.send("/console/stations/nobody/revoke")[0] == 404


def test_of_two_computers_with_one_disk_a_librarian_chooses(console, record):
    enrol(record, "s1")
    enrol(record, "s1", epoch=2)
    with record.begin() as conn:
        conn.execute(update(lineages).where(lineages.c.epoch == 2).values(parked=True))
    page = console.see("/console/stations/s1")
    assert "第 2 段的那台才是真的" in page
    assert console.send("/console/stations/s1/choose", epoch="2")[0] == 303
    assert "才是真的" not in console.see("/console/stations/s1")


def test_an_assistant_gives_codes_and_may_not_revoke(record, clock):
    enrol(record, "s1")
    other = Console(make_app(record, clock, sign_in_ms=clock).test_client()).signed_in("wu")
    page = other.see("/console/stations/s1")
    assert "stations/s1/revoke" not in page
    assert other.send("/console/stations/s1/revoke")[0] == 403
    assert other.send("/console/stations/s1/code")[0] == 200


def test_today_says_what_comes_first(console, record, clock):
    page = console.see("/console/today")
    assert "还没有发布图书馆的规则" in page
    publish_rules(record)
    page = console.see("/console/today")
    assert "没有等着要办的事" in page or "假期和调休只写到" in page
    assert "借阅大厅" in page
    pen = Pen("s1")
    enrol(record, "s1")
    pen.checkout("20001", "ming", at=0)
    push(record, pen)
    clock.ms += 60 * DAY
    console.signed_in()
    page = console.see("/console/today")
    assert "有 1 本书逾期没还" in page


def test_a_maintainer_begins_at_the_stations(record, clock):
    other = Console(make_app(record, clock, sign_in_ms=clock).test_client()).signed_in("gu")
    assert other.client.get("/console/today").status_code == 403


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_condition_of_the_hardware_is_told_with_what_a_record_knows(language):
    for condition in Condition:
        if Sign(condition, "").part in ("scanner", "printer", "store"):
            assert placeholders(messages(language)[f"staff.sign.{condition}.what"]) <= {"free"}
