"""Where the next page of a list begins, as it stands in an address; and lists as files for Excel and WPS."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from flask import Response, url_for

# What a spreadsheet would take for a formula, or cannot hold.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_UNPRINTABLE = dict.fromkeys([*range(9), 11, 12, *range(14, 32)])
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
FORMS = tuple(_TYPES)


def packed(after: Sequence[str | int] | None) -> str:
    """A place in a list, for an address; "" for none."""
    return json.dumps(after, ensure_ascii=False, separators=(",", ":")) if after else ""


def unpacked(text: str, *kinds: type) -> Any:
    """The place that an address names: a tuple of these kinds; None for anything else."""
    try:
        found = json.loads(text) if text else None
    except ValueError:
        return None
    if isinstance(found, list) and [type(part) for part in found] == list(kinds):
        return tuple(found)
    return None


def link(endpoint: str, told: dict[str, Any], **places: Any) -> str:
    """An address with what is asked for; what says nothing is left out."""
    asked = urlencode({k: v for k, v in told.items() if v not in ("", None)})
    return url_for(endpoint, **places) + (f"?{asked}" if asked else "")


def as_file(
    form: str, name: str, heads: Sequence[str], rows: Iterable[Sequence[str | int | None]]
) -> Response:
    """The rows as a CSV file (UTF-8, as Excel and WPS open it) or an XLSX file of this name."""
    content = _xlsx(heads, rows) if form == "xlsx" else _csv(heads, rows)
    response = Response(content, content_type=_TYPES[form])
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}.{form}"
    return response


def _csv(heads: Sequence[str], rows: Iterable[Sequence[str | int | None]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heads)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _harmless(cell: str | int | None) -> str | int:
    """A text that a spreadsheet would calculate gets the mark by which people say that it is text."""
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_FORMULA) else cell
    return "" if cell is None else cell


def _xlsx(heads: Sequence[str], rows: Iterable[Sequence[str | int | None]]) -> bytes:
    # Imported here: no other page has a use for it.
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet()

    def cell(value: str | int | None) -> Any:
        made = WriteOnlyCell(
            sheet, value.translate(_UNPRINTABLE) if isinstance(value, str) else value
        )
        if isinstance(value, str):
            made.data_type = "s"
        return made

    for row in (heads, *rows):
        sheet.append([cell(value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
