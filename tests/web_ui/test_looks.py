"""Every screen in both sizes and languages, in real Chromium: nothing clipped, small, pale, covered or untranslated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from kiosk.screen import Screen
from tests.web_ui.axe import NOT_OF_A_TOUCHSCREEN, breaches
from tests.web_ui.browse import SIZES, goto, see, serving
from tests.web_ui.fakes import FakeStation
from tests.web_ui.looks import looks, reasons

pytestmark = pytest.mark.browser

SCREENS = {**looks(), **reasons()}
TARGET_PX = 77
TOUCH_PX = 900

AUDIT = Path(__file__).with_name("audit.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def station() -> Iterator[tuple[FakeStation, str]]:
    with serving(next(iter(SCREENS.values())), demo=False) as (fake, url, _):
        yield fake, url


@pytest.fixture(scope="module", params=SIZES)
def page(
    request: pytest.FixtureRequest, browser: Browser, station: tuple[FakeStation, str]
) -> Iterator[Page]:
    tab = browser.new_page(
        viewport=SIZES[request.param], locale="zh-CN", has_touch=True, reduced_motion="reduce"
    )
    goto(tab, station[1])
    yield tab
    tab.close()


def audit(page: Page, station: FakeStation, look: Screen, **options: Any) -> list[str]:
    see(page, station.show(look))
    faults: list[str] = page.evaluate(
        AUDIT, {"target": TARGET_PX, "touch": TOUCH_PX, "english": look.language == "en", **options}
    )
    return faults


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", SCREENS)
def test_every_screen_is_whole(
    page: Page, station: tuple[FakeStation, str], name: str, language: str
) -> None:
    assert audit(page, station[0], replace(SCREENS[name], language=language)) == []
    # Reasons share their pages with the looks, and one size says what axe can say.
    if name in looks() and page.viewport_size == SIZES["wide"]:
        assert breaches(page, off=NOT_OF_A_TOUCHSCREEN) == []


PANEL_AUDIT = """() => {
  const faults = [], root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) faults.push("the page is wider than the window");
  for (const box of document.querySelectorAll(".box")) {
    const limit = box.getBoundingClientRect();
    for (const one of box.querySelectorAll("*")) {
      const inner = one.parentElement.closest(".list, #tray, #log"), at = one.getBoundingClientRect();
      if (inner || !at.width) continue;
      if (at.left < limit.left || at.right > limit.right || at.bottom > limit.bottom)
        faults.push(`${one.tagName}#${one.id} ${one.textContent.slice(0, 20)} leaves ${box.className}`);
    }
  }
  for (const id of ["cards", "copies", "log", "tray"])
    if (document.getElementById(id).clientHeight < 80) faults.push(`#${id} is low`);
  return faults;
}"""


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_demo_panel_is_accessible_and_whole_at_every_size(
    browser: Browser, language: str
) -> None:
    with serving(SCREENS["idle"]) as (_, url, _hands):
        tab = browser.new_page(viewport=SIZES["wide"])
        tab.goto(f"{url}demo/?lang={language}")
        for drawn in ("#cards button", "#wrong button", "#signs li"):
            tab.wait_for_selector(drawn)
        assert breaches(tab) == []
        for width, height in ((1280, 800), (1024, 768), (1080, 1920), (1920, 1080)):
            tab.set_viewport_size({"width": width, "height": height})
            assert tab.evaluate(PANEL_AUDIT) == [], f"{width}x{height}"
        tab.close()


@pytest.mark.parametrize(
    "name", [name for name in looks() if not name.endswith(("contrast", "lost", "long"))]
)
def test_the_high_contrast_set_is_whole_too(
    page: Page, station: tuple[FakeStation, str], name: str
) -> None:
    assert audit(page, station[0], replace(SCREENS[name], contrast=True)) == []


def test_the_audit_sees_planted_faults(page: Page, station: tuple[FakeStation, str]) -> None:
    see(page, station[0].show(SCREENS["idle"]))
    page.evaluate("""() => {
      const sub = document.querySelector(".sub"), button = document.querySelector(".bar-touch button");
      Object.assign(sub.style, { color: "#ccc", width: "40px", whiteSpace: "nowrap" });
      Object.assign(button.style, { minHeight: 0, height: "40px", alignSelf: "start" });
    }""")
    found = " ".join(
        page.evaluate(AUDIT, {"target": TARGET_PX, "touch": TOUCH_PX, "english": True})
    )
    seen_by_axe = " ".join(breaches(page))
    page.reload()
    for fault in ("wider than its box", "contrast", "target", "not translated"):
        assert fault in found
    assert "color-contrast" in seen_by_axe
