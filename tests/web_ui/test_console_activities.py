"""The pages of reading activities over a real record: planned, changed, essays noted, saved as a file, cancelled."""

from __future__ import annotations

import re

import pytest

from kiosk.domain import Act
from sync.central.cli_pages import make_app
from sync.central.staff import add_staff
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, publish_rules, push
from tests.central.line import HandClock
from tests.central.records import sqlite_record
from tests.web_ui.console import PASSWORD, Console

HERE = "/console/activities/"


@pytest.fixture
def record(tmp_path):
    db = sqlite_record(tmp_path)
    found_school(db, barcodes=("20001",), people=("p1",))
    publish_rules(db)
    with db.begin(SCHOOL) as conn:
        for login, role in (("li", "assistant"), ("zhao", "viewer")):
            add_staff(conn, SCHOOL, login, f"{login}老师", role, PASSWORD)
    yield db
    db.close()


@pytest.fixture
def console(record):
    clock = HandClock()
    return Console(make_app(record, clock, sign_in_ms=clock).test_client())


def plan(console: Console, **more: str) -> str:
    console.see(HERE)
    told = {"name": "走近大自然", "of": "small", "from_on": "2026-11-25", "theme": "自然"} | more
    answer = console.client.post(HERE, data={"token": console.token, **told})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def test_an_activity_is_planned_changed_and_shows_who_came(record, console):
    here = plan(console.signed_in("li"))
    enrol(record, "s1")
    pen = Pen("s1")
    name = here.rsplit("/", 1)[-1]
    pen.write(Act.ATTEND, None, "p1", at=0, value=name)
    pen.write(Act.USE, "20001", "p1", at=1, value=name)
    push(record, pen)
    page = console.see(here)
    assert "刷卡签到 1 人，读书 1 册。" in page
    assert "老师点数" not in page.partition("<form")[0]
    pen.write(Act.ATTEND, None, "p1", at=2, value=name, text="36")
    push(record, pen)
    assert "老师点数 36 人。" in console.see(here)
    assert "三年级2班" in page
    status, page = console.send(
        here, name="走近大海", of="large", from_on="2026-11-25", pupils="80"
    )
    assert status == 303
    assert "老师点数 80 人。" in page
    assert "走近大海" in console.see(HERE)
    status, page = console.send(f"{here}/away")
    assert "走近大海" not in page


def test_essays_are_noted_saved_as_a_file_and_deleted(console):
    here = plan(console.signed_in("li"), of="essay")
    console.see(here)
    status, page = console.send(
        f"{here}/essays", title="=我的书", author="p1", received_on="2026-11-25"
    )
    assert (status, "=我的书" in page) == (303, True)
    told = console.client.get(f"{here}/essays.csv").text
    assert "'=我的书" in told
    assert console.client.get(f"{here}/essays.xlsx").status_code == 200
    essay = re.search(r'name="essay" value="([^"]*)"', page)
    assert essay
    _, page = console.send(f"{here}/essays/away", essay=essay[1])
    assert "还没有收到征文。" in page


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ({"title": " ", "received_on": "2026-11-25"}, "请写征文题目。"),
        ({"title": "书", "received_on": "昨天"}, "请写成日期"),
    ],
)
def test_an_essay_without_a_title_or_a_day_is_asked_for_again(console, sent, why):
    here = plan(console.signed_in("li"))
    console.see(here)
    status, page = console.send(f"{here}/essays", **sent)
    assert (status, why in page) == (409, True)


def test_a_plan_without_a_name_or_with_no_day_is_asked_for_again(console):
    console.signed_in("li").see(HERE)
    for sent in ({"name": "", "from_on": "2026-11-25"}, {"name": "书", "from_on": "明天"}):
        status, _ = console.send(HERE, of="small", **sent)
        assert status == 409


def test_a_viewer_looks_and_plans_nothing(console):
    here = plan(console.signed_in("li"))
    console.client.get("/console/language/zh")
    console.signed_in("zhao")
    assert "安排活动" not in re.sub(r"<nav.*?</nav>", "", console.see(HERE), flags=re.DOTALL)
    assert console.send(here, name="书", of="small", from_on="2026-11-25")[0] == 403


def test_english_pages_have_no_chinese_of_ours(console):
    here = plan(console.signed_in("li"), name="Reading", theme="")
    console.client.get("/console/language/en")
    for path in (HERE, here):
        page = console.see(path)
        for name in ("li老师", "阳光学校", "中文"):
            page = page.replace(name, "")
        assert not re.search(r"[\u3400-\u9fff]", page), path


def test_no_such_activity_is_said(console):
    assert console.signed_in("li").client.get(f"{HERE}nothing").status_code == 404
