"""ISBNs in every form that a catalogue or a person writes."""

import pytest

from kiosk.isbn import is_good, isbn10, isbn13


@pytest.mark.parametrize(
    ("text", "thirteen"),
    [
        ("9787020002207", "9787020002207"),
        ("978-7-02-000220-7", "9787020002207"),
        ("7-02-000220-X", "9787020002207"),
        ("702000220x", "9787020002207"),
        ("9791032305690", "9791032305690"),
        ("977100020001", ""),
        ("红楼梦", ""),
        ("９７８", ""),
        ("", ""),
    ],
)
def test_thirteen_digits_are_made_of_every_form(text: str, thirteen: str) -> None:
    assert isbn13(text) == thirteen


def test_ten_digits_exist_for_978_only() -> None:
    assert isbn10("9787020002207") == "702000220X"
    assert isbn10("9791032305690") == ""


def test_a_wrong_check_digit_is_seen() -> None:
    assert is_good("9787020002207")
    assert is_good("7-02-000220-X")
    assert not is_good("9787020002208")
    assert not is_good("7020002207")
