"""The library's page for everybody: what it shows, to whom, and what it never shows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from config.central import Public
from sync.central.catalogue_search import index_all
from sync.central.cli_pages import make_app
from sync.central.db import Database
from sync.central.migrate import bring_up
from tests.central.fleet import Pen, enrol, publish_rules, push
from tests.central.line import HandClock
from tests.central.stock import stocked

ROWS = [("20001", "main", "1", "I20/1"), ("20002", "main", "2", "I20/2")]


@pytest.fixture(scope="module")
def record(tmp_path_factory) -> Iterator[Database]:
    tmp_path = tmp_path_factory.mktemp("central")
    db = Database(f"sqlite:///{tmp_path}/central.db")
    bring_up(db, tmp_path / "backups")
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


@pytest.mark.parametrize("typed", ["", "%22", "%00", "😀", "a" * 5000, "' OR 1=1 --"])
def test_any_text_may_be_typed(client, typed):
    assert client.get(f"/library/search?q={typed}").status_code == 200
    assert client.get(f"/library/title?id={typed}").status_code == 404
