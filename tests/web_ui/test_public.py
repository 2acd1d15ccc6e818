"""The library's page for everybody: what it shows, to whom, and what it never shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from threading import Thread

import httpx
import pytest
from flask.testing import FlaskClient

from config.central import Public
from kiosk.activities import Activity
from kiosk.posts import BookList, Notice, Post
from kiosk.voice_posts import Answer
from sync.central import reading_lists
from sync.central.catalogue_search import index_all
from sync.central.cli_pages import make_app
from sync.central.cli_serve import Server
from sync.central.db import Database
from sync.central.list_posts import keep_up
from sync.central.posts import put, read_posts, standing
from sync.central.reading_lists import Head
from sync.central.staff import add_staff
from tests.central.fleet import SCHOOL, Pen, enrol, publish_rules, push
from tests.central.line import HandClock
from tests.central.records import sqlite_record
from tests.central.stock import desk, stocked
from tests.web_ui.console import PASSWORD, Console
from web_ui.public.door import PAGES

ROWS = [("20001", "main", "1", "I20/1"), ("20002", "main", "2", "I20/2")]


@pytest.fixture(scope="module")
def record(tmp_path_factory) -> Iterator[Database]:
    db = sqlite_record(tmp_path_factory.mktemp("central"))
    stocked(db, ROWS, people=("小明", "小华"))
    publish_rules(db)
    with db.begin() as conn:
        index_all(conn)
    pen = Pen("s1")
    enrol(db, "s1")
    pen.checkout("20001", "小明", at=0)
    push(db, pen)
    yield db
    db.close()


def client_of(db: Database, public: Public | None = None) -> FlaskClient:
    clock = HandClock()
    return make_app(db, clock, sign_in_ms=clock, public=public).test_client()


@pytest.fixture(scope="module")
def client(record) -> FlaskClient:
    return client_of(record)


def test_a_title_is_found_by_first_letters_of_pinyin_and_says_what_is_in(client):
    page = client.get("/library/search?q=s20002").text
    assert "书20002" in page
    assert "共 1 本，在架 1 本" in page
    lent = client.get("/library/title?id=of-20001&lang=zh").text
    assert "共 1 本，在架 0 本" in lent
    assert "现在不在架" in lent


def test_the_first_page_tells_the_week_with_today_marked(client):
    page = client.get("/library/").text
    assert page.count('<th scope="row">') == 7
    assert page.count('aria-current="date"') == 1
    assert "11:30–12:30" in page


def test_the_address_or_the_browser_says_in_which_language(client):
    assert "Opening hours" in client.get("/library/?lang=en").text
    assert "Opening hours" in client.get("/library/", headers={"Accept-Language": "en"}).text
    assert "本周开放时间" in client.get("/library/").text
    assert "lang=en" in client.get("/library/search?q=s20002&lang=en").text


@pytest.mark.parametrize("path", ["/library/", "/library/search?q=s", "/library/title?id=of-20001"])
def test_no_page_names_a_person_sets_a_cookie_or_runs_a_script(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    assert "小明" not in answer.text
    assert "<script" not in answer.text
    assert "Set-Cookie" not in answer.headers
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("10.1.2.3", 200), ("192.168.1.9", 200), ("::ffff:10.1.2.3", 200), ("fd00::1", 200),
        ("8.8.8.8", 404), ("2001:db8::1", 404), ("::ffff:8.8.8.8", 404),
    ],
)  # fmt: skip
def test_beyond_the_schools_network_there_is_no_such_page(client, address, status):
    told = {"REMOTE_ADDR": address}
    # What a header says of the address counts for nothing.
    sent = {"X-Forwarded-For": "10.0.0.1"}
    assert client.get("/library/", environ_base=told, headers=sent).status_code == status


def test_it_can_be_switched_off_and_shows_only_the_school_it_was_told(record):
    assert client_of(record, Public(enabled=False)).get("/library/").status_code == 404
    assert client_of(record, Public(school="elsewhere")).get("/library/").status_code == 404


@pytest.mark.parametrize("typed", ["", "%22", "😀", "a" * 5000, "' OR 1=1 --"])
def test_any_text_may_be_typed(client, typed):
    assert client.get(f"/library/search?q={typed}").status_code == 200
    assert client.get(f"/library/title?id={typed}").status_code == 404


def test_a_text_that_no_database_takes_is_refused(client):
    for language, said in (("zh", "存不下的字符"), ("en", "cannot be kept")):
        refused = client.get(f"/library/search?q=%00&lang={language}")
        assert (refused.status_code, said in refused.text) == (400, True)
    assert client.get("/library/title?id=a%00").status_code == 400


# Behind a proxy.


def test_behind_a_proxy_who_asks_is_whom_the_proxy_names_last(record):
    public = Public(proxy="127.0.0.1")
    server = Server(make_app(record, HandClock(), public=public), "127.0.0.1", 0, proxy="127.0.0.1")
    thread = Thread(target=server.run)
    thread.start()
    try:
        with httpx.Client(base_url=server.url, trust_env=False) as http:

            def status(*said: str) -> int:
                sent = [("X-Forwarded-For", one) for one in said]
                return http.get("library/", headers=sent).status_code

            assert [status("10.1.2.3"), status("8.8.8.8"), status("10.0.0.1, 8.8.8.8")] == [
                200,
                404,
                404,
            ]
            # A proxy that does not say for whom it asks opens nothing.
            assert status() == 404
    finally:
        server.close()
        thread.join()


def test_who_looks_at_pages_without_end_is_asked_to_wait_and_nobody_else_is(record):
    client = client_of(record)
    seen = {client.get("/library/list").status_code for _ in range(PAGES)}
    assert seen == {404}
    last = client.get("/library/?lang=en")
    assert (last.status_code, "in a few minutes" in last.text) == (429, True)
    assert client.get("/library/", environ_base={"REMOTE_ADDR": "10.0.0.2"}).status_code == 200


# What is put up.


def test_what_the_console_puts_up_is_shown_while_it_stands(record):
    clock = HandClock()
    client = make_app(record, clock, sign_in_ms=clock).test_client()
    with record.begin(SCHOOL) as conn:
        add_staff(conn, SCHOOL, "li", "李老师", "librarian", PASSWORD)
    console = Console(client).signed_in()
    page = console.see("/console/notices/")
    # Two forms of the same fields stand there: each label leads to a field of its own form.
    labelled, ids = re.findall(r' for="([^"]+)"', page), re.findall(r' id="([^"]+)"', page)
    assert len(labelled) == len(set(labelled)) > 12
    assert set(labelled) <= set(ids)
    days = {"from_on": "2020-01-01", "until_on": "2099-01-01"}
    sent = {"text": "期末请还书", "text_en": "Bring all back", "on_page": "y", **days}
    later = {**sent, "text": "以后再说", "from_on": "2098-01-01"}
    away = {key: value for key, value in sent.items() if key != "on_page"} | {"text": "只在借还机"}
    event = {"name": "讲故事", "place": "大厅", "from_on": "2098-12-01", "on_page": "y"}
    for kind, form in (("notice", sent), ("notice", later), ("notice", away), ("event", event)):
        assert console.send(f"/console/notices/{kind}", **form)[0] == 303
    status, refused = console.send("/console/notices/notice", **{**sent, "until_on": "2019-01-01"})
    assert (status, "结束的日子不能早于开始的日子" in refused) == (409, True)
    page = client.get("/library/").text
    shown = {word: word in page for word in ("期末请还书", "讲故事", "以后再说", "只在借还机")}
    assert list(shown.values()) == [True, True, False, False]
    assert "Bring all back" in client.get("/library/?lang=en").text
    with record.read() as conn:
        (post,) = [
            one for one in standing(conn, SCHOOL, Notice, date(2026, 11, 25))
            if one.body.text == "期末请还书"
        ]  # fmt: skip
    assert 'value="2099-01-01"' in console.see(f"/console/notices/?notice={post.id}")
    assert console.send("/console/notices/notice", id=post.id, **{**sent, "text": "改了"})[0] == 303
    assert [
        "期末请还书" in client.get("/library/").text,
        "改了" in client.get("/library/").text,
    ] == [False, True]
    assert console.send("/console/notices/notice/end", id=post.id)[0] == 303
    assert "改了" not in client.get("/library/").text


def test_a_reading_list_is_put_up_when_it_changes_and_taken_down_with_it(record):
    client = client_of(record)
    with record.begin(SCHOOL) as conn:
        winter = reading_lists.make(desk(conn), Head("冬天读的书", "王老师", 3, 4))
        reading_lists.add(desk(conn), winter, ["of-20001", "of-20002"], {"of-20001": "插图很美"})
        hidden = reading_lists.make(desk(conn), Head("老师自己用", shown=False))
        reading_lists.add(desk(conn), hidden, ["of-20002"])
    page = client.get("/library/").text
    assert [word in page for word in ("冬天读的书", "王老师", "老师自己用")] == [True, True, False]
    told = client.get(f"/library/list?id=list-{winter}").text
    assert [word in told for word in ("书20001", "插图很美", "现在不在架", "3 至 4 年级")] == [
        True
    ] * 4
    with record.begin(SCHOOL) as conn:
        reading_lists.take_away(desk(conn), winter)
    assert client.get(f"/library/list?id=list-{winter}").status_code == 404


def test_new_books_are_kept_up_by_the_housekeeping_and_written_only_when_they_change(record):
    with record.begin(SCHOOL) as conn:
        conn.exec_driver_sql("UPDATE copies SET arrived_on = '2026-11-20' WHERE barcode = '20002'")
        for _ in range(2):
            keep_up(desk(conn))
        post = read_posts(conn, SCHOOL, BookList, ["new-books"])["new-books"]
        told = conn.exec_driver_sql(
            "SELECT count(*), max(position) FROM feed WHERE key = 'new-books'"
        ).one()
        keep_up(desk(conn))
        again = conn.exec_driver_sql(
            "SELECT count(*), max(position) FROM feed WHERE key = 'new-books'"
        ).one()
    assert [one.title_id for one in post.body.titles] == ["of-20002"]
    assert told == again


def test_answers_of_the_suggestion_box_and_when_a_book_is_expected_are_told(record):
    with record.begin(SCHOOL) as conn:
        put(
            desk(conn),
            [Post("a", Answer(asked="想看更多漫画", text="已经买了"), date(2026, 11, 1))],
        )
        planned = Activity(name="故事会", theme="冬天", class_name="三年级2班", place="阅览室")
        put(desk(conn), [Post("b", planned, date(2026, 12, 30), date(2026, 12, 30))])
        conn.exec_driver_sql("UPDATE loans SET due_on = '2026-12-09'")
    client = client_of(record)
    page = client.get("/library/").text
    assert ["想看更多漫画" in page, "已经买了" in page] == [True, True]
    assert re.search(r"故事会.*12月30日.*阅览室 · 三年级2班", page, re.DOTALL)
    assert "12月9日" in client.get("/library/title?id=of-20001").text
    assert "9 December" in client.get("/library/title?id=of-20001&lang=en").text
