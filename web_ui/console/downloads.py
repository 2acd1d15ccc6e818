"""Tables as files: CSV that a spreadsheet opens in Chinese, and XLSX. A cell that would be a formula stays a text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from flask import Response

from web_ui.console.report_files import as_csv, as_xlsx

Cell = str | int
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def table_file(
    name: str, kind: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]
) -> Response:
    """name: of the file, without its ending; kind: "csv" or "xlsx"."""
    tables = [(name, [head, *rows])]
    body = as_xlsx(tables) if kind == "xlsx" else as_csv(tables)
    response = Response(body, mimetype=_XLSX if kind == "xlsx" else "text/csv")
    told = f"attachment; filename=\"list.{kind}\"; filename*=UTF-8''{quote(f'{name}.{kind}')}"
    response.headers["Content-Disposition"] = told
    return response
