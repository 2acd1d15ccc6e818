"""A row of a table of copies -> a Work with one copy, or why not; and what tables and MARC records share."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from kiosk import isbn
from kiosk.domain import CopyState
from kiosk.imports import cleaning
from kiosk.imports.columns import Heading
from kiosk.imports.faults import RowFault, shown
from kiosk.imports.tables import Row
from kiosk.imports.values import Item, Options, Work, title_id

Warnings = list[tuple[str, str]]

TITLE_FIELDS = (
    "title", "author", "publisher", "place", "year", "pages", "price", "series", "subject", "language",
    "isbn", "class_number", "summary",
)  # fmt: skip
LONGEST_TEXT, LONGEST_SUMMARY = 1_000, 2_000
_CALL = frozenset(("call_number", "class_number", "book_number"))
# How a copy came to the library, and the words that catalogues have for it.
SOURCES = {
    "bought": "bought 购买 采购 购入 订购 政府采购 自购 统购 purchase purchased",
    "donated": "donated 捐赠 赠送 受赠 赠书 捐书 donation gift",
    "exchanged": "exchanged 交换 exchange",
    "transferred": "transferred 调拨 配发 下拨 划拨 配送 transfer",
}
_SOURCE_OF = {word: source for source, words in SOURCES.items() for word in words.split()}
_YEAR = re.compile(r"(?:1[89]|20)\d{2}")
_STATES = {
    CopyState.WITHDRAWN: "剔旧 剔除 注销 报废 withdrawn discarded",
    CopyState.LOST: "丢失 遗失 lost",
    CopyState.MISSING: "下落不明 查无 missing",
    CopyState.MENDING: "修补 修复 装订 送修 mending repair bindery",
    CopyState.ON_SHELF: "在馆 在架 可借 正常 入藏 available in onshelf on_shelf",
}
_STATE_OF = {word: state for state, words in _STATES.items() for word in words.split()}


class Shelving:
    """What a copy of this library may be: label, type, room, state; the same for tables and MARC."""

    def __init__(self, options: Options) -> None:
        library = options.library
        self._barcodes = library.barcodes
        self._types = cleaning.choices_of(library.copy_types)
        self._rooms = cleaning.choices_of(library.rooms)
        self._usual_room = library.library.room
        asked = options.copy_type
        self._asked = (
            {"copy_type": cleaning.known_key(asked, self._types, "--copy-type", "[[copy_types]]")}
            if asked is not None
            else {}
        )

    @property
    def usual(self) -> dict[str, Any]:
        """What a new copy is where neither the file nor --copy-type says."""
        return {"copy_type": next(iter(self._types)), "room": self._usual_room}

    def barcode(self, cell: str, *, number: bool, warnings: Warnings) -> str:
        code = cleaning.code(cell, "barcode", number=number)
        if not code:
            raise RowFault("the barcode is empty", "write it (条码号), or delete the row")
        shapes, check = self._barcodes.copy_shapes, self._barcodes.copy_check_digit
        code, warning = cleaning.shaped(code, "barcode", shapes, check)
        if warning:
            warnings.append((warning, "format the column as text (文本) in Excel"))
        return code

    def copy_type(self, cell: str) -> dict[str, str]:
        """What the cell says, else --copy-type, else nothing."""
        if not cell:
            return self._asked
        return {"copy_type": cleaning.known_key(cell, self._types, "copy type", "[[copy_types]]")}

    def place(self, cell: str) -> dict[str, str]:
        """A location is a room if library.toml knows it as one, else a shelf."""
        text = cleaning.text(cell, "location")
        try:
            return (
                {"room": cleaning.known_key(text, self._rooms, "room", "[[rooms]]")} if text else {}
            )
        except RowFault:
            return {"shelf": text}

    def state(self, cell: str, warnings: Warnings) -> str:
        """For a copy that the store does not have yet; the state of a known copy is the desk's and the staff's."""
        word = cell.strip().casefold()
        state = _STATE_OF.get(word)
        if word and state is None:
            warnings.append(
                (f"state {shown(cell)} counts as on the shelf", "loans are not imported")
            )
        return str(state or CopyState.ON_SHELF)

    def values(
        self, cells: Mapping[str, str], present: Collection[str], warnings: Warnings, *, exact: bool
    ) -> dict[str, Any]:
        """What the cells that are present say of a copy. exact: they were written by the central record itself, so
        nothing is concluded from what they leave out.
        """
        values: dict[str, Any] = {**self.copy_type(cells.get("copy_type", ""))}
        if "shelf" in present:
            values["shelf"] = cleaning.text(cells["shelf"], "shelf")
        if "room" in present:
            values |= self.place(cells["room"])
        if "state" in present:
            values["state"] = self.state(cells["state"], warnings)
        if exact and "call_number" in present:
            values["call_number"] = cleaning.text(cells["call_number"], "call number")
        elif _CALL & set(present):
            written = (cells.get(f, "") for f in ("call_number", "class_number", "book_number"))
            values["call_number"] = call_number(*written)
        return values | _acquired(cells, present, warnings, exact=exact)


class BookRows:
    """Turns rows into works, by the settings of one library."""

    def __init__(self, heading: Heading, options: Options) -> None:
        self._columns = heading.columns
        self._shelving = Shelving(options)

    def work(self, row: Row) -> Work:
        """Raises RowFault for a row that cannot be taken."""
        warnings: Warnings = []
        cells = row.cells
        barcode = self._shelving.barcode(
            cells["barcode"], number="barcode" in row.numbers, warnings=warnings
        )
        present = {f: cells[f] for f in TITLE_FIELDS if f in self._columns}
        values = title_values(present, warnings)
        control = cleaning.text(cells.get("control", ""), "control number")
        named = cleaning.text(cells.get("title_id", ""), "title id")
        exact = bool(named)
        copy = self._shelving.values(cells, self._columns, warnings, exact=exact)
        made = named or title_id(values, control)
        return Work(row.line, made, values, (Item(barcode, copy),), tuple(warnings))


def _acquired(
    cells: Mapping[str, str], present: Collection[str], warnings: Warnings, *, exact: bool
) -> dict[str, Any]:
    """When, how, from whom and for how much a copy came."""
    values: dict[str, Any] = {}
    if "arrived_on" in present:
        arrived = cleaning.day(cells["arrived_on"], "date of arrival")
        values["arrived_on"] = arrived.isoformat() if arrived else None
    if "source" in present:
        values["source"] = _source(cells["source"], warnings)
    if "donor" in present:
        values["donor"] = bounded(cells["donor"], "donor", warnings)
        if values["donor"] and not exact and not values.get("source"):
            values["source"] = "donated"
    if "paid" in present:
        values["price"] = bounded(cells["paid"], "price", warnings)
    return values


def _source(cell: str, warnings: Warnings) -> str:
    word = cleaning.text(cell, "source").casefold()
    found = _SOURCE_OF.get(word, "")
    if word and not found:
        warnings.append(
            (f"source {shown(cell)} is not known", "write 购买, 捐赠, 交换 or 调拨 in that column")
        )
    return found


def bounded(cell: str, column: str, warnings: Warnings) -> str:
    """A text, cut where it is longer than a catalogue has use for."""
    clean = cleaning.text(cell, column)
    longest = LONGEST_SUMMARY if column == "summary" else LONGEST_TEXT
    if len(clean) <= longest:
        return clean
    warnings.append((f"{column} is longer than {longest} characters and was cut", "shorten it"))
    return clean[:longest].rstrip()


def title_values(cells: Mapping[str, str], warnings: Warnings) -> dict[str, Any]:
    """The columns of `titles` that the file has; a bad ISBN is kept as it stands and told."""
    values: dict[str, Any] = {f: bounded(cell, f, warnings) for f, cell in cells.items()}
    if not values["title"]:
        raise RowFault("the title is empty", "write it (题名), or delete the row")
    if "isbn" in values:
        values["isbn"] = _isbn(values["isbn"], warnings)
    if "year" in values:
        found = _YEAR.search(values["year"])
        values["year"] = found[0] if found else ""
    return values


def call_number(call: str, class_number: str, book_number: str) -> str:
    """As written, or made of class number and book number: I242.4/12."""
    if call:
        return cleaning.text(call, "call number")
    parts = (cleaning.text(class_number, "class number"), cleaning.text(book_number, "book number"))
    return "/".join(part for part in parts if part)


def _isbn(cell: str, warnings: Warnings) -> str:
    # 978-7-...（精装）, or several numbers: the first counts.
    number = re.split(r"[(（;；,，]", cell)[0].strip()
    if number and not isbn.is_good(number):
        warnings.append(
            (f"ISBN {shown(number)} has a wrong check digit or length", "compare it with the book")
        )
    return isbn.isbn13(number) or isbn.compact(number)
