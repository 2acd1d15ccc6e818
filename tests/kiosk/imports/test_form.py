"""A file is what is in it, whatever its name says; what is neither a table nor MARC is refused with what to do."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from kiosk.imports.faults import ImportFailed
from tests.kiosk.imports.records import DREAM, iso2709
from tests.kiosk.imports.taking import Taking, counts, sheet

BOOKS = "条码号,题名,文献类型\n00000001,红楼梦,图书\n"
PEOPLE = "卡号,姓名,读者类型\n0000000001,李小满,学生\n"
XML = '<?xml version="1.0"?>'


def workbook(folder: Path) -> bytes:
    rows = [line.split(",") for line in BOOKS.splitlines()]
    return sheet(folder / "made.xlsx", rows).read_bytes()


def archive(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return made.getvalue()


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "txt", "mrc", "xls", "dat"])
@pytest.mark.parametrize(("form", "unit"), [("text", "line"), ("xlsx", "row"), ("marc", "record")])
def test_a_file_is_read_as_what_is_in_it(
    school: Taking, tmp_path: Path, suffix: str, form: str, unit: str
) -> None:
    content = {"text": BOOKS.encode(), "xlsx": workbook(tmp_path), "marc": iso2709(DREAM)}[form]
    report = school.take("catalogue", school.file(content, f"a.{suffix}"))
    assert (counts(report)["title"], report.rejected) == ((1, 0, 0), 0)
    assert report.unit == unit


@pytest.mark.parametrize(
    ("kind", "content", "options", "message"),
    [
        ("patrons", iso2709(DREAM), {}, r"holds MARC records; patrons come from \.csv or \.xlsx"),
        ("catalogue", iso2709(DREAM), {"flavour": "table"}, "not a table; leave out --format"),
        ("catalogue", "xlsx", {"flavour": "cnmarc"}, "holds no MARC; leave out --format"),
        ("catalogue", PEOPLE, {}, "has the columns of patrons; use: kiosk import patrons"),
        ("patrons", BOOKS, {}, "has the columns of catalogue; use: kiosk import catalogue"),
        ("catalogue", f"{XML}<collection xmlns='x'><record/>", {}, "MARCXML; export .* ISO 2709"),
        ("catalogue", f"{XML}<Workbook/>", {}, r"is an XML file; .* save it as \.xlsx"),
        ("patrons", "\ufeff<HTML><table>", {}, r"is a web page, .* save it as \.xlsx"),
        ("patrons", b"%PDF-1.4\n\xe2\xe3", {}, "is a PDF; ask"),
        ("patrons", b"\x89PNG\r\n\x1a\n\0", {}, "is a picture; ask"),
        ("patrons", archive("[Content_Types].xml", "word/document.xml"), {}, "is a Word document"),
        ("catalogue", archive("books.csv"), {}, "is an archive; unpack it"),
    ],
)
def test_what_cannot_be_read_so_is_refused_with_what_to_do(
    school: Taking,
    tmp_path: Path,
    kind: str,
    content: str | bytes,
    options: dict[str, Any],
    message: str,
) -> None:
    content = workbook(tmp_path) if content == "xlsx" else content
    with pytest.raises(ImportFailed, match=message):
        school.take(kind, school.file(content, "file.xlsx"), **options)
    assert not (school.store.folder / "import.sqlite").exists()
