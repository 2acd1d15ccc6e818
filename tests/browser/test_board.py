"""A notice from the central record to the board of the idle screen, and a list to a pupil's visit, in Chromium."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from kiosk.posts import BookList, Notice, Post, Suggested
from kiosk.screen import Touch
from sync.carry import Carrier, Machine
from sync.central import schema
from sync.central.db import insert_many
from sync.central.desk import Desk
from sync.central.posts import put
from sync.enrol import enrol
from sync.exchange import LineDown
from sync.http import HttpLine
from tests.browser.pupil import pupil
from tests.central.fleet import SCHOOL
from tests.kiosk.school import ANAN, CITY, DREAM, IN_WINDOW, XIAOMAN
from tests.kiosk.test_board import hang, suggested
from tests.sync.story import NOON
from tests.sync.town import ADDRESS, Centre, Wire
from tests.web_ui.browse import SIZES

pytestmark = pytest.mark.browser


def cut(path: str, go_on: object) -> httpx.Response:
    raise httpx.ConnectError("the line is cut")


def test_a_notice_arrives_by_an_exchange_and_stands_with_the_line_cut(
    tmp_path: Path, browser: Browser
) -> None:
    (tmp_path / "centre").mkdir()
    centre = Centre(tmp_path / "centre")
    day = IN_WINDOW.date()
    with centre.db.begin(SCHOOL) as conn:
        title = Suggested(title_id="t1", why="好看")
        told: list[Post[Any]] = [
            Post("n1", Notice(text="周五闭馆。", text_en="Closed on Friday."), day),
            Post("n2", Notice(text="只在网页上"), day, at_stations=False),
            Post("l1", BookList(name="好书", recommender="王老师", titles=(title,)), day),
        ]
        put(Desk(conn, SCHOOL, "lin", NOON), told)
        card = {"school": SCHOOL, "number": XIAOMAN, "patron_id": "p1", "state": "active"}
        insert_many(conn, schema.cards, [card])
    wire = Wire(centre)
    with pupil(tmp_path / "kiosk", browser) as child:
        school, line = child.school, HttpLine(ADDRESS, transport=wire)
        machine = Machine(school.clock, "board", "test")
        enrol(school.store, line, machine, centre.code("hall"), local="kiosk-1")
        Carrier(school.store, line, machine).run()
        wire.around = cut
        with pytest.raises(LineDown):
            Carrier(school.store, line, machine).run()
        school.online = False
        school.clock.set(IN_WINDOW + timedelta(minutes=5))
        school.station.look_again()
        seen = set()
        for _ in range(3):
            seen.add(child.page.locator(".card-text").inner_text())
            child.tap(Touch.NEXT_CARD)
        assert seen == {"周五闭馆。", "好书", "本周新书已上架，欢迎借阅！"}
        for _ in range(3):
            if child.page.get_by_text("周五闭馆。").count():
                break
            child.tap(Touch.NEXT_CARD)
        child.tap(Touch.LANGUAGE)
        expect(child.page.locator(".card-text")).to_have_text("Closed on Friday.")
        child.scan(XIAOMAN)
        expect(child.page.locator(".recommended")).to_contain_text("Recommended by 王老师")
    centre.db.close()


STANDING = """() => [...document.querySelectorAll(".bar-touch button, .patron .tally p")]
  .map((e) => [e.className.split(" ")[0] + e.dataset.touch, e.getBoundingClientRect().y])"""


@pytest.mark.parametrize("size", SIZES)
def test_books_are_recommended_in_a_visit_and_move_nothing_when_they_go(
    tmp_path: Path, browser: Browser, size: str
) -> None:
    with pupil(tmp_path, browser, size=size) as child:
        body = BookList(recommender="王老师", grade_to=3, titles=suggested("t1", "t4"))
        hang(child.school, "l1", body)
        told = child.page.locator(".recommended")
        child.scan(XIAOMAN)
        for word in ("王老师推荐", "城南旧事", "红楼梦"):
            expect(told).to_contain_text(word)
        child.sees(child.school.touch(Touch.LANGUAGE))
        expect(told).to_contain_text("Recommended by 王老师")
        before = standing(child.page)
        child.scan(CITY)
        assert told.count() == 0
        after = standing(child.page)
        assert {key: after[key] for key in before} == before
        # The youngest, and with a book at home.
        child.scan(ANAN)
        expect(told).to_contain_text("红楼梦")
        expect(told.locator("rt").first).to_be_visible()
        child.scan(DREAM, ANAN)
        assert told.count() == 0


def standing(page: Page) -> dict[str, float]:
    """How high each button and each line of the count stands."""
    return dict(page.evaluate(STANDING))
