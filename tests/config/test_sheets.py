"""[labels] and [cards]: sheets that fit their page, bars that can write the numbers."""

from __future__ import annotations

import pytest

from config.library import Library
from config.settings import load_library, parse_library
from tests.config.samples import SHIPPED, SMALL, plainly, problems_of

SHEET = """
page_width = 210
page_height = 297
columns = 3
rows = 8
label_width = 70
label_height = 37
margin_left = 0
margin_top = 0.5
gap_across = 0
gap_down = 0
"""
FULL = f"{SMALL}\n[labels.sheet]{SHEET}"


def test_what_is_left_out_is_what_the_shipped_file_says() -> None:
    shipped = load_library(SHIPPED / "library.toml")
    plain = parse_library(SMALL.encode(), "library.toml")
    assert plain.labels == shipped.labels
    assert plain.cards == shipped.cards.model_copy(update={"back": ()})


def test_a_sheet_of_labels_without_gaps_may_fill_its_page() -> None:
    library: Library = parse_library(FULL.encode(), "library.toml")
    assert library.labels.sheet.count == 24
    assert library.labels.sheet.label_width == 70


WRONG = {
    "more columns than the page has room for": (
        FULL.replace("columns = 3", "columns = 4"),
        (
            "labels.sheet.columns = 4: so many need 280.0 mm with margin and gaps, and the page has 210 mm; "
            "compare all sizes with the packet of labels"
        ),
    ),
    "more rows than the page has room for": (
        FULL.replace("gap_down = 0", "gap_down = 0.2"),
        (
            "labels.sheet.rows = 8: so many need 297.9 mm with margin and gaps, and the page has 297 mm; "
            "compare all sizes with the packet of labels"
        ),
    ),
    "a key of a sheet left out": (
        FULL.replace("label_width = 70\n", ""),
        "labels.sheet.label_width: this key is missing; write label_width = 63.5",
    ),
    "a size in quotes": (
        FULL.replace("label_width = 70", 'label_width = "70"'),
        'labels.sheet.label_width = "70": write a number without quotes, such as 63.5',
    ),
    "a size that is no number": (
        FULL.replace("margin_left = 0", "margin_left = nan"),
        "labels.sheet.margin_left = nan: write a number, such as 63.5",
    ),
    "bars that the cameras do not look for": (
        SMALL + 'symbologies = ["EAN-13"]\n[labels]\nsymbology = "Code 39"\n',
        (
            'labels.symbology = "Code 39": the library\'s cameras do not look for "Code 39"; '
            "add it to barcodes.symbologies"
        ),
    ),
    "a QR code that the cameras do not look for": (
        SMALL + 'symbologies = ["Code 128"]\n[cards]\nqr = true\n',
        'cards.qr = true: the library\'s cameras do not look for "QR Code"; add it to barcodes.symbologies',
    ),
    "bars that cannot write the numbers": (
        SMALL.replace('copy = ["########"]', 'copy = ["TS######"]')
        + '[labels]\nsymbology = "Codabar"\n',
        'labels.symbology = "Codabar": it has no "S", and numbers may look like TS######; write "Code 128"',
    ),
    "bars that nobody knows": (
        SMALL + '[labels]\nsymbology = "Code128"\n',
        'labels.symbology = "Code128": did you mean "Code 128"?',
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_with_what_to_write_instead(name: str) -> None:
    text, said = WRONG[name]
    assert plainly(problems_of(text)) == [f"library.toml: {said}"]


def test_a_library_without_these_tables_may_look_for_whatever_it_likes() -> None:
    assert problems_of(SMALL + 'symbologies = ["EAN-13"]\n') == []
