"""What a raw scan is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.library import Barcodes
from config.numbers import check_digit_holds, gtin_holds, is_isbn13
from kiosk.barcodes import LONGEST, Kind, classify, shown

SETTINGS = Barcodes.model_validate(
    {
        "card": ["##########", "T#####"],
        "copy": ["########"],
        "commands": {"finish": "CMD-FINISH"},
    }
)


@pytest.mark.parametrize(
    ("raw", "kind", "text"),
    [
        ("2024030217", Kind.CARD, "2024030217"),
        ("T00042", Kind.CARD, "T00042"),
        ("00012345", Kind.COPY, "00012345"),
        ("00012345\r\n", Kind.COPY, "00012345"),
        (" 00012345\t", Kind.COPY, "00012345"),
        ("9787020002207", Kind.ISBN, "9787020002207"),
        ("978702000220712", Kind.ISBN, "9787020002207"),
        ("9787020002208", Kind.EITHER, "9787020002208"),
        ("CMD-FINISH", Kind.COMMAND, "finish"),
        ("HELLO", Kind.EITHER, "HELLO"),
        ("", Kind.RUBBISH, ""),
        ("   ", Kind.RUBBISH, "   "),
        ("123\x0045678", Kind.RUBBISH, "123·45678"),
        ("\x1b[2J", Kind.RUBBISH, "·[2J"),
        ("7" * 4096, Kind.RUBBISH, "7" * LONGEST),
        ("\udc80\udcff", Kind.RUBBISH, "··"),
        ("１２３４５６７８", Kind.EITHER, "１２３４５６７８"),
        ("0001234٥", Kind.EITHER, "0001234٥"),
    ],
)
def test_a_raw_scan_is_what_its_shape_says(raw: str, kind: Kind, text: str) -> None:
    found = classify(raw, SETTINGS)
    assert (found.kind, found.text) == (kind, text)


@given(st.text(st.characters(), max_size=200))
def test_any_text_is_classified_and_can_be_written_down(raw: str) -> None:
    found = classify(raw, SETTINGS)
    assert len(shown(found.text)) <= LONGEST
    shown(found.text).encode("utf-8")


@pytest.mark.parametrize(
    ("method", "good", "bad"),
    [
        ("mod10", "79927398713", "79927398714"),
        ("mod11", "080442957X", "0804429571"),
        ("mod16", "962+", "9621"),
        ("mod43", "CODE39W", "CODE39X"),
    ],
)
def test_a_wrong_check_digit_is_noticed(method: str, good: str, bad: str) -> None:
    assert check_digit_holds(good, method)
    assert not check_digit_holds(bad, method)
    assert check_digit_holds(bad, "none")


def test_a_label_with_a_wrong_check_digit_is_unreadable_not_another_book() -> None:
    strict = Barcodes.model_validate(
        {"card": ["T#####"], "copy": ["###########"], "copy_check_digit": "mod10"}
    )
    assert classify("79927398713", strict).kind is Kind.COPY
    assert classify("79927398714", strict).kind is Kind.RUBBISH


@pytest.mark.parametrize(
    "text", ["978702000220", "9787020002208", "1234567890128", "978702000220X", "97870200022071"]
)
def test_what_is_not_an_isbn_is_not_taken_for_one(text: str) -> None:
    assert not is_isbn13(text)


def test_the_check_digit_of_trade_numbers() -> None:
    assert gtin_holds("9787020002207")
    assert not gtin_holds("9787020002270")
    assert not gtin_holds("")
