"""What a collecting scanner has kept: many barcodes, pasted as text or sent as a text or CSV file."""

from __future__ import annotations

import codecs
import contextlib
import re

from flask import request

# A line may hold the date, the time and a number beside the barcode.
_PARTS = re.compile(r"[,;\t|]")
_MOMENT = re.compile(r"\d{1,4}[-/.:]\d{1,2}([-/.:]\d{1,4})?( .*)?")


class Unfit(Exception):
    """What was sent cannot be taken. name: below console.stock.cannot."""


def barcodes_in(text: str) -> list[str]:
    """One barcode a line; of several parts of a line, the longest that is neither date nor time."""
    return [_longest(line) for line in text.splitlines() if line.strip()]


def chosen_file() -> list[str]:
    """The barcodes in the file that was chosen; none where none was. Raises Unfit for what is no text."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return []
    with contextlib.closing(file):
        return barcodes_in(_text(file.read()))


def _text(content: bytes) -> str:
    if content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return content.decode("utf-16", "replace")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise Unfit("no_text")


def _longest(line: str) -> str:
    parts = [part.strip().strip('"') for part in _PARTS.split(line)]
    codes = [part for part in parts if part and not _MOMENT.fullmatch(part)]
    return max(codes, key=len, default=line.strip())
