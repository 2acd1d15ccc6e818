"""The page as a finger and an ear meet it, in real Chromium against a real server."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from kiosk.screen import Cue, FindView, Place, Touch, VisitView
from tests.web_ui.browse import SIZES, goto, running, see
from tests.web_ui.fakes import FakeHands, FakeStation, Touched
from tests.web_ui.looks import looks
from tests.web_ui.samples import BOOKS, lent, loan, on_visit, returned, screen, visit, young
from web_ui.station import Server

pytestmark = pytest.mark.browser

# Keeps a list of the notes that would sound, in place of the loudspeaker.
EAR = """() => {
  window.heard = [];
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (at) {
    window.heard.push(Math.round(this.frequency.value));
    return start.call(this, at);
  };
}"""


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport=SIZES["wide"], locale="zh-CN", has_touch=True)
    yield made
    made.close()


@pytest.fixture
def faults() -> list[str]:
    return []


@pytest.fixture
def page(context: BrowserContext, faults: list[str]) -> Iterator[Page]:
    tab = context.new_page()
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.on(
        "console",
        lambda message: faults.append(message.text) if "Content Security" in message.text else None,
    )
    tab.add_init_script(f"({EAR})()")
    yield tab
    tab.close()
    assert not faults


@pytest.fixture
def station() -> FakeStation:
    return FakeStation(screen(Place.IDLE))


@pytest.fixture
def server(station: FakeStation) -> Iterator[Server]:
    with running(station) as made:
        yield made


def touched(station: FakeStation, count: int) -> list[Touched]:
    deadline = time.monotonic() + 5
    while len(station.touched) < count and time.monotonic() < deadline:
        time.sleep(0.01)
    return station.touched


def test_a_touch_names_the_visit_and_the_line_it_was_made_on(
    page: Page, station: FakeStation, server: Server
) -> None:
    goto(page, server.url)
    see(page, station.show(on_visit(visit(lent(2), loan(7)))))
    page.tap("[data-line-id='7'] [data-touch=renew]")
    assert touched(station, 1) == [Touched(Touch.RENEW, "v1", 7, "")]


def test_every_idle_button_sends_its_touch(
    page: Page, station: FakeStation, server: Server
) -> None:
    goto(page, server.url)
    see(page, station.show(screen(Place.IDLE, number_allowed=True)))
    names = [
        "guide_borrow",
        "guide_return",
        "find",
        "guide_loans",
        "number",
        "language",
        "contrast",
    ]
    for name in names:
        page.tap(f"#app main [data-touch={name}], #app header [data-touch={name}]")
    assert [t.touch for t in touched(station, len(names))] == names


def test_a_page_that_changes_under_the_finger_is_not_touched(
    page: Page, station: FakeStation, server: Server
) -> None:
    goto(page, server.url)
    see(page, station.show(on_visit(visit(lent(1)))))
    box = page.locator("[data-touch=finish]").bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    see(page, station.show(on_visit(visit(lent(1), id="v2", name="王安安"))))
    page.mouse.up()
    page.tap("[data-touch=not_me]")
    assert touched(station, 1)[0] == Touched(Touch.NOT_ME, "v2", None, "")


def test_a_touch_names_the_visit_in_which_the_finger_came_down(
    page: Page, station: FakeStation, server: Server
) -> None:
    goto(page, server.url)
    see(page, station.show(on_visit(visit(lent(1)))))
    page.hover("header [data-touch=language]")
    page.mouse.down()
    see(page, station.show(on_visit(visit(lent(1), id="v2", name="王安安"))))
    page.mouse.up()
    assert touched(station, 1) == [Touched(Touch.LANGUAGE, "v1", None, "")]


def test_quick_keys_arrive_in_order(page: Page, station: FakeStation, server: Server) -> None:
    goto(page, server.url)
    see(page, station.show(screen(Place.FIND, find=FindView("", (), 0))))
    station.delays_s = [0.4, 0.0, 0.2, 0.0, 0.1]
    for letter in "HLMENG":
        page.tap(f"[data-text={letter}]")
    assert "".join(t.text for t in touched(station, 6)) == "HLMENG"


def test_keys_of_a_keyboard_do_nothing(page: Page, station: FakeStation, server: Server) -> None:
    goto(page, server.url)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.type("9787020002207\n")
    page.wait_for_timeout(100)
    assert station.touched == []
    assert page.evaluate("() => document.activeElement === document.body")


def test_only_a_new_line_slides_in(page: Page, station: FakeStation, server: Server) -> None:
    goto(page, server.url)
    see(page, station.show(on_visit(visit(lent(1), loan(9)))))
    page.evaluate("() => { document.querySelector('[data-line-id=\"1\"]').dataset.kept = 'yes' }")
    see(page, station.show(on_visit(visit(lent(2, BOOKS[1]), lent(1), loan(9)))))
    lines = page.locator(".lines .line")
    assert lines.count() == 3
    assert [lines.nth(i).get_attribute("data-line-id") for i in range(3)] == ["2", "1", "9"]
    assert page.locator(".line.enter").count() == 1
    assert lines.nth(1).get_attribute("data-kept") == "yes", "an old line was made anew"


def test_a_line_that_stays_is_not_moved_when_one_above_it_goes(
    page: Page, station: FakeStation, server: Server
) -> None:
    goto(page, server.url)
    see(page, station.show(on_visit(visit(lent(2), lent(1, BOOKS[1]), loan(9)))))
    page.evaluate("""() => {
      window.put = [];
      new MutationObserver((all) => all.forEach((one) => one.addedNodes.forEach((node) =>
        window.put.push(node.dataset.lineId)))).observe(document.querySelector(".lines"), { childList: true });
    }""")
    see(page, station.show(on_visit(visit(returned(3, BOOKS[1]), lent(2), loan(9)))))
    assert page.evaluate("() => window.put") == ["3"]


def test_all_movement_ends_before_the_next_book_can_be_scanned(
    page: Page, station: FakeStation, server: Server
) -> None:
    goto(page, server.url)
    see(page, station.show(on_visit(visit(lent(1)))))
    see(page, station.show(on_visit(visit(lent(2, BOOKS[1]), lent(1)))))
    moving = page.evaluate("""() => [...document.querySelectorAll(".line.enter, .line.enter *")]
      .map((e) => getComputedStyle(e)).filter((s) => s.animationName !== "none")
      .map((s) => [s.animationName, s.animationDuration, s.animationDelay])""")
    assert sorted(moving) == [["drawn", "0.12s", "0s"], ["slide", "0.12s", "0s"]]


def test_the_newest_line_is_in_sight_however_long_the_list(
    page: Page, station: FakeStation, server: Server
) -> None:
    goto(page, server.url)
    many = [lent(i, BOOKS[i % len(BOOKS)]) for i in range(12, 0, -1)]
    see(page, station.show(on_visit(visit(*many))))
    for _ in range(3):
        page.tap(".page-down")
    expect(page.locator("[data-line-id='1']")).to_be_in_viewport()
    assert {t.touch for t in station.touched} == {Touch.STAY}, "the arrows are the page's own"
    see(page, station.show(on_visit(visit(lent(13), *many))))
    expect(page.locator("[data-line-id='13']")).to_be_in_viewport(ratio=1)


def test_a_sound_is_heard_once_however_often_its_screen_is_sent(
    page: Page, station: FakeStation, server: Server
) -> None:
    goto(page, server.url)
    page.mouse.click(5, 5)
    see(page, station.show(on_visit(visit(lent(1))), cue=Cue.YES, cue_n=1))
    once = page.evaluate("() => window.heard.length")
    assert once > 0
    see(page, station.show(on_visit(visit(lent(1))), cue=Cue.YES, cue_n=1))
    assert page.evaluate("() => window.heard.length") == once
    see(page, station.show(on_visit(visit(lent(1))), cue=Cue.NO, cue_n=2))
    assert page.evaluate("() => window.heard.slice(-2)") == [220, 165]
    page.reload()
    see(page, station.screen.n)
    assert page.evaluate("() => window.heard") == [], "a reloaded page repeated an old sound"


def test_clock_and_countdown_tick_between_screens(
    page: Page, station: FakeStation, server: Server
) -> None:
    goto(page, server.url)
    late = looks()["visit"].local.replace(second=58)
    see(page, station.show(on_visit(visit(lent(1)), local=late, ends_in_ms=59500, total_ms=60000)))
    expect(page.locator(".closes")).to_have_text(re.compile("5[0-9] 秒后自动结束"))
    expect(page.locator(".closes")).to_have_text(re.compile("4[0-9] 秒后自动结束"), timeout=20000)
    expect(page.locator(".clock")).to_have_text("11:46", timeout=10000)
    expect(page.locator(".hours")).to_have_text("借还时间到 12:30 · 还有 44 分钟")


def test_the_slip_stands_above_the_visit_and_closes_by_its_own_touch(
    page: Page, station: FakeStation, server: Server
) -> None:
    goto(page, server.url)
    see(page, station.show(looks()["slip"]))
    expect(page.locator(".qr svg")).to_be_visible()
    page.tap(".slip [data-touch=print]")
    page.tap(".slip [data-touch=slip]")
    assert [t.touch for t in touched(station, 2)] == [Touch.PRINT, Touch.SLIP]


def test_a_touch_beside_every_button_gives_more_time(
    page: Page, station: FakeStation, server: Server
) -> None:
    goto(page, server.url)
    see(page, station.show(on_visit(visit(lent(1)))))
    page.tap(".patron .name")
    assert touched(station, 1) == [Touched(Touch.STAY, "v1", None, "")]


def test_standing_each_book_is_there_once_and_the_newest_large(
    page: Page, station: FakeStation, server: Server
) -> None:
    page.set_viewport_size(SIZES["tall"])
    goto(page, server.url)
    see(page, station.show(on_visit(visit(lent(2, BOOKS[1]), lent(1), loan(9)))))
    assert page.locator(".title").all_inner_texts() == ["海底两万里", "昆虫记", "城南旧事"]
    expect(page.locator(".young-book .title")).to_have_text("海底两万里")
    page.tap(".young-offers [data-touch=give_back]")
    assert touched(station, 1)[0].line == 2
    page.set_viewport_size(SIZES["wide"])
    expect(page.locator(".line")).to_have_count(3)


def test_young_readers_see_pinyin_over_words_and_title(
    page: Page, station: FakeStation, server: Server
) -> None:
    goto(page, server.url)
    see(page, station.show(looks()["young"]))
    assert page.locator(".young .greeting rt").all_inner_texts() == ["jiè", "hǎo", "le"]
    assert page.locator(".young .title rt").all_inner_texts()[0] == "xiǎo"
    see(page, station.show(replace(looks()["young"], language="en")))
    assert page.locator("rt").count() == 0


def test_language_and_contrast_are_told_to_the_browser(
    page: Page, station: FakeStation, server: Server
) -> None:
    goto(page, server.url)
    assert page.get_attribute("html", "lang") == "zh-Hans"
    see(page, station.show(screen(Place.IDLE, language="en", contrast=True)))
    assert page.get_attribute("html", "lang") == "en"
    assert page.get_attribute("html", "data-contrast") == "high"


def test_the_page_finds_the_station_again_after_a_restart(page: Page, station: FakeStation) -> None:
    with running(station) as first:
        goto(page, first.url)
        port = first.port
        expect(page.locator("#connecting")).to_be_hidden()
    expect(page.locator("#connecting")).to_contain_text("正在连接…", timeout=8000)
    with running(station, port=port):
        expect(page.locator("#connecting")).to_be_hidden(timeout=8000)
        see(page, station.show(screen(Place.FIND)))
        expect(page.locator(".find")).to_be_visible()


def test_a_silent_stream_says_so_and_recovers_by_itself(
    page: Page, station: FakeStation, server: Server
) -> None:
    page.clock.install()
    goto(page, server.url)
    expect(page.locator("#connecting")).to_be_hidden()
    page.route("**/events", lambda route: route.abort())
    page.evaluate("() => 0")
    page.clock.run_for(13000)
    expect(page.locator("#connecting")).to_contain_text("正在连接…")
    page.unroute("**/events")
    page.clock.run_for(14000)
    expect(page.locator("#connecting")).to_be_hidden()
    see(page, station.show(screen(Place.FIND)))


def test_the_panel_scans_what_is_clicked(
    context: BrowserContext, station: FakeStation, faults: list[str]
) -> None:
    hands = FakeHands()
    with running(station, hands) as server:
        tab = context.new_page()
        tab.on("pageerror", lambda error: faults.append(str(error)))
        tab.goto(f"{server.url}demo/")
        expect(tab.locator(".steps")).to_be_visible()
        expect(tab.locator("#clock-at")).to_have_value(f"{hands.clock_at:%Y-%m-%d %H:%M}")
        expect(tab.locator("#cards li >> nth=0")).to_contain_text("借着 1 本 · 逾期 1 本 · 已借满")
        tab.fill("#cards-filter", "六年级 2")
        tab.click("#cards button >> nth=0")
        tab.click("#wrong button >> nth=2")
        tab.click("#plug")
        tab.click("[data-clock='2026-11-28T10:00']")
        tab.fill("#clock-at", "noon")
        tab.click("#set-clock button")
        expect(tab.locator("#log li")).to_have_count(5)
        expect(tab.locator("#log li >> nth=0")).to_have_text("时间要写成这样：2026-11-25 11:45")
        expect(tab.locator(".steps")).to_be_hidden()
        expect(tab.frame_locator(".frame iframe").locator(".idle")).to_be_visible()
        tab.close()
    assert hands.scanned == ["C00011", "\x1b[2J\x00\x07"]
    assert hands.network_up is False
    assert hands.clock_at.isoformat() == "2026-11-28T10:00:00+08:00"
    assert not faults


def test_a_return_without_a_card_leaves_its_proof_on_the_screen(
    page: Page, station: FakeStation, server: Server
) -> None:
    goto(page, server.url)
    back = (returned(2, proof="7QK2M9"), returned(1, BOOKS[0], proof="510TC5"))
    see(page, station.show(screen(Place.RETURNS, returns=back)))
    assert page.locator(".tally-proof").all_inner_texts() == ["凭证 7QK2M9", "凭证 510TC5"]


@pytest.mark.parametrize("reader", [visit, young])
def test_a_loan_that_should_be_back_is_marked_for_old_and_young(
    page: Page, station: FakeStation, server: Server, reader: Callable[..., VisitView]
) -> None:
    goto(page, server.url)
    lines = loan(2, overdue_days=2, offers=()), loan(1, BOOKS[3])
    see(page, station.show(on_visit(reader(*lines))))
    (late,) = page.locator(".late").all()
    assert late.locator("xpath=ancestor::li").locator(".cover").inner_text() == "城南旧事"


def test_the_search_says_what_to_press_before_anything_is_pressed(
    page: Page, station: FakeStation, server: Server
) -> None:
    goto(page, server.url)
    see(page, station.show(screen(Place.FIND, find=FindView("", (), 0))))
    assert page.locator(".found .none b").inner_text() == "按拼音的第一个字母"
