"""The console's area of readers' voice over a real record: answers, complaints that wait, wishes, questionnaires."""

from __future__ import annotations

import csv
import io
import re

import pytest
from sqlalchemy import select

from kiosk.saying import Words
from kiosk.voice_posts import Answer
from sync.central.cli_pages import make_app
from sync.central.schema import posts, voices
from sync.central.staff import add_staff
from sync.central.verify import faults
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, publish_rules, push
from tests.central.line import HandClock
from tests.central.records import sqlite_record
from tests.central.test_voices import say
from tests.web_ui.console import PASSWORD, Console

ISBN = "9787020002207"


@pytest.fixture
def db(tmp_path):
    db = sqlite_record(tmp_path)
    found_school(db, barcodes=("20001",), people=("ming", "hua"))
    enrol(db, "hall")
    publish_rules(db)
    pen = Pen("hall")
    say(pen, Words(note="loud"), at=1, patron="ming", kind="complaint")
    say(pen, Words(sentence="多买漫画"), at=2)
    say(pen, Words(isbn=ISBN), at=3, kind="purchase")
    say(pen, Words(isbn=ISBN), at=4, patron="hua", kind="purchase")
    push(db, pen)
    with db.begin(SCHOOL) as conn:
        for login, role in (("wang", "librarian"), ("li", "assistant"), ("zhao", "viewer")):
            add_staff(conn, SCHOOL, login, f"{login}老师", role, PASSWORD)
    yield db
    db.close()


@pytest.fixture
def console(db):
    clock = HandClock()
    return Console(make_app(db, clock, sign_in_ms=clock).test_client())


def rows(db, table):
    with db.read() as conn:
        return list(conn.execute(select(table)))


def only(db, kind):
    (found,) = (v for v in rows(db, voices) if v.kind == kind)
    return found


def test_a_complaint_waits_until_it_is_answered_to_the_reader_and_to_everybody(db, console):
    console.signed_in("li")
    assert "条意见等着回复" in console.see("/console/today")
    page = console.see("/console/voices/")
    assert "loud" in page
    assert "等了" in page
    one = only(db, "complaint").id
    told = {"text": "明天起会安静", "asked": "太吵", "to": "both"}
    status, page = console.send(f"/console/voices/one/{one}/answer", **told)
    assert status == 303
    assert "回复发出了" in page
    assert {(p.kind, p.patron_id) for p in rows(db, posts)} == {("answer", "ming"), ("answer", "")}
    assert "ming" not in next(p.body for p in rows(db, posts) if p.patron_id == "")
    assert "条意见等着回复" not in console.see("/console/today")
    assert list(faults(db)) == []


def test_who_gave_no_name_can_only_be_answered_in_public(db, console):
    console.signed_in("li")
    one = only(db, "suggestion").id
    assert 'value="reader"' not in console.see(f"/console/voices/one/{one}")
    _, page = console.send(f"/console/voices/one/{one}/answer", text="好", to="reader")
    assert "没有发出" in page
    assert rows(db, posts) == []
    console.send(f"/console/voices/one/{one}/answer", text="好", to="all")
    assert only(db, "suggestion").state == "answered"


def test_wishes_stand_together_by_isbn(console):
    console.signed_in("li")
    page = console.see("/console/voices/wishes")
    assert re.search(rf'<td>{ISBN}</td><td class="n">2</td>', page)
    assert "馆里没有" in page
    assert "还没有定" in page
    told = console.client.get("/console/voices/wishes.csv").data.decode("utf-8-sig")
    (head, line) = csv.reader(io.StringIO(told))
    assert (
        head == ["书名", "书号", "次数", "日期", "馆藏", "办到哪一步", "回复"] or head[0] == "书号"
    )
    assert line[2:3] == ["2"]
    assert console.client.get("/console/voices/wishes.xlsx").status_code == 200


def test_what_becomes_of_a_wish_is_told_to_everybody_and_to_whoever_gave_a_name(db, console):
    here = f"/console/voices/wishes/{ISBN}"
    console.signed_in("li").see(here)
    assert console.send(here, state="ordered")[0] == 403
    console.signed_in("wang").see(here)
    status, page = console.send(here, state="ordered", title="城南旧事", answer="")
    assert status == 303
    assert "大家想要的这本书已经订了" in page
    assert "wang老师，" in page
    told = {p.patron_id: Answer.model_validate_json(p.body) for p in rows(db, posts)}
    assert told.keys() == {"", "hua"}
    assert {(a.asked, a.text) for a in told.values()} == {
        ("城南旧事", "大家想要的这本书已经订了，到了就告诉大家。")
    }
    assert {v.state for v in rows(db, voices) if v.kind == "purchase"} == {"answered"}
    console.send(here, state="arrived", title="城南旧事", answer="在三号书架")
    assert {Answer.model_validate_json(p.body).text for p in rows(db, posts)} == {"在三号书架"}
    assert "到馆了" in console.see("/console/voices/wishes?state=arrived")
    assert "城南旧事" not in console.see("/console/voices/wishes?state=new")
    assert "在三号书架" in console.client.get("/console/voices/wishes.csv").text
    console.send(here, state="new", title="城南旧事")
    assert rows(db, posts) == []
    assert {v.state for v in rows(db, voices) if v.kind == "purchase"} == {"new"}
    assert list(faults(db)) == []
    assert console.send(here, state="burnt")[0] == 400
    assert console.client.get("/console/voices/wishes/9787020002208").status_code == 404


