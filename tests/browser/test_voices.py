"""What a reader says and what becomes of it, in Chromium: at the station, and in the console without a barrier."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from kiosk.saying import Words
from kiosk.screen import Touch
from kiosk.voice_posts import Choice, Question, Questionnaire
from sync.central.cli_pages import make_app
from sync.central.desk import Desk
from sync.central.staff import add_staff
from sync.central.voices import ask
from tests.browser.pupil import foreign_words, pupil
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, publish_rules, push
from tests.central.line import HandClock, serving
from tests.central.records import sqlite_record
from tests.central.test_voices import say
from tests.kiosk.school import XIAOMAN
from tests.kiosk.test_say import FORM, put_up, said
from tests.web_ui.axe import breaches
from tests.web_ui.browse import each_language, opened
from tests.web_ui.console import PASSWORD

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("SHOTS")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_pupil_says_something_by_tapping_alone(
    tmp_path: Path, browser: Browser, language: str
) -> None:
    with pupil(tmp_path, browser) as child:
        child.school.online = False
        put_up(child.school, "questionnaire", FORM)
        child.school.station.look_again()
        if language == "en":
            child.tap(Touch.LANGUAGE)
        child.tap(Touch.SAY)
        child.tap(Touch.PICK, text="form0")
        child.tap(Touch.PICK, text="5")
        child.tap(Touch.PICK, text="1")
        child.tap(Touch.KEY, text="A")
        child.tap(Touch.DONE)
        child.tap(Touch.PICK, text="unnamed")
        assert said(child.school)[0][1]["answers"] == [[0, 5], [1, 1], [2, "a"]]
        child.tap(Touch.BACK)
        child.scan(XIAOMAN)
        child.tap(Touch.SAY)
        child.tap(Touch.PICK, text="suggestion")
        child.tap(Touch.PICK, text="0")
        if language == "en":
            assert foreign_words(child.reads(), "阳光小学图书馆", "中文") == set()
        child.tap(Touch.PICK, text="named")
        assert said(child.school)[1] == ("suggestion", {"sentence": "多买一些漫画和故事书"})


def test_axe_finds_no_barrier_in_the_area_in_either_language(
    tmp_path: Path, browser: Browser
) -> None:
    db, clock = sqlite_record(tmp_path), HandClock()
    found_school(db, barcodes=("20001",), people=("ming",))
    publish_rules(db)
    enrol(db, "hall")
    pen = Pen("hall")
    say(pen, Words(note="loud"), at=1, patron="ming", kind="complaint")
    say(pen, Words(isbn="9787020002207"), at=2, kind="purchase")
    with db.begin(SCHOOL) as conn:
        add_staff(conn, SCHOOL, "li", "李老师", "librarian", PASSWORD)
        desk = Desk(conn, SCHOOL, "li", clock())
        questions = (
            Question(kind="stars", text="几颗星？", text_en="How many stars?"),
            Question(
                kind="choice", text="看什么？", choices=(Choice(text="故事"), Choice(text="诗"))
            ),
        )
        form = Questionnaire(title="你喜欢图书馆吗？", questions=questions)
        name = ask(desk, form, date(2026, 11, 25), date(2099, 1, 1))
    for n in range(4):
        say(pen, Words(form=name, answers=((0, 3 + n % 3), (1, n % 2))), at=10 + n, kind="answers")
    push(db, pen)
    app = make_app(db, clock, sign_in_ms=clock)
    with serving(db, clock, app) as url:
        context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.goto(f"{url}/console/voices/")
        page.get_by_label("账号").fill("li")
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.goto(f"{url}/console/voices/")
        first = page.get_by_role("link", name="loud").get_attribute("href")
        places = ("/console/voices/", first, "/console/voices/wishes", "/console/today",
                  "/console/voices/questionnaires", f"/console/voices/questionnaires/{name}",
                  "/console/reports/feedback")  # fmt: skip
        for language in each_language(page, f"{url}/console"):
            for at, place in enumerate(places):
                opened(page, f"{url}{place}", language)
                assert breaches(page) == [], place
                if SHOTS:
                    page.screenshot(path=f"{SHOTS}/voices_{language}_{at}.png", full_page=True)
            page.goto(f"{url}{first}")
            page.locator("#text").fill("明天起会安静")
            page.locator("#to").select_option("both")
            page.locator("form[action$='/answer'] button").click()
            expect(page.get_by_role("status")).to_be_visible()
        context.close()
    db.close()
