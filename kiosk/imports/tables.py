"""CSV and XLSX as one stream of rows: encoding, delimiter and the row of headings are found in the file itself."""

from __future__ import annotations

import codecs
import csv
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kiosk.imports.columns import FIELDS, Heading, heading_of, missing, recognised
from kiosk.imports.faults import ImportFailed
from kiosk.imports.form import Form
from kiosk.imports.xlsx import Cells, Hidden, hidden_cells, xlsx_rows

# A title line or a note may stand above the headings.
HEADING_WITHIN = 10
_CHUNK = 1 << 20
# A cell longer than this is a quotation mark that was never closed.
_LONGEST_CELL = 4_000
# How our own CSV keeps a spreadsheet from taking a text for a formula (see kiosk/exports/tables.py).
_ESCAPED = re.compile(r"'+[=+\-@]")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: field -> text, stripped; `numbers`: fields that the file holds as numbers, not as text.

    faulty: why the row cannot be read at all ("" for a good one). merged: fields hidden by a merged cell.
    """

    line: int
    cells: dict[str, str]
    numbers: frozenset[str] = frozenset()
    faulty: str = ""
    merged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    heading: Heading
    rows: Iterator[Row]


def read_table(path: Path, kind: str, form: Form, encoding: str) -> Table:
    """Find the headings and stream the rows below them; raises ImportFailed with what to do."""
    if form is Form.XLSX:
        rows, hidden = xlsx_rows(path), hidden_cells(path)
    else:
        letters = encoding_of(path) if encoding == "auto" else encoding
        rows, hidden = _csv_rows(path, kind, letters), {}
    above = list(itertools.islice(rows, HEADING_WITHIN))
    for place, first in enumerate(above):
        heading = heading_of(first.texts, kind)
        if heading is not None:
            below = itertools.chain(above[place + 1 :], rows)
            return Table(heading, _rows(below, heading, hidden))
    for other in FIELDS.keys() - {kind}:
        if any(heading_of(row.texts, other) for row in above):
            raise ImportFailed(f"{path} has the columns of {other}; use: kiosk import {other}")
    raise ImportFailed(
        f"{path}: no row of headings in the first {HEADING_WITHIN} rows; it must name {missing(kind)}"
    )


def encoding_of(path: Path) -> str:
    """utf-8-sig, utf-16 or gb18030, by reading the whole file; raises ImportFailed when it is none of them."""
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
    for encoding in ("utf-8-sig", "gb18030"):
        if _decodes(path, encoding):
            return encoding
    raise ImportFailed(
        f"{path} is neither text in UTF-8 or GB18030 (GBK) nor a whole .xlsx, MARC or CNMARC file; "
        "save it as CSV UTF-8 or as .xlsx, or have it exported again"
    )


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _csv_rows(path: Path, kind: str, encoding: str) -> Iterator[Cells]:
    delimiter = _delimiter(path, kind, encoding)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        line = 1
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Cells(line, [], faulty=f"the row cannot be read ({error})")
                line = reader.line_num + 1
                continue
            long = any(len(c) > _LONGEST_CELL for c in cells)
            faulty = "a quotation mark is opened and never closed" if long else ""
            yield Cells(line, cells, faulty=faulty)
            line = reader.line_num + 1


def _delimiter(path: Path, kind: str, encoding: str) -> str:
    """The mark that makes most of the first rows into headings we know."""
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        first = [line for _, line in zip(range(HEADING_WITHIN), file, strict=False)]

    def known(delimiter: str) -> int:
        return max(
            (recognised(cells, kind) for cells in csv.reader(first, delimiter=delimiter)), default=0
        )

    return max((",", "\t", ";", "，", "|"), key=known)


def _rows(below: Iterator[Cells], heading: Heading, hidden: Hidden) -> Iterator[Row]:
    for found in below:
        if found.faulty or any(text.strip() for text in found.texts):
            yield _row(found, heading, hidden)


def _row(found: Cells, heading: Heading, hidden: Hidden) -> Row:
    cells = {
        field: unescaped(found.texts[at].strip()) if at < len(found.texts) else ""
        for field, at in heading.columns.items()
    }
    numbers = frozenset(f for f, at in heading.columns.items() if at in found.numbers)
    covered = hidden.get(found.line, frozenset())
    merged = tuple(f for f, at in heading.columns.items() if at in covered)
    return Row(found.line, cells, numbers, found.faulty, merged)


def unescaped(cell: str) -> str:
    """Without the apostrophe in front of what would be a formula."""
    return cell[1:] if _ESCAPED.match(cell) else cell
