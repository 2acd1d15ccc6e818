"""What a slip is to a printer, and how it is laid out in columns. PURE.

A character that the printer's encoding writes with one byte takes one column, every other one two: that is how
slip printers draw Chinese beside ASCII.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

INDENT = "  "
MOST_CHARS = 1_000
# Never at the beginning of a line, and never at the end of one.
_CLOSING = re.escape("》〉）」』】〕”’，。、；：？！…—·)]},.;:?!%")
_OPENING = re.escape("《〈（「『【〔“‘([{")
_WORD = "[^\\s\u2e80-\uffef\U00020000-\U0003ffff]+"
# What is kept on one line: a word of letters and figures or a single Chinese character, with the signs around it.
_PIECE = re.compile(rf"\s+|[{_OPENING}]*(?:{_WORD}|\S)[{_CLOSING}]*")
_APOSTROPHE = re.compile("(?<=[A-Za-z])’(?=[A-Za-z])")


class Look(StrEnum):
    """How a line is printed. HEAD: in bold, below a rule."""

    TITLE = "title"
    CENTRE = "centre"
    HEAD = "head"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class SlipLine:
    """One line as it is meant; `tail` is kept whole and stands flush right, after the text or below it."""

    text: str
    tail: str = ""
    look: Look = Look.PLAIN


@dataclass(frozen=True, slots=True)
class Slip:
    """What goes on paper. code: text of the QR code, "" for none; at: the time on the slip, HH:MM:SS.

    page: the same slip as HTML, for the simulated printer, which can show it.
    """

    lines: tuple[SlipLine, ...]
    code: str = ""
    at: str = ""
    page: str = ""


def rows(slip: Slip, columns: int, encoding: str) -> Iterator[tuple[Look, str]]:
    """The slip in rows of at most `columns`; long lines are wrapped, none is cut off."""
    for line in slip.lines:
        text, tail = printable(line.text), printable(line.tail)
        if line.look is Look.HEAD:
            yield Look.PLAIN, "-" * columns
        indent = INDENT if line.look is Look.PLAIN else ""
        for row in _with_tail(wrapped(text, columns, encoding, indent), tail, columns, encoding):
            yield line.look, row


def width(text: str, encoding: str) -> int:
    """Columns that a text takes on paper."""
    return sum(1 if len(char.encode(encoding, "replace")) == 1 else 2 for char in text)


def printable(text: str) -> str:
    """A text without anything that a printer could take for a command, its spaces made single."""
    # A Chinese font draws this sign as wide as a character, which would tear an English word apart.
    text = _APOSTROPHE.sub("'", text[:MOST_CHARS])
    kept = (
        " " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char
        for char in unicodedata.normalize("NFC", text)
        if unicodedata.category(char) not in ("Cf", "Cs")
    )
    return " ".join("".join(kept).split())


def wrapped(text: str, columns: int, encoding: str, indent: str = "") -> list[str]:
    """The text in rows; from the second on they begin with the indent."""
    done: list[str] = []
    row = ""
    for piece in _PIECE.findall(text):
        for part in _cut(piece, columns - len(indent), encoding):
            if width(row + part.rstrip(), encoding) > columns:
                done.append(row.rstrip())
                row = indent + part.lstrip()
            else:
                row += part
    return [*done, row.rstrip()]


def _cut(piece: str, columns: int, encoding: str) -> Iterator[str]:
    """A piece as it is, or one that is wider than a row in parts that are not."""
    start, used = 0, 0
    for at, char in enumerate(piece):
        used += width(char, encoding)
        if used > columns:
            yield piece[start:at]
            start, used = at, width(char, encoding)
    yield piece[start:]


def _with_tail(done: list[str], tail: str, columns: int, encoding: str) -> list[str]:
    if not tail:
        return done
    room = columns - width(done[-1], encoding) - width(tail, encoding)
    if room >= len(INDENT):
        return [*done[:-1], done[-1] + " " * room + tail]
    below = wrapped(tail, columns, encoding)
    return [*done, *(" " * (columns - width(row, encoding)) + row for row in below)]
