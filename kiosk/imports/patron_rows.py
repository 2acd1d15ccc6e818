"""A row of a table of patrons -> a Person, or why not."""

from __future__ import annotations

import re
from typing import Any

from kiosk.imports import cleaning
from kiosk.imports.columns import Heading
from kiosk.imports.faults import RowFault
from kiosk.imports.tables import Row
from kiosk.imports.values import Options, Person

_GRADE_FIRST = re.compile(
    r"([一二三四五六七八九]|[1-9])\s*年?级?\s*[(（]?\d{1,2}[)）]?\s*班?|([初高][一二三])"
)


class PatronRows:
    """Turns rows into people, by the settings of one library."""

    def __init__(self, heading: Heading, options: Options) -> None:
        self._columns = heading.columns
        self._options = options
        self._categories = cleaning.choices_of(options.library.categories)
        self._wanted = (
            cleaning.known_key(options.category, self._categories, "--category", "[[categories]]")
            if options.category is not None
            else None
        )

    def person(self, row: Row) -> Person:
        """Raises RowFault for a row that cannot be taken."""
        warnings: list[tuple[str, str]] = []
        card, number = self._numbers(row, warnings)
        name = cleaning.text(row.cells["name"], "name")
        if not name:
            raise RowFault("the name is empty", "write the name (姓名), or delete the row")
        values: dict[str, Any] = {"name": name}
        if self._wanted is not None or "category" in self._columns:
            values["category"] = self._category(row)
        values |= self._class(row, warnings)
        if "major" in self._columns:
            values["major"] = cleaning.text(row.cells["major"], "major")
        if "expires_on" in self._columns:
            expires_on = cleaning.day(row.cells["expires_on"], "expires")
            values["expires_on"] = expires_on.isoformat() if expires_on else None
        return Person(row.line, number, card, values, tuple(warnings))

    def _numbers(self, row: Row, warnings: list[tuple[str, str]]) -> tuple[str, str]:
        """Card and patron number; one stands for both where the file has one column, or one cell is empty."""
        found = {
            f: cleaning.code(row.cells.get(f, ""), f, number=f in row.numbers)
            for f in ("number", "card")
        }
        card = found["card"]
        if "card" not in self._columns:
            card = found["number"]
        number = found["number"]
        if card:
            barcodes = self._options.library.barcodes
            shapes, check = barcodes.card_shapes, barcodes.card_check_digit
            card, warning = cleaning.shaped(card, "card", shapes, check)
            if warning:
                warnings.append((warning, "format the column as text (文本) in Excel"))
        if "number" not in self._columns or ("card" not in self._columns and number.isdigit()):
            number = card
        if not number:
            raise RowFault(
                "the number is empty", "write the number (学号 or 借书证号), or delete the row"
            )
        return card, number

    def _category(self, row: Row) -> str:
        cell = row.cells.get("category", "")
        if cell:
            return cleaning.known_key(cell, self._categories, "category", "[[categories]]")
        if self._wanted is None:
            raise RowFault("the category is empty", "write it (读者类别), or use --category")
        return self._wanted

    def _class(self, row: Row, warnings: list[tuple[str, str]]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        named = cleaning.text(row.cells.get("class_name", ""), "class")
        grade = row.cells.get("grade", "")
        if not grade and (found := _GRADE_FIRST.match(named)):
            grade = found[1] or found[2]
        if grade or "grade" in self._columns:
            values["grade"] = cleaning.grade(grade, self._options.today) if grade else None
            if grade and values["grade"] is None:
                warnings.append((f"grade {grade} is not understood", "write it like 三年级 or 3"))
        if "class_name" in self._columns:
            values["class_name"] = cleaning.class_name(named, values.get("grade"))
        return values


def usual_patron(options: Options) -> dict[str, Any]:
    """What a new patron is where the file has no column of categories."""
    keys = [category.key for category in options.library.categories]
    return {"category": "student" if "student" in keys else keys[0]}
