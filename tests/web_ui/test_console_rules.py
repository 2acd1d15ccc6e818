"""library.toml in the console: changed by form and by text, checked and compared, published, put back; and by whom."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sqlalchemy import update

from config.rewriting import sections
from sync.central.cli_pages import make_app
from sync.central.db import Database
from sync.central.publishing import text_of, versions
from sync.central.schema import stations
from sync.central.staff import add_staff
from tests.central.fleet import SCHOOL, enrol, found_school
from tests.central.line import HandClock
from tests.central.records import sqlite_record
from tests.web_ui.console import PASSWORD, Console
from web_ui.catalogue import LANGUAGES, messages

SHIPPED = (Path(__file__).parents[2] / "config" / "library.toml").read_text(encoding="utf-8")


@pytest.fixture
def record(tmp_path):
    db = sqlite_record(tmp_path)
    found_school(db, barcodes=("20001",), people=("ming",))
    with db.begin() as conn:
        for login, role in (("li", "librarian"), ("wu", "assistant")):
            add_staff(conn, SCHOOL, login, f"{login}老师", role, PASSWORD)
    yield db
    db.close()


@pytest.fixture
def console(record):
    clock = HandClock()
    return Console(make_app(record, clock, sign_in_ms=clock).test_client()).signed_in()


@pytest.fixture
def ruled(console):
    """A console whose library has rules."""
    console.see("/console/rules/text")
    page = console.send("/console/rules/check", text=SHIPPED, based_on="")[1]
    assert console.send("/console/rules/publish", **sent(page))[0] == 303
    return console


def sent(page: str) -> dict[str, str]:
    """What the page's button to publish would send."""
    return {name: hidden(page, name) for name in ("text", "based_on")}


def hidden(page: str, name: str) -> str:
    found = re.search(rf'type="hidden" name="{name}" value="([^"]*)"', page, re.DOTALL)
    assert found, page
    return html.unescape(found[1])


class _Form(HTMLParser):
    """What a browser would send of the page's forms, untouched."""

    def __init__(self) -> None:
        super().__init__()
        self.told: dict[str, list[str]] = {}
        self._choice = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = dict(attrs)
        name, value = of.get("name") or "", of.get("value") or ""
        if tag in ("select", "textarea"):
            self._choice = name
        elif tag == "option" and "selected" in of:
            self.told.setdefault(self._choice, []).append(value)
        elif tag == "input" and name and (of.get("type") != "checkbox" or "checked" in of):
            self.told.setdefault(name, []).append(value)

    def handle_data(self, data: str) -> None:
        if self.lasttag == "textarea" and data.strip():
            self.told.setdefault(self._choice, []).append(data)


def filled(page: str) -> dict[str, list[str]]:
    form = _Form()
    form.feed(page[page.index("<main") :])
    return form.told


def in_force(db: Database) -> str:
    with db.read() as conn:
        return text_of(conn, SCHOOL)


def test_a_form_that_nobody_touched_changes_nothing(ruled):
    for part in [one.name or "top" for one in sections()]:
        form = filled(ruled.see(f"/console/rules/part/{part}"))
        status, page = ruled.send(f"/console/rules/part/{part}", **form)
        assert (status, "和现行的规则一样" in page) == (200, True), part


def test_a_longer_window_is_compared_published_and_put_back(ruled, record):
    form = filled(ruled.see("/console/rules/part/windows"))
    form["0.to"] = ["12:45"]
    page = ruled.send("/console/rules/part/windows", **form)[1]
    assert re.findall(r'<tr class="(?:new|gone)">.*?<code>(.*?)</code>', page) == [
        "to = &#34;12:30&#34;",
        "to = &#34;12:45&#34;",
    ]
    status, page = ruled.send("/console/rules/publish", **sent(page))
    assert status == 303
    assert 'to = "12:45"' in in_force(record)
    with record.read() as conn:
        newest, first = versions(conn, SCHOOL)
    assert newest.staff == "li"
    page = ruled.see(f"/console/rules/version/{first.digest}")
    page = ruled.send("/console/rules/check", text=hidden(page, "text"), based_on=newest.digest)[1]
    assert ruled.send("/console/rules/publish", **sent(page))[0] == 303
    assert in_force(record).startswith(SHIPPED.rstrip())
    with record.read() as conn:
        assert len(versions(conn, SCHOOL)) == 3


def test_a_window_that_ends_before_it_begins_cannot_be_published(ruled, record):
    form = filled(ruled.see("/console/rules/part/windows"))
    form["0.to"] = ["11:00"]
    status, page = ruled.send("/console/rules/part/windows", **form)
    assert status == 409
    assert "开放时段 · 第 1 条 · 到 <code>windows[0].to = &#34;11:00&#34;</code>" in page
    assert "结束的时间不比开始晚，请写 11:30 以后的时间" in page
    assert "rules/publish" not in page
    # The form stands there with what was filled in, to be mended.
    again = filled(page)
    assert again["0.to"] == ["11:00"]
    again["0.to"] = ["12:45"]
    status, page = ruled.send("/console/rules/part/windows", **again)
    assert (status, "没有错，可以发布" in page) == (200, True)
    text = SHIPPED.replace('to = "12:30"', 'to = "11:00"', 1)
    with record.read() as conn:
        based_on = versions(conn, SCHOOL)[0].digest
    assert ruled.send("/console/rules/publish", text=text, based_on=based_on)[0] == 409
    assert in_force(record) == SHIPPED


def test_what_people_copies_and_stations_need_cannot_be_taken_away(ruled, record):
    enrol(record, "s1")
    with record.begin() as conn:
        conn.execute(update(stations).values(name="大厅", room="teachers"))
    gone = SHIPPED.replace('key = "student"', 'key = "pupil"').replace('"student"', '"pupil"')
    gone = gone.replace('key = "teachers"', 'key = "staffroom"').replace(
        '["teachers"]', '["staffroom"]'
    )
    status, page = ruled.send("/console/rules/check", text=gone, based_on="")
    assert status == 409
    assert "还有读者属于这一类" in page
    assert "机器“大厅”就在这里" in page


def test_of_two_who_change_at_once_the_second_begins_again(ruled, record):
    with record.read() as conn:
        based_on = versions(conn, SCHOOL)[0].digest
    first = SHIPPED.replace("block_after_days = 3", "block_after_days = 4")
    second = SHIPPED.replace("block_after_days = 3", "block_after_days = 5")
    assert ruled.send("/console/rules/publish", text=first, based_on=based_on)[0] == 303
    status, page = ruled.send("/console/rules/publish", text=second, based_on=based_on)
    assert (status, "刚刚有人发布了新的规则" in page) == (409, True)
    assert in_force(record) == first


def test_an_assistant_sees_the_rules_and_has_no_button(record, ruled):
    clock = HandClock()
    other = Console(make_app(record, clock, sign_in_ms=clock).test_client()).signed_in("wu")
    page = other.see("/console/rules/part/windows")
    assert "午间借还" in page
    assert "检查并对比" not in page
    assert other.send("/console/rules/publish", text=SHIPPED, based_on="")[0] == 403


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_section_and_field_has_words(language):
    told = messages(language)
    for one in sections():
        place = (one.name or "top").replace(".", "_")
        assert told[f"console.rules.section.{place}"]
        for shape in one.shapes:
            own = f"console.rules.field.{place}.{shape.key}"
            assert told.get(own) or told[f"console.rules.any.{shape.key}"]
