"""Drawn covers: the codes from which the page draws a book, colour by class of the Chinese Library Classification."""

from __future__ import annotations

import re
import zlib

from kiosk.screen import Book

HUES = frozenset("ABCDEFGHJKNOPQRSTUVXZ") | {f"I{digit}" for digit in range(10)}
"""Class letters with a colour of their own; literature (I) has one for each region of the world."""
PATTERNS = 4
PLAIN, ROOM_FOR_PATTERN = 0, 4
_SUBTITLE = re.compile(r"\s*[:：(（=/].*$")
_LIMITS = {"l": 6, "m": 12, "latin": 26}


def cover(book: Book) -> dict[str, object]:
    """What to draw: hue (a key of HUES or "other"), pattern (0 to 3), the shortened title and its size."""
    title = _SUBTITLE.sub("", book.title.strip()).strip("《》 ") or book.title.strip()
    size = _size(title)
    limit = _LIMITS[size]
    text = title if len(title) <= limit else title[: limit - 1].rstrip() + "…"
    pattern = zlib.crc32(book.title.encode("utf-8", "replace")) % PATTERNS
    if size != "l" or len(text) > ROOM_FOR_PATTERN:
        pattern = PLAIN
    return {
        "hue": hue(book.class_number or book.call_number),
        "pattern": pattern,
        "text": text,
        "size": size,
    }


def hue(class_number: str) -> str:
    number = class_number.strip().upper()
    if number[:1] == "I":
        key = number[:2] if number[1:2].isdigit() else "I2"
    else:
        key = number[:1]
    return key if key in HUES else "other"


def _size(title: str) -> str:
    if re.search(r"[A-Za-z]{3}", title):
        return "latin"
    return "l" if len(title) <= _LIMITS["l"] else "m"
