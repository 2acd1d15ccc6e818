"""Every page of the console and of the library's page, as it stands in Chromium: without barriers, within its width."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from sync.central.cli_pages import make_app
from tests.central.console_pages import addresses
from tests.central.large import Size, fill
from tests.central.line import HandClock, serving
from tests.central.records import postgres_record
from tests.soak import often
from tests.web_ui.axe import ASKED, breaches
from tests.web_ui.browse import signed_in

pytestmark = pytest.mark.browser
SIZE = Size(patrons=400, copies=500, past_loans=600, open_loans=120, entries=200)
WIDTH = 1280
# These give out a file or a picture.
NO_PAGES = ("console.catalogue.job_rows", "console.catalogue.cover")
# The tests of the areas look at their own pages; `make soak` looks at all of them.
ONLY_HERE = (
    "console.case",
    "console.catalogue.job",
    "console.catalogue.new",
    "console.people.pins",
    "console.people.print_cards",
    "console.rules",
    "console.rules_part",
    "console.rules_text",
    "console.rules_version",
    "console.station",
    "library.list",
)
LOOKED_AT = often(ONLY_HERE, None)


@pytest.fixture
def school(postgres_server) -> Iterator[tuple[str, list[str]]]:
    """The address of a record, and of all its pages."""
    clock = HandClock()
    with postgres_record(postgres_server) as db:
        fill(db, SIZE)
        app = make_app(db, clock, sign_in_ms=clock)
        with serving(db, clock, app) as url:
            pages = [(name, path) for name, path in addresses(app, db) if name not in NO_PAGES]
            yield url, [path for name, path in pages if not LOOKED_AT or name in LOOKED_AT]


def too_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth") > WIDTH)


@pytest.mark.parametrize("language", ASKED)
def test_every_page_has_no_barriers_and_fits(school, browser: Browser, language: str) -> None:
    url, paths = school
    context = browser.new_context(locale="zh-CN", viewport={"width": WIDTH, "height": 800})
    page = context.new_page()
    signed_in(page, url)
    page.goto(f"{url}/console/language/{language}")
    odd = []
    for path in paths:
        page.goto(url + path)
        odd += [f"{path}: {one}" for one in breaches(page)]
        odd += [f"{path}: wider than {WIDTH}"] if too_wide(page) else []
    assert odd == []
    context.close()
