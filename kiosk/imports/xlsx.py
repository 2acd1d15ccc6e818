"""Rows of the first sheet of an XLSX file, read as a stream; numbers are told from text."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from kiosk.imports.faults import ImportFailed

_CHUNK = 1 << 20
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s+ref="([A-Z]+)([0-9]+):([A-Z]+)([0-9]+)"')
# Excel keeps 15 digits of a number; what came after them is lost.
_SAFE = 10**15
_LAST_LINE = 1_048_576

# Row (from 1) -> columns (from 0).
Hidden = Mapping[int, Set[int]]


@dataclass(frozen=True, slots=True)
class Cells:
    """A raw row: texts by column; `numbers`: columns that were numbers. faulty: why it cannot be read."""

    line: int
    texts: list[str]
    numbers: frozenset[int] = frozenset()
    faulty: str = ""


def xlsx_rows(path: Path) -> Iterator[Cells]:
    """Stream the first sheet; raises ImportFailed if the file is none."""
    from openpyxl import load_workbook

    # Opened here: given a path, openpyxl goes by how the name ends.
    with path.open("rb") as file:
        try:
            book = load_workbook(file, read_only=True, data_only=True)
            sheet = book.worksheets[0]
        except (KeyError, ValueError, IndexError, OSError, zipfile.BadZipFile) as error:
            raise ImportFailed(
                f"{path} is not a whole XLSX file ({error}); open it in Excel or WPS and save it as .xlsx"
            ) from error
        # Some programs write a wrong size into the file, which would hide rows.
        sheet.reset_dimensions()
        for line, values in enumerate(sheet.iter_rows(values_only=True), 1):
            texts = [_text(v) for v in values]
            yield Cells(line, texts, frozenset(i for i, v in enumerate(values) if _is_number(v)))


def hidden_cells(path: Path) -> Hidden:
    """Cells of the first sheet that a merged cell hides: Excel keeps a value in the first of them only."""
    try:
        with zipfile.ZipFile(path) as archive:
            sheets = sorted(
                n for n in archive.namelist() if re.search(r"worksheets/sheet\d*\.xml$", n)
            )
            ranges = _merged_in(archive, sheets[0]) if sheets else []
    except zipfile.BadZipFile as error:
        raise ImportFailed(f"{path} is damaged ({error}); export it again") from error
    hidden: dict[int, set[int]] = {}
    for top, left, bottom, right in ranges:
        for line in range(top, min(bottom, _LAST_LINE) + 1):
            hidden.setdefault(line, set()).update(range(left, right + 1))
        hidden[top].discard(left)
    return hidden


def _merged_in(archive: zipfile.ZipFile, sheet: str) -> list[tuple[int, int, int, int]]:
    found = []
    tail = b""
    with archive.open(sheet) as file:
        while chunk := file.read(_CHUNK):
            text = tail + chunk
            matches = list(_MERGED.finditer(text))
            found += [_range(*m.groups()) for m in matches]
            tail = text[max(matches[-1].end() if matches else 0, len(text) - 100) :]
    return found


def _range(left: bytes, top: bytes, right: bytes, bottom: bytes) -> tuple[int, int, int, int]:
    return int(top), _column(left), int(bottom), _column(right)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: Any) -> str:
    """A cell as a person reads it: 12345.0 is 12345, a date is 2027-07-15."""
    match value:
        case None:
            return ""
        case datetime() | date():
            return value.strftime("%Y-%m-%d")
        case float() if value.is_integer() and abs(value) < _SAFE:
            return str(int(value))
        case int() | float() if abs(value) >= _SAFE:
            return f"{value:E}"
    return str(value)
