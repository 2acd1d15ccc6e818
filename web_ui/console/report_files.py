"""A report's tables as files: CSV that spreadsheets open with its Chinese whole, and XLSX with numbers as numbers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openpyxl.cell import WriteOnlyCell

Value = str | int | float | date | None
Rows = Sequence[Sequence[Value]]
BOM = "\ufeff"
# What a spreadsheet would take for a formula; a title of a book may begin so.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_BAD_SHEET_NAME = re.compile(r"[\[\]:*?/\\]")
_LONGEST_SHEET_NAME = 31
# What XML cannot hold.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def as_csv(sheets: Sequence[tuple[str, Rows]]) -> bytes:
    """The tables one below the other, each under its name. UTF-8 with a mark, so that Excel knows it."""
    text = io.StringIO()
    writer = csv.writer(text)
    for n, (name, rows) in enumerate(sheets):
        if len(sheets) > 1:
            if n:
                writer.writerow([])
            writer.writerow([name])
        writer.writerows([[_plain(value) for value in row] for row in rows])
    return (BOM + text.getvalue()).encode()


def as_xlsx(sheets: Sequence[tuple[str, Rows]]) -> bytes:
    """A sheet a table, the first row bold and frozen."""
    # Imported here and below: a tenth of a second that every start would pay for the few files that are asked for.
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for name, rows in sheets:
        page = book.create_sheet(_BAD_SHEET_NAME.sub(" ", name)[:_LONGEST_SHEET_NAME])
        page.freeze_panes = "A2"
        for n, row in enumerate(rows):
            page.append([_cell(page, value, bold=n == 0) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(page: object, value: Value, *, bold: bool) -> WriteOnlyCell:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    told = _UNPRINTABLE.sub("", value) if isinstance(value, str) else value
    cell = WriteOnlyCell(page, value=round(told, 4) if isinstance(told, float) else told)
    if isinstance(told, str):
        cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    return cell


def _plain(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return str(value)