def test_who_wishes_after_an_answer_is_seen_to_wait(db, console):
    here = f"/console/voices/wishes/{ISBN}"
    console.signed_in("wang").see(here)
    console.send(here, state="no", answer="太贵了")
    pen = Pen("hall", epoch=2)
    enrol(db, "hall", epoch=2)
    # Said before the answer, at a station without a line.
    say(pen, Words(isbn=ISBN), at=5, patron="ming", kind="purchase")
    push(db, pen)
    assert "新增 1 人次" in console.see("/console/voices/wishes")
    assert "又有 1 人次想要这本书" in console.see(here)
    status, page = console.send(here, state="no", answer="")
    assert (status, "太贵了" in page, "又有" in page) == (303, True, False)
    assert {v.answer for v in rows(db, voices) if v.kind == "purchase"} == {"太贵了"}


def test_words_are_erased_by_whoever_decides_and_by_nobody_else(db, console):
    one = only(db, "complaint").id
    console.signed_in("li")
    assert console.send(f"/console/voices/one/{one}/erase")[0] == 403
    console.signed_in("wang")
    assert console.send(f"/console/voices/one/{one}/erase")[0] == 303
    assert only(db, "complaint").said is None
    assert list(faults(db)) == []


def test_a_viewer_does_not_read_what_readers_said(console):
    console.signed_in("zhao")
    assert console.client.get("/console/voices/").status_code == 403


def test_a_list_is_a_file(console):
    console.signed_in("wang")
    told = console.client.get("/console/voices/complaint.csv").data.decode("utf-8-sig")
    (head, line) = csv.reader(io.StringIO(told))
    assert head[2] == "说了什么"
    assert line[2:4] == ["loud", "ming 三年级2班"]
    assert console.client.get("/console/voices/purchase.xlsx").status_code == 200


def test_a_questionnaire_is_made_answered_and_counted(db, console):
    console.signed_in("wang")
    told = {"title": "你喜欢吗", "from": "2026-11-01", "until": "2026-12-31", "grade_from": "1"}
    asked = {"kind0": "stars", "text0": "几颗星", "kind1": "choice", "text1": "看什么"}
    _, page = console.send("/console/voices/questionnaires", **told, **asked, choices1="故事")
    assert "没有发布" in page
    _, page = console.send(
        "/console/voices/questionnaires", **told, **asked, choices1="故事 | Stories\n科学"
    )
    assert "问卷发布了" in page
    (form,) = rows(db, posts)
    pen = Pen("yard")
    enrol(db, "yard")
    for at, answers in enumerate((((0, 5), (1, 0)), ((0, 4),), ((0, 99), (7, 1)))):
        say(pen, Words(form=form.id, answers=answers), at=at, kind="answers")
    push(db, pen)
    page = console.see(f"/console/voices/questionnaires/{form.id}")
    assert "3 人答过" in page
    assert "平均 4.5 星" in page
    assert re.search(r'<th scope="row">故事</th><td class="n">1</td>', page)
    told = console.client.get(f"/console/voices/questionnaires/{form.id}.csv").data
    assert "★★★★★,1" in told.decode("utf-8-sig")
    console.send(f"/console/voices/questionnaires/{form.id}/stop")
    assert rows(db, posts)[0].until_on < form.until_on


def test_the_report_counts_what_was_said_and_answered(db, console):
    console.signed_in("wang")
    one = only(db, "complaint").id
    console.send(f"/console/voices/one/{one}/answer", text="好", to="reader")
    page = console.see("/console/reports/feedback")
    assert "读者意见与回复" in page
    assert re.search(r"意见</t[dh]>\s*<td[^>]*>1</td>\s*<td[^>]*>1</td>", page), page


def test_a_long_list_is_read_page_by_page_and_no_address_tells_a_moment(db, console):
    pen = Pen("attic")
    enrol(db, "attic")
    for at in range(60):
        say(pen, Words(note=f"n{at}"), at=1_000 + at)
    push(db, pen)
    console.signed_in("li")
    first = console.see("/console/voices/?kind=suggestion")
    more = re.search(r'rel="next" href="([^"]*)"', first)
    assert more
    assert not re.search(r"\d{12,}", more[1].replace(re.sub(r".*after=", "", more[1]), ""))
    second = console.see(more[1].replace("&amp;", "&"))
    found = re.findall(r">(n\d+|多买漫画)</a>", first + second)
    assert len(found) == len(set(found)) == 61
