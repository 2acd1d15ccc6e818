"""axe-core in the page: what breaks WCAG 2.2 AA, one line of text for each rule that found something."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

from tests.soak import often

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
ASKED = often(("zh",), ("zh", "en"))
# The touchscreen has no keyboard, and ignores one on purpose: a hostile barcode must not type. Long lists have arrow
# buttons. Nobody pinches it larger: its smallest letters are 21 px.
NOT_OF_A_TOUCHSCREEN = ("scrollable-region-focusable", "meta-viewport")


@cache
def _source() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def breaches(page: Page, *, off: tuple[str, ...] = ()) -> list[str]:
    """The rules that are broken, with the first elements that break them; `off` are not asked.

    Both languages share their pages' structure and colours, and asking costs more than all else on a page: the suite
    asks in Chinese, `make soak` in English too.
    """
    # Asked of a locator, which waits for the page that a click has led to.
    if not (page.locator("html").get_attribute("lang") or "").startswith(ASKED):
        return []
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(_source())
    options: dict[str, Any] = {
        "runOnly": TAGS,
        "rules": {rule: {"enabled": False} for rule in off},
        "resultTypes": ["violations"],
    }
    found = page.evaluate(
        "(options) => axe.run(document, options).then((r) => r.violations)", options
    )
    return [
        f"{one['id']}: {one['help']}: " + "; ".join(node["html"][:120] for node in one["nodes"][:3])
        for one in found
    ]
