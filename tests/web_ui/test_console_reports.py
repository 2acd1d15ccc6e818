"""The reports in the console: every one as a page, on paper and as files, in both languages."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from sync.central.cli_pages import make_app
from sync.central.reports.every import REPORTS
from tests.central.line import HandClock
from tests.central.records import sqlite_record
from tests.web_ui.console import sign_in
from tests.web_ui.report_record import fill
from web_ui.console.charts import Picture, bars, line
from web_ui.console.report_files import as_csv, as_xlsx


@pytest.fixture(scope="module")
def client(tmp_path_factory) -> Iterator[FlaskClient]:
    folder = tmp_path_factory.mktemp("record")
    db = sqlite_record(folder)
    fill(db)
    client = make_app(db, HandClock(), sign_in_ms=HandClock()).test_client()
    assert sign_in(client, "li").status_code == 303
    yield client
    db.close()


def see(client: FlaskClient, path: str, language: str = "zh") -> str:
    client.set_cookie("kiosk_console_language", language, path="/console")
    told = client.get(f"/console/reports/{path}")
    assert told.status_code == 200, told.text
    return told.text


def words_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("period", ["", "2026"])
def test_every_report_is_a_page_of_a_term_and_of_a_year(client, name, language, period):
    page = see(client, f"{name}?period={period}", language)
    # Nobody has said anything in this school, and a recall is a list.
    assert "<svg" in page or name in ("recall", "feedback")
    assert "<table" in page
    # A picture has a name and a description, and styles itself by classes alone.
    assert page.count("<desc") == page.count("<svg")
    assert "style=" not in page
    assert "<script" not in page


def test_the_average_is_held_against_the_goal(client):
    told = words_of(see(client, "loans"))
    assert "生均借书（册） 1.00 目标 2 还没达到" in told
    assert "护理 1 0 0.00" in told
    assert "三年级1班 2 3 1.50" in told


def test_the_weekly_record_names_teachers_and_no_pupils(client):
    told = words_of(see(client, "teachers"))
    assert "王老师 1 1 1 1 2.0 小时" in told
    assert "教师 1 1 1 1 2.0 小时 1" in told
    assert "小明" not in told


def test_who_read_how_much_is_for_librarians_alone(client):
    viewer = client.application.test_client()
    assert sign_in(viewer, "zhao").status_code == 303
    told = words_of(see(viewer, "teachers"))
    assert "教师 1 1 1 1 2.0 小时 1" in told
    assert "王老师" not in told
    assert "王老师" not in viewer.get("/console/reports/teachers.csv").text
    assert "王老师" in client.get("/console/reports/teachers.csv").text


def test_a_scanner_that_is_broken_lowers_the_share_in_order(client):
    told = words_of(see(client, "hardware"))
    assert "设备完好率 50.0% 目标 95% 还没达到" in told
    assert "front" in told


def test_what_was_given_is_counted_by_donor_and_what_is_new_by_pupil(client):
    assert "校友会 1 1" in words_of(see(client, "donations"))
    assert "本学年生均新增（册） 0.25 目标 1 还没达到" in words_of(see(client, "collection"))


def test_the_summary_has_every_report_that_has_something_to_tell(client):
    page = see(client, "summary")
    assert page.count('class="section"') >= 8
    assert "2026年秋季学期图书馆工作总结" in page


def test_lists_have_a_page_a_class_and_can_be_of_one_kind_or_class(client):
    page = see(client, "lists")
    assert page.count('class="one-class"') == 3
    assert "教师和其他读者：请归还" in page
    assert see(client, "lists?class=三年级2班").count('class="one-class"') == 1
    assert see(client, "lists?kind=magazine").count('class="one-class"') == 0
    # The clock stands thirty days later; all were due on the ninth of December.
    assert see(client, "lists?late=1").count("逾期</span>") == 4


def test_files_hold_the_same_tables(client):
    told = client.get("/console/reports/loans.csv")
    rows = list(csv.reader(io.StringIO(told.data.decode("utf-8-sig"))))
    assert ["三年级1班", "2", "3", "1.5", "100", "50"] in rows
    assert told.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
    book = load_workbook(io.BytesIO(client.get("/console/reports/loans.xlsx").data))
    assert ("三年级1班", 2, 3, 1.5, 100, 50) in list(book["各班级"].values)
    assert client.get("/console/reports/loans.pdf").status_code == 404


def test_a_title_is_no_formula_in_a_file(client):
    lines = client.get("/console/reports/lists.csv").data.decode("utf-8-sig")
    assert "'=西游记" in lines
    book = load_workbook(io.BytesIO(client.get("/console/reports/lists.xlsx").data))
    assert {c.data_type for row in book.worksheets[0].iter_rows(min_row=2) for c in row[:6]} <= {
        "s",
        "n",
        "inlineStr",
    }


def test_what_is_not_there_is_said(client):
    assert client.get("/console/reports/weather").status_code == 404
    assert client.get("/console/reports/loans?period=1999").status_code == 404


# Pictures and files by themselves.


def test_a_bar_below_the_goal_looks_different_and_the_goal_is_a_line():
    points = [("高", 3.0, "3"), ("低", 1.0, "1"), ("无", None, "–")]
    svg = bars(Picture("x", "借书", "三项", points, (2, "目标 2")))
    assert svg.count('class="bar below"') == 2
    assert svg.count('class="bar"') == 1
    assert 'class="goal"' in svg
    assert "目标 2" in svg


def test_words_in_a_picture_are_escaped():
    svg = bars(Picture("x", "<b>", "&", [("<script>", 1.0, '"')]))
    assert "<script>" not in svg
    assert "&lt;b&gt;" in svg


def test_a_line_is_broken_where_there_is_no_value():
    values = [1.0, 2.0, None, 3.0, 4.0, None, 5.0]
    svg = line(Picture("x", "t", "d", [(str(n), v, "") for n, v in enumerate(values)]))
    assert (svg.count("<polyline"), svg.count("<circle")) == (2, 1)


def test_a_picture_of_nothing_at_all_can_be_drawn():
    assert "<svg" in line(Picture("x", "t", "d", []))
    assert "<svg" in bars(Picture("x", "t", "d", [("a", 0.0, "0")]))


def test_csv_begins_with_a_mark_and_xlsx_survives_odd_names():
    assert as_csv([("a", [["一", 1]])]).startswith(b"\xef\xbb\xbf")
    book = load_workbook(io.BytesIO(as_xlsx([("a/b:" + "长" * 40, [["x\x00y"]])])))
    assert len(book.sheetnames[0]) <= 31
    assert book.worksheets[0]["A1"].value == "xy"
