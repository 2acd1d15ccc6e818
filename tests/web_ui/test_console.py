"""The librarians' pages over a real record: who gets in, what a form may do, and the words for every code."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kiosk.domain import Act
from sync.central.cases import questions
from sync.central.cli_pages import make_app
from sync.central.db import Database, insert_many
from sync.central.schema import schools
from sync.central.staff import add_staff
from sync.continuity import Incident
from sync.events import CASES, Code
from sync.fold import NOT_THEIRS, NOTED, RETURNED, STAYS, WITHDRAW
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, holder, push
from tests.central.line import HandClock
from tests.central.records import sqlite_record
from tests.web_ui.console import PASSWORD, token_in
from tests.web_ui.console import sign_in as send_sign_in
from web_ui.catalogue import LANGUAGES, messages
from web_ui.console.cases import DONE

HOUR = 3_600_000


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def record(tmp_path, clock):
    db = sqlite_record(tmp_path)
    found_school(db, barcodes=("20001", "20002"), people=("ming", "hua"))
    with db.begin() as conn:
        add_staff(conn, SCHOOL, "li", "李老师", "librarian", PASSWORD)
    yield db
    db.close()


@pytest.fixture
def app(record, clock) -> Flask:
    return make_app(record, clock, sign_in_ms=clock)


@pytest.fixture
def client(app) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def signed_in(client) -> FlaskClient:
    assert sign_in(client).status_code == 303
    return client


def sign_in(client: FlaskClient, password: str = PASSWORD, login: str = "li"):
    return send_sign_in(client, login, password)


def clash(db: Database) -> None:
    """Two stations lend the same copy, and the clock of one is unsure."""
    one, two = Pen("s1"), Pen("s2")
    for pen in (one, two):
        enrol(db, pen.station)
    one.checkout("20001", "ming", at=HOUR)
    two.checkout("20001", "hua", at=HOUR - 60_000, unsure=True, boot="boot-2")
    push(db, one)
    push(db, two)


def forms(page: str) -> dict[str, str]:
    return {"token": token_in(page), **dict(re.findall(r'name="(facts)" value="([^"]*)"', page))}


def choices(page: str) -> list[str]:
    return re.findall(r'name="choice" value="([^"]*)"', page)


def case_in(db: Database) -> str:
    with db.read() as conn:
        (one,) = questions(conn, SCHOOL, open_only=False)
    return one.id


def test_nobody_sees_anything_before_signing_in(client, record):
    clash(record)
    case = case_in(record)
    for path in ("/", "/console/", "/console/digest", "/console/stations"):
        answer = client.get(path, follow_redirects=True)
        assert "ming" not in answer.text
        assert 'type="password"' in answer.text
    for path in (f"/console/cases/{case}/settle", f"/console/cases/{case}/undo"):
        assert client.post(path, data={"choice": "returned"}).status_code == 303
    assert holder(record, "20001") == "ming"


def test_a_wrong_password_and_a_wrong_login_are_answered_alike(client):
    wrong = sign_in(client, "not-the-password")
    nobody = sign_in(client, PASSWORD, login="nobody")
    assert (wrong.status_code, nobody.status_code) == (403, 403)
    # Each page has a form token of its own second.
    same = [
        page.text.replace(f'value="{login}"', "").replace(token_in(page.text), "")
        for page, login in ((wrong, "li"), (nobody, "nobody"))
    ]
    assert same[0] == same[1]


def test_five_wrong_tries_lock_the_account_for_five_minutes(client, clock):
    for _ in range(5):
        last = sign_in(client, "not-the-password")
    assert "5 分钟" in last.text
    assert sign_in(client).status_code == 403
    clock.ms += 5 * 60_000
    assert sign_in(client).status_code == 303


def test_each_further_lock_lasts_twice_as_long_until_a_good_password(client, clock):
    for minutes in (5, 10, 20):
        for _ in range(5):
            last = sign_in(client, "not-the-password")
        assert f"{minutes} 分钟" in last.text
        clock.ms += minutes * 60_000
    assert sign_in(client).status_code == 303
    client.delete_cookie("kiosk_console", path="/console/")
    for _ in range(5):
        last = sign_in(client, "not-the-password")
    assert "5 分钟" in last.text


def test_an_address_may_try_forty_times_in_ten_minutes(client, clock):
    for n in range(40):
        assert sign_in(client, "wrong", login=f"nobody{n}").status_code == 403
    assert sign_in(client).status_code == 429
    clock.ms += 10 * 60_000
    assert sign_in(client).status_code == 303


def test_a_sign_in_ends_when_nobody_was_there_for_half_an_hour(signed_in, clock):
    for _ in range(3):
        clock.ms += HOUR // 2 - 1
        assert signed_in.get("/console/").status_code == 200
    clock.ms += HOUR // 2
    assert signed_in.get("/console/").status_code == 303


def test_a_sign_in_ends_after_eight_hours_and_by_signing_out(signed_in, clock):
    page = signed_in.get("/console/").text
    for _ in range(23):
        clock.ms += HOUR // 3
        assert signed_in.get("/console/").status_code == 200
    clock.ms += HOUR // 3
    assert signed_in.get("/console/").status_code == 303
    sign_in(signed_in)
    token = forms(signed_in.get("/console/").text)["token"]
    assert token != forms(page)["token"]
    cookie = signed_in.get_cookie("kiosk_console", path="/console/")
    assert signed_in.post("/console/sign-out", data={"token": token}).status_code == 303
    signed_in.set_cookie("kiosk_console", cookie.value, path="/console/")
    assert signed_in.get("/console/").status_code == 303


def test_the_cookie_is_for_this_site_and_no_script(client):
    told = sign_in(client).headers["Set-Cookie"]
    assert "HttpOnly" in told
    assert "SameSite=Strict" in told
    assert "Secure" not in told
    beyond = client.get("/console/sign-in", headers={"Host": "library.school.example"})
    assert "Secure" in beyond.headers["Set-Cookie"]


def test_a_case_is_settled_and_taken_back(signed_in, record):
    clash(record)
    case, page = case_in(record), signed_in.get("/console/").text
    assert "《西游记》（20001）在两台机器上都有记录" in page
    assert "在 " in page
    assert "12月9日前还" in page
    assert choices(page) == ["stays s1:1:1", "stays s2:1:1", "returned"]
    told = {**forms(page), "choice": "stays s2:1:1"}
    answer = signed_in.post(f"/console/cases/{case}/settle", data=told)
    assert answer.headers["Location"].endswith("?done=settled")
    assert holder(record, "20001") == "hua"
    after = signed_in.get("/console/").text
    assert "没有要处理的事" in after
    assert "书在hua那里" in after
    undone = signed_in.post(f"/console/cases/{case}/undo", data=forms(after))
    assert undone.headers["Location"].endswith("?done=undone")
    assert holder(record, "20001") == "ming"
    assert "没有要处理的事" not in signed_in.get("/console/").text


def test_a_form_sent_twice_or_on_old_facts_settles_nothing(signed_in, record):
    clash(record)
    case, page = case_in(record), signed_in.get("/console/").text
    told = {**forms(page), "choice": "returned"}
    path = f"/console/cases/{case}/settle"
    old = signed_in.post(path, data={**told, "facts": "others"})
    assert old.headers["Location"].endswith("?done=changed")
    assert holder(record, "20001") == "ming"
    signed_in.post(path, data=told)
    again = signed_in.post(path, data={**told, "choice": "stays s1:1:1"})
    assert again.headers["Location"].endswith("?done=closed")
    assert holder(record, "20001") is None


def test_a_form_of_another_site_does_nothing(signed_in, record):
    clash(record)
    case, page = case_in(record), signed_in.get("/console/").text
    path, told = f"/console/cases/{case}/settle", {**forms(page), "choice": "returned"}
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        refused = signed_in.post(path, data=told, headers=headers)
        assert (refused.status_code, "不是从老师的工作台发出的" in refused.text) == (403, True)
    for token in ("", "wrong"):
        assert signed_in.post(path, data={**told, "token": token}).status_code == 403
    assert holder(record, "20001") == "ming"


@pytest.mark.parametrize("address", ["people/%00", "people/?q=a%00", "people/?%00=a"])
def test_a_text_that_no_database_takes_is_refused(signed_in, address):
    for language, said in (("zh", "存不下的字符"), ("en", "cannot be kept")):
        signed_in.get(f"/console/language/{language}")
        refused = signed_in.get(f"/console/{address}")
        assert (refused.status_code, said in refused.text) == (400, True)


def test_a_form_with_such_a_text_is_refused(client):
    form = {"school": "sunshine", "login": "li\0", "password": "x"}
    assert client.post("/console/sign-in", data=form).status_code == 400


def test_what_is_not_offered_cannot_be_chosen(signed_in, record):
    clash(record)
    case, page = case_in(record), signed_in.get("/console/").text
    path = f"/console/cases/{case}/settle"
    for choice in ("", "withdraw", "stays s9:1:1"):
        told = {**forms(page), "choice": choice}
        assert signed_in.post(path, data=told).status_code == 400
    no_case = signed_in.post("/console/cases/0000/settle", data=told)
    assert no_case.status_code == 404
    assert holder(record, "20001") == "ming"


def test_a_school_sees_its_own_cases_only(client, record):
    clash(record)
    told = {"id": "other", "name": "别的学校", "name_en": "", "time_zone": "Asia/Shanghai"}
    with record.begin() as conn:
        insert_many(conn, schools, [{**told, "position": 0, "feed_from": 0}])
        add_staff(conn, "other", "wu", "吴老师", "librarian", PASSWORD)
    assert send_sign_in(client, "wu", school="other").status_code == 303
    page = client.get("/console/").text
    assert "没有要处理的事" in page
    case = case_in(record)
    told = {**forms(page), "choice": "returned", "facts": ""}
    assert client.post(f"/console/cases/{case}/settle", data=told).status_code == 404
    assert "/console/stations/s1" not in client.get("/console/stations").text


def test_the_digest_tells_what_needs_no_decision(signed_in, record, clock):
    pen = Pen("s1")
    enrol(record, "s1")
    pen.checkin("20002", at=HOUR)
    push(record, pen, now=clock.ms)
    page = signed_in.get("/console/digest").text
    assert "还书时并没有借出的记录" in page
    assert "《西游记》（20002）" in page


def test_the_stations_are_listed_with_what_they_said(signed_in, record):
    enrol(record, "s1")
    page = signed_in.get("/console/stations").text
    assert "还没有联系过" in page
    assert "还没有联系过" in page


@pytest.mark.parametrize("path", ["/console/", "/console/sign-in", "/console/static/console.css"])
def test_every_answer_bears_the_strict_headers(signed_in, path):
    answer = signed_in.get(path)
    headers = answer.headers
    answer.close()
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "form-action 'self'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_and_choice_has_words(language):
    told = messages(language)
    for code in Code:
        assert told[f"console.{'case' if code in CASES else 'code'}.{code}"]
    named = [f"act.{act}" for act in Act]
    named += [f"choice.{kind}" for kind in (STAYS, RETURNED, NOT_THEIRS, NOTED, WITHDRAW)]
    named += [f"incident.{kind}" for kind in Incident]
    named += ["choice.stays_with", *(f"done.{done}" for done in DONE)]
    for name in named:
        assert told[f"console.{name}"]


def test_an_english_page_has_no_chinese_of_ours(signed_in, record):
    clash(record)
    signed_in.get("/console/language/en")
    for path in ("/console/", "/console/digest", "/console/stations"):
        page = signed_in.get(path).text
        for name in ("李老师", "西游记", "阳光学校", "中文"):
            page = page.replace(name, "")
        assert not re.search(r"[\u3400-\u9fff]", page), path
