"""The pages of cases and of the digest: filters, who settled what, undo with its place kept, day by day."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import update

from sync.central.case_lists import PAGE
from sync.central.cli_pages import make_app
from sync.central.schema import patrons, staff
from sync.central.staff import add_staff
from sync.events import CASES, Code
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, push
from tests.central.line import HandClock
from tests.central.records import sqlite_record
from tests.web_ui.console import PASSWORD, Console
from web_ui.catalogue import LANGUAGES, messages

DAY = 24 * 3_600_000


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def record(tmp_path, clock):
    """Three cases at two stations, by two pupils of two classes; the oldest is ten days old."""
    db = sqlite_record(tmp_path)
    found_school(db, barcodes=("20001",), people=("ming", "hua"))
    with db.begin() as conn:
        conn.execute(update(patrons).where(patrons.c.id == "hua").values(class_name="四年级1班"))
        for login in ("li", "wang"):
            add_staff(conn, SCHOOL, login, f"{login}老师", "librarian", PASSWORD)
        add_staff(conn, SCHOOL, "zhao", "zhao老师", "viewer", PASSWORD)
    for station, patron, ago in (("s1", "ming", 10), ("s2", "hua", 2)):
        pen = Pen(station)
        enrol(db, station)
        pen.checkout(f"9000{station[1]}", patron, at=0)
        push(db, pen, now=clock.ms - ago * DAY)
    yield db
    db.close()


@pytest.fixture
def console(record, clock):
    return Console(make_app(record, clock, sign_in_ms=clock).test_client())


def shown(page: str) -> list[str]:
    return re.findall(r'<article class="case" id="case-(\w+)"', page)


def test_the_inbox_is_filtered_by_kind_station_reader_class_and_age(console):
    both = shown(console.signed_in().see("/console/"))
    assert len(both) == 2
    for asked, count in (
        ("kind=unknown_item", 2), ("kind=hold_taken", 0), ("kind=nonsense", 2), ("station=s2", 1),
        ("who=hua", 1), ("who=nobody", 0), ("class=四年级1班", 1), ("age=7", 1), ("age=30", 0),
        ("class=四年级1班&station=s1", 0),
    ):  # fmt: skip
        page = console.see(f"/console/?{asked}")
        assert len(shown(page)) == count, asked
        assert ("没有符合的" in page) == (count == 0), asked
    assert 'value="四年级1班"' in console.see("/console/?class=四年级1班")


def test_settling_keeps_the_filter_and_who_settled_what_is_listed(console, record):
    page = console.signed_in("wang").see("/console/?station=s1")
    (case,) = shown(page)
    facts = re.findall(r'name="facts" value="([^"]*)"', page)[0]
    back = re.findall(r'name="back" value="([^"]*)"', page)[0]
    status, page = console.send(
        f"/console/cases/{case}/settle", facts=facts, back=back, choice="noted", **{"from": "inbox"}
    )
    assert status == 303
    assert "处理好了" in page
    assert shown(page) == []
    assert re.search(r'value="s1" selected', page)
    page = console.see("/console/settled")
    assert "wang老师，" in page
    today = date(2026, 12, 25)
    for asked, count in (
        ("staff=wang", 1), ("staff=li", 0), (f"from={today}", 1), (f"to={today}", 1),
        (f"to={today - timedelta(1)}", 0), (f"from={today + timedelta(1)}", 0), ("from=nonsense", 1),
        ("station=s2", 0), ("who=ming", 1),
    ):  # fmt: skip
        assert console.see(f"/console/settled?{asked}").count('id="done-') == count, asked
    page = console.see(f"/console/cases/{case}")
    assert "wang老师，" in page
    with record.begin() as conn:
        conn.execute(update(staff).where(staff.c.login == "li").values(name="wang老师"))
    # Of two with one name, the login says which.
    assert "wang老师 (wang)，" in console.see(f"/console/cases/{case}")
    assert '/settle"' not in page
    status, page = console.send(
        f"/console/cases/{case}/undo", **{"from": "settled", "back": "staff=wang"}
    )
    assert "撤回了" in page
    assert 'id="done-' not in page
    assert shown(console.see("/console/?station=s1")) == [case]


def test_whoever_only_looks_sees_the_evidence_and_no_answers(console):
    page = console.signed_in("zhao").see("/console/")
    assert len(shown(page)) == 2
    assert '/settle"' not in page


def test_more_cases_than_a_page_holds_are_reached_by_its_link(console, record, clock):
    pen = Pen("s3")
    enrol(record, "s3")
    for n in range(PAGE + 5):
        pen.checkout(f"8{n:04}", "ming", at=n)
    push(record, pen, now=clock.ms)
    page = console.signed_in().see("/console/?station=s3")
    first = shown(page)
    following = re.findall(r'rel="next" href="([^"]*)"', page)[0].replace("&amp;", "&")
    second = shown(console.see(following))
    assert (len(first), len(second), len({*first, *second})) == (PAGE, 5, PAGE + 5)


def test_the_digest_goes_from_day_to_day_within_thirty_days(console, record, clock):
    pen = Pen("s4")
    enrol(record, "s4")
    pen.checkin("20001", at=0)
    push(record, pen, now=clock.ms - 3 * DAY)
    page = console.signed_in().see("/console/digest")
    assert "一切正常" in page
    assert "后一天" not in page
    for _ in range(3):
        earlier = re.findall(r'href="(/console/digest\?day=[^"]*)"', page)[0]
        page = console.see(earlier.replace("&amp;", "&"))
    assert "还书时并没有借出的记录" in page
    assert "后一天" in page
    day = re.findall(r'name="day" value="([^"]*)"', page)[0]
    assert "《西游记》" in console.see(f"/console/digest?day={day}&kind=return_not_on_loan")
    assert "《西游记》" not in console.see(f"/console/digest?day={day}&kind=clock")
    # Older ones were closed by rule, later ones have not come.
    oldest = console.see("/console/digest?day=2020-01-01")
    assert 'value="2026-11-26"' in oldest
    assert "前一天" not in oldest


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_case_has_a_short_name(language):
    told = messages(language)
    assert all(told[f"console.kind.{code}"] for code in Code if code in CASES)
