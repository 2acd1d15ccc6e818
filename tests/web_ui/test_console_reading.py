"""The pages of reading lists over a real record: made, filled, put in order, saved as a file, put away."""

from __future__ import annotations

import csv
import io
import re

import pytest

from sync.central.catalogue_search import index_titles
from sync.central.cli_pages import make_app
from sync.central.staff import add_staff
from tests.central.fleet import SCHOOL, publish_rules
from tests.central.line import HandClock
from tests.central.records import sqlite_record
from tests.central.stock import stocked
from tests.web_ui.console import PASSWORD, Console

ROWS = [(f"200{n:02}", "main", "1", f"I24/{n:02}") for n in range(6)]


@pytest.fixture
def console(tmp_path):
    db, clock = sqlite_record(tmp_path), HandClock()
    stocked(db, ROWS)
    publish_rules(db)
    with db.begin(SCHOOL) as conn:
        index_titles(conn, SCHOOL, [f"of-{row[0]}" for row in ROWS])
        for login, role in (("li", "assistant"), ("zhao", "viewer")):
            add_staff(conn, SCHOOL, login, f"{login}老师", role, PASSWORD)
    yield Console(make_app(db, clock, sign_in_ms=clock).test_client())
    db.close()


def made(console: Console, name: str = "寒假共读", **more: str) -> str:
    console.see("/console/reading-lists/")
    told = {"token": console.token, "name": name, "shown": "y", **more}
    answer = console.client.post("/console/reading-lists/", data=told)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def titles(page: str) -> list[str]:
    part = page[page.find("<tbody>") : page.find("</tbody>")]
    return re.findall(r'<th scope="row">(?:<a [^>]*>)?([^<]*)(?:</a>)?<small>', part)


def test_a_list_is_made_filled_by_search_scan_and_another_list_and_put_in_order(console):
    here = made(
        console.signed_in("li"), recommender="陈老师", grade_from="4", grade_to="3", subject="语文",
        from_on="2026-12-01", to_on="2027-02-28", note="每天读一点",
    )  # fmt: skip
    page = console.see(f"{here}?q=书20003")
    hit = re.findall(r'name="title" value="([^"]*)"', page)
    assert hit[0] == "of-20003"
    status, page = console.send(f"{here}/titles", title=hit[0])
    assert (status, titles(page)) == (200, ["书20003"])
    status, page = console.send(f"{here}/scanned", barcodes="20001\n99999\n20003")
    assert titles(page) == ["书20003", "书20001"]
    assert "没有认出：99999" in page
    assert "1 种本来就有" in page
    assert "3 到 4 年级 · 语文" in page
    told = {
        "token": console.token,
        "id": ["of-20003", "of-20001"],
        "n": ["2", "1"],
        "why": ["", "好看"],
    }
    assert console.client.post(f"{here}/arrange", data=told).status_code == 303
    page = console.see(here)
    assert titles(page) == ["书20001", "书20003"]
    assert 'value="好看"' in page
    rows = list(
        csv.reader(io.StringIO(console.client.get(f"{here}/list.csv").data.decode("utf-8-sig")))
    )
    assert [row[1] for row in rows] == ["题名", "书20001", "书20003"]
    assert rows[1][-1] == "好看"
    other = made(console, "另一份")
    page = console.see(other)
    status, page = console.send(f"{other}/from", other=here.rpartition("/")[2])
    assert titles(page) == ["书20001", "书20003"]
    told = {
        "token": console.token,
        "id": ["of-20001"],
        "n": ["1"],
        "why": [""],
        "gone": ["of-20001"],
    }
    console.client.post(f"{other}/arrange", data=told)
    assert titles(console.see(other)) == ["书20003"]
    status, page = console.send(f"{other}/away")
    assert "收起来" in page
    assert "另一份" not in console.see("/console/reading-lists/")
    assert "另一份" in console.see("/console/reading-lists/?gone=1")
    console.see(other)
    status, page = console.send(f"{other}/back")
    assert "另一份" in console.see("/console/reading-lists/")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"name": ""}, "请填写"), ({"from_on": "next week"}, "请写成日期")],
)
def test_what_cannot_be_is_said_beside_its_field(console, wrong, said):
    console.signed_in("li").see("/console/reading-lists/")
    status, page = console.send("/console/reading-lists/", **{"name": "书单", **wrong})
    assert (status, said in page) == (409, True)


def test_who_only_looks_reads_the_list_and_changes_nothing(console):
    here = made(console.signed_in("li"))
    console.send(f"{here}/scanned", barcodes="20001")
    console.send("/console/sign-out")
    page = console.signed_in("zhao").see(here)
    assert titles(page) == ["书20001"]
    assert "<textarea" not in page
    assert console.client.post(f"{here}/away", data={"token": console.token}).status_code == 403
    assert console.client.get("/console/reading-lists/nothing").status_code == 404
    console.client.get("/console/language/en")
    for path in ("/console/reading-lists/", here):
        page = console.see(path)
        for ours in (
            "zhao老师",
            "li老师",
            "阳光学校",
            "中文",
            "寒假共读",
            "书20001",
            "某某",
            "借阅大厅",
            "绘本注音",
        ):
            page = page.replace(ours, "")
        assert not re.search(r"[\u3400-\u9fff]", page), path
