"""On which line of a TOML file a dotted key stands, or a sign that only looks like one of TOML's. PURE.

Reads tables, lists of tables and keys line by line; a key that stands nowhere (its default holds) is found at the
header of its table.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

# What a Chinese keyboard types in place of the signs of TOML.
FULL_WIDTH = {
    **dict.fromkeys("“”„＂", '"'),
    **dict.fromkeys("‘’", "'"),
    "，": ",",
    "＝": "=",
    "＃": "#",
    **dict.fromkeys("［【", "["),
    **dict.fromkeys("］】", "]"),
    "\u3000": "a space",
    **dict(zip("０１２３４５６７８９．：－", "0123456789.:-", strict=True)),
}
WRITTEN = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*')
HEADER = re.compile(r"^\s*(\[\[?)\s*([\w.-]+)\s*\]")
ENTRY = re.compile(r"^\s*([\w-]+)\s*=")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file, counted from 1, without the spaces around it."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class FullWidth:
    """A Chinese sign, the sign of TOML to write in its place, and its line."""

    sign: str
    instead: str
    line: Line


def find_full_width(text: str) -> FullWidth | None:
    """The first Chinese sign outside of texts and comments."""
    for number, row in enumerate(text.splitlines(), start=1):
        for sign in WRITTEN.sub("", row):
            if sign in FULL_WIDTH:
                return FullWidth(sign, FULL_WIDTH[sign], Line(number, row.strip()))
    return None


def find_line(text: str, key: str) -> Line | None:
    """The line of a key such as loan_rules[2].limit; else that of its table; else None."""
    places = _places(text)
    while key:
        if key in places:
            return places[key]
        key = _outer(key)
    return None


def _places(text: str) -> dict[str, Line]:
    places: dict[str, Line] = {}
    seen: Counter[str] = Counter()
    table = ""
    for number, row in enumerate(text.splitlines(), start=1):
        line = Line(number, row.strip())
        header, entry = HEADER.match(row), ENTRY.match(row)
        if header:
            table = _opened(header[2], header[1], seen)
            places.setdefault(header[2], line)
            places.setdefault(table, line)
        elif entry:
            places.setdefault(f"{table}.{entry[1]}" if table else entry[1], line)
    return places


def _opened(name: str, kind: str, seen: Counter[str]) -> str:
    if kind != "[[":
        return name
    seen[name] += 1
    return f"{name}[{seen[name] - 1}]"


def _outer(key: str) -> str:
    """windows[1].days[0] -> windows[1].days -> windows[1] -> windows -> nothing."""
    if key.endswith("]"):
        return key[: key.rindex("[")]
    return key.rpartition(".")[0]
