"""CSV and XLSX as schools really export them."""

import codecs
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from kiosk.imports.columns import heading_of
from kiosk.imports.faults import ImportFailed
from kiosk.imports.tables import encoding_of
from tests.kiosk.imports.taking import Taking, counts, of_rows, sheet, told

CHINESE = (
    "学号,卡号,姓名,读者类型,年级,班级,有效期\nS1,0000000001,李小满,学生,三年级,2班,2027-07-15\n"
)
ENGLISH = (
    "number,card number,name,patron type,grade,class,expiry date\n"
    "S1,0000000001,李小满,student,3,2,2027/7/15\n"
)
ROW = ("S1", "李小满", "student", 3, "三年级2班", "2027-07-15")
PATRON = "SELECT id, name, category, grade, class_name, expires_on FROM patrons"


@pytest.mark.parametrize(
    "content",
    [
        CHINESE.encode(),
        codecs.BOM_UTF8 + CHINESE.encode(),
        CHINESE.encode("gb18030"),
        codecs.BOM_UTF16_LE + CHINESE.replace(",", "\t").encode("utf-16-le"),
        CHINESE.replace(",", ";").encode(),
        CHINESE.replace(",", "\t").encode(),
        CHINESE.replace("\n", "\r\n").encode(),
        ("阳光小学读者名单,,,,,,\n" + CHINESE).encode(),
        ("阳光小学读者名单\n制表：王老师, 2026年\n" + CHINESE).encode(),
        CHINESE.replace("学号", " 学号* ").replace("姓名", "姓名（必填）").encode(),
        ENGLISH.encode(),
    ],
)
def test_every_usual_way_to_save_a_table_is_read(school: Taking, content: bytes) -> None:
    report = school.take("patrons", content)
    assert report.rejected == 0, told(report)
    assert school.rows(PATRON) == [ROW]
    assert school.rows("SELECT * FROM cards") == [("0000000001", "S1", "active")]


@pytest.mark.parametrize("rows_above", [0, 1, 2])
def test_a_sheet_is_read_with_its_dates_and_numbers(
    school: Taking, tmp_path: Path, rows_above: int
) -> None:
    rows: list[list[Any]] = [["读者名单"]] * rows_above
    rows += [["学号", "卡号", "姓名", "读者类型", "年级", "班级", "有效期"]]
    rows += [["S1", 1.0, "李小满", "学生", 3, 2, datetime(2027, 7, 15)], [], [None, None, " "]]
    report = school.take("patrons", sheet(tmp_path / "a.xlsx", rows))
    assert school.rows(PATRON) == [ROW]
    assert school.rows("SELECT number FROM cards") == [("0000000001",)]
    where = f"row {rows_above + 2}: note: card"
    assert f'{where} "1" taken as 0000000001: leading zeros were lost' in told(report)


def test_a_title_line_that_is_merged_does_no_harm(school: Taking, tmp_path: Path) -> None:
    rows = [["读者名单", "", ""], ["学号", "卡号", "姓名"], ["S1", "0000000001", "李小满"]]
    report = school.take("patrons", sheet(tmp_path / "a.xlsx", rows, merge="A1:C1"))
    assert counts(report)["patron"] == (1, 0, 0)


def test_rows_under_a_merged_cell_are_rejected_with_what_to_do(
    school: Taking, tmp_path: Path
) -> None:
    rows: list[list[Any]] = [
        ["卡号", "姓名", "班级"],
        ["0000000001", "李", "2班"],
        ["0000000002", "王", None],
    ]
    report = school.take("patrons", sheet(tmp_path / "a.xlsx", rows, merge="C2:C3"))
    assert of_rows(report) == [
        "row 3: rejected: merged cells hide class_name; unmerge them (取消合并单元格) and fill every row"
    ]
    assert school.rows("SELECT name FROM patrons") == [("李",)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty; export it again"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old",
            "old .xls file, or has a password; save it as .xlsx",
        ),
        (b"PK\x03\x04 cut off", "is damaged|is not a whole XLSX file"),
        (
            "名,岁\n李,7\n".encode(),
            r"no row of headings in the first 10 rows; it must name 学号 \(number\)",
        ),
        (b"\x81\xff\xff\x00\xfe", "neither text in UTF-8 or GB18030"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_what_to_do(
    school: Taking, content: bytes, message: str
) -> None:
    with pytest.raises(ImportFailed, match=message):
        school.take("patrons", content)
    assert not (school.store.folder / "import.sqlite").exists()


def test_a_quotation_mark_that_is_never_closed_is_named(school: Taking) -> None:
    lines = "".join(f"{n:010d},名{n}\n" for n in range(1_000))
    report = school.take("patrons", '卡号,姓名\n0000009999,"李小满\n' + lines)
    assert "line 2: rejected: a quotation mark is opened and never closed" in told(report)


def test_a_cell_with_line_breaks_keeps_the_line_numbers_true(school: Taking) -> None:
    report = school.take("patrons", '卡号,姓名\n0000000001,"李\n小满"\n0000000002,\n')
    assert of_rows(report) == [
        "line 4: rejected: the name is empty; write the name (姓名), or delete the row"
    ]
    assert school.one("SELECT name FROM patrons") == "李 小满"


def test_columns_that_are_not_used_are_named(school: Taking) -> None:
    report = school.take("patrons", "卡号,姓名,血型\n0000000001,李小满,A\n")
    assert "file: note: columns not used: 血型" in told(report)


def test_of_two_columns_that_fit_the_more_exact_is_taken() -> None:
    heading = heading_of(["登录号", "条码号", "书名"], "catalogue")
    assert heading is not None
    assert heading.columns == {"barcode": 1, "title": 2}
    assert heading.unused == ("登录号",)


def test_gb18030_is_told_from_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("中文".encode("gb18030"))
    assert encoding_of(path) == "gb18030"
    path.write_bytes("中文".encode())
    assert encoding_of(path) == "utf-8-sig"
