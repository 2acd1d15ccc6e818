"""How large a text may be, and where its lines break, so that it fits a box on paper. PURE.

Widths are reckoned for the widest of the fonts in use, since nobody knows which one the printing machine has.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# Height of a line in parts of the size of its letters.
LEADING = 1.25
_STEP_MM = 0.2
_NARROW = frozenset("iljtfr.,:;!'|()[] ")
# A Chinese character with the punctuation that may not begin a line; a word; spaces.
_CLOSING = "，。、；：？！）》」』”’…·"
_TOKEN = re.compile(rf"[^\W\d_a-zA-Z\u00c0-\u024f][{_CLOSING}]*|[^\s\u2e80-\uffff]+|\s+|.")


@dataclass(frozen=True, slots=True)
class Lettering:
    """Lines of text and the size of their letters in mm; `cut` if not all of it found room."""

    lines: tuple[str, ...]
    size_mm: float
    cut: bool = False

    @property
    def height_mm(self) -> float:
        return len(self.lines) * self.size_mm * LEADING


@lru_cache(maxsize=4096)
def fitted(
    text: str, width_mm: float, height_mm: float, *, largest: float, smallest: float
) -> Lettering:
    """The text as large as the box allows; beyond the smallest size it ends with "…"."""
    text = " ".join(text.split())
    size = largest
    while size > smallest - 1e-9:
        lines = wrapped(text, width_mm / size)
        # A single character may be wider than the box, and then no break helps.
        widest = max(map(em, lines), default=0.0) * size
        if len(lines) * size * LEADING <= height_mm + 1e-9 and widest <= width_mm + 1e-9:
            return Lettering(lines, size)
        size = round(size - _STEP_MM, 3)
    kept = max(1, int(height_mm / smallest / LEADING))
    return Lettering(_shortened(text, width_mm / smallest, kept), smallest, cut=True)


def wrapped(text: str, ems: float) -> tuple[str, ...]:
    """Lines at most so many ems long, broken between words and between Chinese characters."""
    lines, line = [], ""
    for token in _tokens(text, ems):
        if line and em(line + token.rstrip()) > ems:
            lines.append(line.rstrip())
            line = ""
        line = (line + token).lstrip() if not line else line + token
    return (*lines, line.rstrip()) if line.strip() else tuple(lines)


def em(text: str) -> float:
    """The width of a text in parts of the size of its letters."""
    return sum(map(_em, text))


def _em(char: str) -> float:
    if unicodedata.combining(char):
        return 0.0
    if unicodedata.east_asian_width(char) in "WFA" and not char.isascii():
        # Letters with tone marks are "ambiguous"; they are as wide as letters.
        return 0.65 if char.isalpha() and unicodedata.decomposition(char) else 1.0
    if char in _NARROW:
        return 0.4
    if char in "mwMW@%":
        return 1.0
    return 0.75 if char.isupper() else 0.62


def _tokens(text: str, ems: float) -> list[str]:
    """Words, and pieces of words that no line could hold."""
    found: list[str] = []
    for token in _TOKEN.findall(text):
        while em(token) > ems and len(token) > 1:
            cut = next((n for n in range(1, len(token)) if em(token[: n + 1]) > ems), len(token))
            found.append(token[:cut])
            token = token[cut:]
        found += [token] if token else []
    return found


def _shortened(text: str, ems: float, most: int) -> tuple[str, ...]:
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        fits = len(wrapped(text[:middle].rstrip() + "…", ems)) <= most
        low, high = (middle, high) if fits else (low, middle - 1)
    return wrapped(text[:low].rstrip() + "…", ems)
