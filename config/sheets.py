"""[labels] and [cards] of library.toml: what goes on paper, and how it is cut; sizes in millimetres. PURE."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.table import Many, Table, Text

BarSymbology = Literal["Code 39", "Code 128", "Codabar"]
Length = Annotated[float, Field(ge=10, le=1000, allow_inf_nan=False)]
Space = Annotated[float, Field(ge=0, le=500, allow_inf_nan=False)]
Across = Annotated[int, Field(ge=1, le=100)]

# What each kind of bars can write; "@" in a shape of [barcodes] is a letter of any of them.
DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CHARACTERS: dict[str, frozenset[str]] = {
    "Code 39": frozenset(DIGITS + LETTERS + "-. $/+%"),
    "Code 128": frozenset(map(chr, range(32, 127))),
    "Codabar": frozenset(DIGITS + "-$:/.+"),
}


class Sheet(Table):
    """Where the labels of a sheet are: a grid that begins at the margins, from the left and from the top."""

    page_width: Length
    page_height: Length
    columns: Across
    rows: Across
    label_width: Length
    label_height: Length
    margin_left: Space
    margin_top: Space
    gap_across: Space
    gap_down: Space

    @property
    def count(self) -> int:
        """Labels on one sheet."""
        return self.columns * self.rows


def _a4(columns: int, rows: int, *sizes: float) -> Sheet:
    """`sizes`: label width and height, margins left and top, gaps across and down."""
    names = "label_width label_height margin_left margin_top gap_across gap_down".split()
    more = dict(zip(names, sizes, strict=True))
    return Sheet(page_width=210, page_height=297, columns=columns, rows=rows, **more)


class Labels(Table):
    """The label inside a copy with its barcode, and the one on its spine with its call number."""

    symbology: BarSymbology = "Code 128"
    qr: bool = False
    sheet: Sheet = _a4(3, 8, 63.5, 33.9, 7.2, 12.9, 2.5, 0)
    spine: Sheet = _a4(6, 11, 30, 25, 7.5, 11, 3, 0)


class Cards(Table):
    """A patron's card: CR80 (ISO/IEC 7810 ID-1), 85.6 x 53.98 mm. `back`: its lines, for `--backs`."""

    symbology: BarSymbology = "Code 128"
    qr: bool = False
    pinyin: bool = False
    back: Many[Text] = ()
    sheet: Sheet = _a4(2, 5, 85.6, 53.98, 16.4, 13.55, 6, 0)
