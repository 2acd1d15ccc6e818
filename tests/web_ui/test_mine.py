"""A reader's own page under /library, and the PINs that librarians issue for it: what each shows, and what never."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from config.central import Public
from kiosk.entry import parse
from sync.central.asked import FORM_MS, SPAN_MS, TRIES, may_try
from sync.central.cli_pages import make_app
from sync.central.db import Database
from sync.central.pin_tables import asked
from sync.central.pins import come_in, draw, issue
from sync.central.schema import entries
from sync.central.staff import add_staff
from tests.central.fleet import SCHOOL, Pen, enrol, publish_rules, push
from tests.central.line import HandClock
from tests.central.records import sqlite_record
from tests.central.stock import desk, stocked
from tests.sync.story import NOON
from tests.web_ui.console import PASSWORD, Console

ROWS = [(f"2000{n}", "main", "1", "I20/1") for n in range(1, 5)]


@pytest.fixture
def clock() -> HandClock:
    clock = HandClock()
    clock.ms = NOON + 3_600_000
    return clock


@pytest.fixture
def record(tmp_path) -> Iterator[Database]:
    """小明 (card 10001) has borrowed three books, one again and renewed, and has brought one back."""
    db = sqlite_record(tmp_path)
    stocked(db, ROWS, people=("小明", "小华"))
    publish_rules(db)
    with db.begin(SCHOOL) as conn:
        desk(conn).issue_card("小明", "10001")
        for role in ("librarian", "assistant", "viewer"):
            add_staff(conn, SCHOOL, role, role, role, PASSWORD)
    pen = Pen("s1")
    enrol(db, "s1")
    pen.checkout("20001", "小明", at=0)
    pen.checkout("20002", "小明", at=1_000)
    pen.checkout("20003", "小明", at=2_000, due_on="2026-11-20")
    pen.checkin("20002", at=3_000)
    pen.checkout("20004", "小华", at=4_000)
    push(db, pen)
    yield db
    db.close()


@pytest.fixture
def digits(record) -> str:
    drawn = draw(["小明"])
    with record.begin(SCHOOL) as conn:
        issue(desk(conn), drawn)
    return drawn[0].digits


@pytest.fixture
def client(record, clock) -> FlaskClient:
    return make_app(record, clock, sign_in_ms=clock).test_client()


def ask(client: FlaskClient, card: str, pin: str, *, lang: str = "zh", **more: Any) -> TestResponse:
    page = client.get(f"/library/mine?lang={lang}", **more).text
    once = re.search(r'name="once" value="(\w+)"', page)
    assert once is not None
    form = {"card": card, "pin": pin, "once": once[1]}
    return client.post(f"/library/mine?lang={lang}", data=form, **more)


def test_card_and_pin_show_loans_due_dates_and_the_terms_count_and_nobody_else(client, digits):
    told = ask(client, "10001", digits)
    assert told.status_code == 200
    shown = re.findall(r"<li[^>]*><b>(.*?)</b>\s*<p>(.*?)</p>", told.text, re.DOTALL)
    due = {title: re.sub(r"<[^>]*>", "", words).strip() for title, words in shown}
    assert due.keys() == {"书20001", "书20003"}
    assert due["书20001"] == "12月9日 星期三前还"
    assert due["书20003"].startswith("该还了 应在11月20日 星期五前还")
    assert "这学期借了 3 本（目标 2 本）" in told.text
    assert ["小明" in told.text, "小华" in told.text, "10001" in told.text] == [True, False, False]
    english = ask(client, "10001", digits, lang="en").text
    assert ["3 books this term (goal: 2)" in english, "Due on" in english] == [True, True]


def test_nothing_stays_in_the_browser_and_the_page_closes_by_itself(client, digits):
    told = ask(client, "10001", digits)
    assert told.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in told.headers
    assert told.headers["Refresh"] == "180; url=/library/?lang=zh"
    assert "<script" not in told.text
    # Sent again, as a browser does that goes back, it shows nothing.
    page = client.get("/library/mine").text
    once = re.findall(r'name="once" value="(\w+)"', page)[0]
    form = {"card": "10001", "pin": digits, "once": once}
    first, again = (client.post("/library/mine", data=form) for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 409)
    assert "书20001" not in again.text
    assert client.post("/library/mine", data={**form, "once": ""}).status_code == 409
    assert client.get(f"/library/mine?card=10001&pin={digits}").text.count("书2000") == 0


def test_a_wrong_card_and_a_wrong_pin_are_answered_alike_until_they_lock(client, digits, clock):
    def told(card: str) -> tuple[int, str]:
        answer = ask(client, card, "000000")
        return answer.status_code, re.sub(r'value="\w+"', "", answer.text)

    for _ in range(5):
        answers = {told(card) for card in ("10001", "99999", "")}
        assert len(answers) == 1
        status, page = answers.pop()
        assert status == 403
    assert "请过 5 分钟再试" in page
    assert ask(client, "10001", digits).status_code == 403
    clock.ms += 5 * 60_000 + 1
    assert ask(client, "10001", digits).status_code == 200


def test_an_address_that_only_tries_is_asked_to_wait_and_a_class_is_not(client, digits):
    for _ in range(TRIES + 5):
        assert ask(client, "10001", digits).status_code == 200
    for n in range(TRIES):
        assert ask(client, f"9{n:04}", "000000").status_code == 403
    assert ask(client, "10001", digits).status_code == 429
    elsewhere: dict[str, Any] = {"environ_base": {"REMOTE_ADDR": "10.0.0.2"}}
    assert ask(client, "10001", digits, **elsewhere).status_code == 200


def test_several_processes_count_tries_together_and_answer_a_form_once(record, clock, digits):
    both = [make_app(record, clock, sign_in_ms=clock).test_client() for _ in range(2)]
    for n in range(TRIES):
        assert ask(both[n % 2], f"9{n:04}", "000000").status_code == 403
    assert [ask(one, "10001", digits).status_code for one in both] == [429, 429]
    clock.ms += SPAN_MS
    once = re.findall(r'name="once" value="(\w+)"', both[0].get("/library/mine").text)[0]
    form = {"card": "10001", "pin": digits, "once": once}
    told = [both[n % 2].post("/library/mine", data=form).status_code for n in range(TRIES * 2)]
    assert (told[0], set(told[1:])) == (200, {409}), "whoever sends it again is not locked out"
    clock.ms += FORM_MS
    with record.begin() as conn:
        may_try(conn, "pin", "10.0.0.9", clock())
        kept = conn.execute(select(asked.c.n)).scalars().all()
    assert kept == [1], "nothing is kept for longer than it counts"


@pytest.mark.parametrize(
    ("headers", "size"),
    [({"Origin": "http://evil.example"}, 0), ({"Sec-Fetch-Site": "cross-site"}, 0), ({}, 3_000)],
)
def test_another_site_and_a_large_form_get_nothing(client, digits, headers, size):
    form = {"card": "10001", "pin": digits, "once": "a", "more": "x" * size}
    told = client.post("/library/mine", data=form, headers=headers)
    assert told.status_code == (413 if size else 403)
    assert "书20001" not in told.text


def test_beyond_the_schools_network_there_is_no_such_page(client, digits):
    form = {"card": "10001", "pin": digits, "once": "a"}
    told = client.post("/library/mine", data=form, environ_base={"REMOTE_ADDR": "8.8.8.8"})
    assert told.status_code == 404


def test_what_is_kept_for_the_reader_and_what_is_looked_into_are_told(client, digits, record):
    with record.begin(SCHOOL) as conn:
        desk(conn).place_hold("of-20002", "小明")
        conn.exec_driver_sql(
            "UPDATE holds SET barcode = '20002', keep_until = '2026-11-30' WHERE title_id = 'of-20002'"
        )
        conn.exec_driver_sql("UPDATE loans SET claimed_ms = 1 WHERE barcode = '20003'")
    page = ask(client, "10001", digits).text
    assert "在预约架上，留到11月30日 星期一，请来取。" in page
    assert "正在核对这一本" in page
    assert "该还了" not in page


def test_there_is_no_count_without_a_term_a_goal_or_a_grade(client, digits, record, clock):
    with record.begin(SCHOOL) as conn:
        conn.exec_driver_sql(
            "UPDATE rules SET text = replace(text, 'loans_per_term = 2', 'loans_per_term = 0')"
        )
    assert "这学期" not in ask(client, "10001", digits).text
    with record.begin(SCHOOL) as conn:
        conn.exec_driver_sql(
            "UPDATE rules SET text = replace(text, 'loans_per_term = 0', 'loans_per_term = 2.5')"
        )
    assert "目标 2.5 本" in ask(client, "10001", digits).text
    with record.begin(SCHOOL) as conn:
        conn.exec_driver_sql("UPDATE patrons SET grade = NULL")
    assert "这学期" not in ask(client, "10001", digits).text


# In the console.


@pytest.fixture
def console(client) -> Console:
    return Console(client).signed_in("assistant")


def shown_pin(page: str) -> str:
    found = re.search(r'class="pin">(\d{3}) (\d{3})<', page)
    assert found is not None, page
    return found[1] + found[2]


def test_a_pin_is_shown_once_works_at_once_and_is_noted_without_its_digits(console, record):
    assert "还没有查询密码" in console.see("/console/people/小明")
    status, page = console.send("/console/people/小明/pin")
    pin = shown_pin(page)
    assert status == 200
    assert come_in(record, SCHOOL, "10001", pin, NOON) == "小明"
    page = console.see("/console/people/小明")
    assert ["换一个新的" in page, pin in page] == [True, False]
    again = shown_pin(console.send("/console/people/小明/pin")[1])
    assert come_in(record, SCHOOL, "10001", again, NOON) == "小明"
    console.see("/console/people/小明")
    assert "收回了，不能再用" in console.send("/console/people/小明/pin/withdraw")[1]
    assert come_in(record, SCHOOL, "10001", again, NOON) != "小明"
    with record.read() as conn:
        bodies = list(conn.execute(entries.select().where(entries.c.station == "desk")))
    told = [(one.value, one.staff) for one in (parse(row.body) for row in bodies)][-3:]
    assert told == [("PIN issued", "assistant")] * 2 + [("PIN withdrawn", "assistant")]
    assert not any(pin in row.body or again in row.body for row in bodies)


def test_a_class_gets_strips_for_those_with_a_card_and_later_only_the_new_ones(client, record):
    console = Console(client).signed_in("librarian")
    page = console.see("/console/people/pins?class=三年级2班")
    assert "1 位同学有借书证，其中 1 位还没有查询密码" in page
    assert "还没有借书证，先不发（1）" in page
    status, sheet = console.send("/console/people/pins/print", **{"class": "三年级2班"})
    assert (status, sheet.count("<section>"), "小明" in sheet) == (200, 1, True)
    assert come_in(record, SCHOOL, "10001", shown_pin(sheet), NOON) == "小明"
    assert "localhost" not in sheet
    with record.begin(SCHOOL) as conn:
        desk(conn).issue_card("小华", "10002")
    console.see("/console/people/pins?class=三年级2班")
    _, later = console.send("/console/people/pins/print", **{"class": "三年级2班"})
    assert ["小华" in later, "小明" in later] == [True, False]
    console.see("/console/people/pins?class=三年级2班")
    _, every = console.send("/console/people/pins/print", **{"class": "三年级2班", "all": "1"})
    assert every.count("<section>") == 2


def test_the_strips_name_the_address_that_readers_type(client, record):
    console = Console(client)
    headers: dict[str, Any] = {"base_url": "http://library.school.example:8090"}
    page = client.get("/console/sign-in", **headers).text
    token = re.findall(r'name="token"[^>]* value="([^"]*)"', page)[0]
    form = {"token": token, "login": "librarian", "password": PASSWORD}
    client.post("/console/sign-in", data=form, **headers)
    page = client.get("/console/people/pins?class=三年级2班", **headers).text
    console.token = re.findall(r'name="token"[^>]* value="([^"]*)"', page)[0]
    form = {"token": console.token, "class": "三年级2班"}
    sheet = client.post("/console/people/pins/print", data=form, **headers).text
    assert "打开 library.school.example:8090/library/mine" in sheet


@pytest.mark.parametrize("public", [Public(enabled=False), Public(school="elsewhere")])
def test_where_the_page_is_shut_none_is_issued_and_the_console_says_why(
    record, clock, digits, public
):
    console = Console(make_app(record, clock, sign_in_ms=clock, public=public).test_client())
    console.signed_in("librarian")
    for path in ("/console/people/小明", "/console/people/pins"):
        page = console.see(path)
        assert "图书馆页面没有开放" in page
        assert "发查询密码" not in page
    console.see("/console/people/小明")
    assert console.send("/console/people/小明/pin")[0] == 409
    # What is there can be withdrawn.
    assert console.send("/console/people/小明/pin/withdraw")[0] == 303
