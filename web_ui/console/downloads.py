"""Tables as files: CSV that a spreadsheet opens in Chinese, and XLSX. A cell that would be a formula stays a text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from flask import Response
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

Cell = str | int
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def table_file(
    name: str, kind: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]
) -> Response:
    """name: of the file, without its ending; kind: "csv" or "xlsx"."""
    body = _xlsx(head, rows) if kind == "xlsx" else _csv(head, rows)
    response = Response(body, mimetype=_XLSX if kind == "xlsx" else "text/csv")
    told = f"attachment; filename=\"list.{kind}\"; filename*=UTF-8''{quote(f'{name}.{kind}')}"
    response.headers["Content-Disposition"] = told
    return response


def _csv(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    # The mark by which Excel and WPS know that it is UTF-8.
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _xlsx(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in (head, *rows):
        cells = [WriteOnlyCell(sheet, value=cell) for cell in row]
        for cell, value in zip(cells, row, strict=True):
            if isinstance(value, str):
                cell.data_type = "s"
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
