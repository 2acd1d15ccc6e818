"""Titles and copies of the sample school, from the list of real titles."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from kiosk.pinyin import toned

TITLES = Path(__file__).with_name("titles.txt")

# Labels run from here; eight digits.
FIRST_BARCODE = 20_000_001

# The shelf of each section; library.toml gives shelves their names.
_SHELVES = {
    "pinyin": "1",
    "picture": "1",
    "children": "2",
    "foreign": "3",
    "literature": "4",
    "science": "5",
    "history": "6",
    "arts": "7",
    "reference": "8",
    "magazines": "9",
}
# What a copy type is called where library.toml does not know it.
_INSTEAD = {"picture": "book", "pinyin": "book", "magazine": "book", "reference": "book"}
# Few copies, so that all of them can be out and a queue can form.
SCARCE = {"流浪地球": 2, "窗边的小豆豆": 3, "神奇校车": 2, "解忧杂货店": 2}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list with the heading it stands under."""

    title: str
    author: str
    class_number: str
    publisher: str
    isbn: str
    section: str
    copy_type: str
    weight: int

    @property
    def id(self) -> str:
        """Stable over builds, and of no meaning to a person."""
        return "K" + hashlib.sha256(f"{self.title}|{self.author}".encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Books:
    """Rows of `titles` and `copies`, and the section of each title id."""

    titles: list[dict[str, Any]]
    copies: list[dict[str, Any]]
    sections: dict[str, str]


def read_titles() -> list[Entry]:
    """The list of real titles, in its order."""
    entries = []
    section, copy_type, weight = "", "", 0
    for line in TITLES.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section, copy_type, weight_text, _words = line.strip("[]").split(" ", 3)
            weight = int(weight_text)
        elif line and not line.startswith("#"):
            fields = [*line.split("|"), "", ""][:5]
            title, author, class_number, publisher, isbn = fields
            entries.append(
                Entry(title, author, class_number, publisher, isbn, section, copy_type, weight)
            )
    return entries


def make_books(dice: Random, library: Any, copies: int) -> Books:
    """Exactly `copies` copies of all titles; labels, shelves and call numbers as a school has them."""
    entries = read_titles()
    books = Books([], [], {})
    counts = _counts(dice, entries, copies)
    in_class: Counter[str] = Counter()
    barcode = FIRST_BARCODE
    for n, (entry, count) in enumerate(zip(entries, counts, strict=True), 1):
        in_class[entry.class_number] += 1
        books.titles.append(_title(n, entry))
        books.sections[entry.id] = entry.section
        place = _place(library, entry, in_class[entry.class_number])
        for i in range(count):
            call_number = (
                _issue(entry, i) if entry.copy_type == "magazine" else place["call_number"]
            )
            row = {"barcode": f"{barcode:08d}", "title_id": entry.id, "call_number": call_number}
            books.copies.append(place | row)
            barcode += 1
    return books


def _counts(dice: Random, entries: list[Entry], total: int) -> list[int]:
    weights = [e.weight * dice.uniform(0.6, 1.6) for e in entries]
    scale = total / sum(weights)
    counts = [
        SCARCE.get(e.title, max(2, int(w * scale))) for e, w in zip(entries, weights, strict=True)
    ]
    for i in range(total - sum(counts)):
        # What rounding left over goes to the classics at the head of the list, a copy each.
        counts[i % 40] += 1
    while sum(counts) > total:
        counts[counts.index(max(counts))] -= 1
    return counts


def _title(n: int, entry: Entry) -> dict[str, Any]:
    return {
        "n": n,
        "id": entry.id,
        "title": entry.title,
        "author": entry.author,
        "publisher": entry.publisher,
        "year": "",
        "class_number": entry.class_number,
        "isbn": entry.isbn,
        "pinyin": toned(entry.title),
    }


def _place(library: Any, entry: Entry, number_in_class: int) -> dict[str, Any]:
    """Shelf, room and call number (class number and place in its row, as most school libraries write it)."""
    return {
        "copy_type": type_of(library, entry.copy_type),
        "shelf": _SHELVES[entry.section],
        "room": room_of(library, entry.section),
        "call_number": f"{entry.class_number}/{number_in_class}",
        "state": "on_shelf",
        "last_entry": None,
    }


def type_of(library: Any, copy_type: str) -> str:
    """The copy type itself if library.toml knows it, else the plain one."""
    known = [t.key for t in library.copy_types]
    if copy_type in known:
        return copy_type
    return _INSTEAD[copy_type] if _INSTEAD.get(copy_type) in known else known[0]


def room_of(library: Any, section: str) -> str:
    """Magazines lie in the periodicals room, if the library has one; all else in its main room."""
    rooms = [room.key for room in library.rooms]
    if section == "magazines" and "periodicals" in rooms:
        return "periodicals"
    return str(library.library.room) if library.library.room in rooms else str(rooms[0])


def _issue(entry: Entry, i: int) -> str:
    """Issues of a magazine backwards from September 2026: Z62 2026-09."""
    years_back, month = divmod(i + 3, 12)
    return f"{entry.class_number} {2026 - years_back}-{12 - month:02d}"
