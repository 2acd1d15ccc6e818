"""In the teachers' reading room, in Chromium: in by card, a class's session, a book read there, and out again."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from kiosk.screen import Touch
from kiosk.store.schema import posts
from tests.browser.pupil import Pupil, pupil
from tests.kiosk.acts import at, journal
from tests.kiosk.school import CITY, DICTIONARY, TEACHER
from tests.web_ui.axe import NOT_OF_A_TOUCHSCREEN, breaches

pytestmark = pytest.mark.browser

SAID = {
    "zh": ("签到好了", "班级签到：共读", "班里有 2 人", "签退好了，再见"),
    "en": ("You are signed in", "My class is here: Reading", "2 in the class", "You are signed out, goodbye"),
}  # fmt: skip


def _plan(child: Pupil) -> None:
    body = {"name": "共读", "name_en": "Reading", "of": "session", "class_name": "三年级2班"}
    day = date(2026, 11, 25)
    row = {"id": "a1", "kind": "activity", "patron_id": "", "body": json.dumps(body)}
    with child.school.store.begin() as tx:
        tx.conn.execute(posts.insert(), {**row, "from_on": day, "until_on": day})


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_teacher_signs_in_reads_with_a_class_and_signs_out(
    tmp_path: Path, browser: Browser, language: str
) -> None:
    signed_in, session, whole, signed_out = SAID[language]
    with pupil(tmp_path, browser, room="teachers") as child:
        _plan(child)
        child.scan(TEACHER)
        if language == "en":
            child.tap(Touch.LANGUAGE)
        assert signed_in in child.reads()
        assert session in child.reads()
        assert breaches(child.page, off=NOT_OF_A_TOUCHSCREEN) == []
        child.tap(Touch.ATTEND)
        assert whole in child.reads()
        assert breaches(child.page, off=NOT_OF_A_TOUCHSCREEN) == []
        child.tap(Touch.ENTER)
        child.tap(Touch.COUNT)
        child.tap(Touch.KEY, text="1")
        child.tap(Touch.ENTER)
        child.scan(CITY, DICTIONARY)
        assert len(child.lines()) == 2
        child.tap(Touch.FINISH)
        at(child.school, "2026-11-25T13:00")
        child.scan(TEACHER)
        if language == "en":
            child.tap(Touch.LANGUAGE)
        assert signed_out in child.reads()
        child.tap(Touch.STAY_HERE)
        child.tap(Touch.LEAVE)
        assert breaches(child.page, off=NOT_OF_A_TOUCHSCREEN) == []
        told = [entry["act"] for entry in journal(child.school)]
        assert [e["text"] for e in journal(child.school) if "text" in e] == ["2", "1"]
    assert told == [
        "visit", "sign_in", "attend", "attend", "attend", "use", "use", "visit", "sign_out", "sign_in", "sign_out",
    ]  # fmt: skip
