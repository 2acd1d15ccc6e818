"""Cells made into values, as tables of cases."""

from datetime import date

import pytest

from kiosk.imports import cleaning
from kiosk.imports.faults import RowFault

TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2027-07-15", date(2027, 7, 15)),
        ("2027/7/15", date(2027, 7, 15)),
        ("2027.7.15", date(2027, 7, 15)),
        ("20270715", date(2027, 7, 15)),
        ("2027年7月15日", date(2027, 7, 15)),
        ("2027-07-15 00:00:00", date(2027, 7, 15)),
        ("２０２７－０７－１５", date(2027, 7, 15)),
        ("2027年7月", date(2027, 7, 31)),
        ("2027-12", date(2027, 12, 31)),
        ("46583", date(2027, 7, 15)),
        ("长期", None),
        ("", None),
    ],
)
def test_a_date_is_read_in_every_usual_form(cell: str, day: date | None) -> None:
    assert cleaning.day(cell, "expires") == day


@pytest.mark.parametrize("cell", ["2027-13-01", "2027-02-30", "下学期", "15/07/2027", "7"])
def test_what_is_no_date_is_refused_with_an_example(cell: str) -> None:
    with pytest.raises(RowFault, match="is no date; write it like 2027-07-15"):
        cleaning.day(cell, "expires")


@pytest.mark.parametrize(
    ("cell", "grade"),
    [
        ("三年级", 3),
        ("3", 3),
        ("３", 3),
        ("3.0", 3),
        ("三", 3),
        ("三（2）班", 3),
        ("十二年级", 12),
        ("十", 10),
        ("初一", 7),
        ("初2", 8),
        ("高三", 12),
        ("2024级", 3),
        ("2026级", 1),
        ("2014", None),
        ("13", None),
        ("学前班", None),
    ],
)
def test_a_grade_is_read_in_every_usual_form(cell: str, grade: int | None) -> None:
    assert cleaning.grade(cell, TODAY) == grade


def test_a_year_of_entry_counts_from_september() -> None:
    assert cleaning.grade("2024级", date(2026, 7, 1)) == 2


@pytest.mark.parametrize(
    ("cell", "grade", "name"),
    [("2", 3, "三年级2班"), ("2班", 3, "三年级2班"), ("2", None, "2班"), ("三(2)班", 3, "三(2)班")],
)
def test_a_bare_class_number_gets_its_words(cell: str, grade: int | None, name: str) -> None:
    assert cleaning.class_name(cell, grade) == name


def test_zeros_that_excel_ate_are_put_back_and_told() -> None:
    assert cleaning.shaped("12345", "card", ("##########",), "none") == (
        "0000012345",
        'card "12345" taken as 0000012345: leading zeros were lost',
    )
    assert cleaning.shaped("0000012345", "card", ("##########",), "none") == ("0000012345", "")


@pytest.mark.parametrize(
    ("value", "shapes"),
    [
        ("12345678901", ("##########",)),
        ("12a", ("####",)),
        ("12", ("####", "######")),
        ("12", ("A###",)),
    ],
)
def test_zeros_are_put_back_only_where_one_shape_asks_for_them(
    value: str, shapes: tuple[str, ...]
) -> None:
    with pytest.raises(RowFault, match=r"has none of the shapes .*library\.toml"):
        cleaning.shaped(value, "card", shapes, "none")


def test_a_wrong_check_digit_is_refused() -> None:
    with pytest.raises(RowFault, match=r"wrong check digit \(mod10\)"):
        cleaning.shaped("79927398710", "card", ("###########",), "mod10")


@pytest.mark.parametrize("cell", ["1.23457E+11", "1E+10", "1.2E11"])
def test_a_number_that_lost_its_digits_is_refused(cell: str) -> None:
    with pytest.raises(RowFault, match="has lost digits in Excel; format the column as text"):
        cleaning.code(cell, "card", number=False)


@pytest.mark.parametrize("cell", ["'0012", "００12", " 0012\u200b", "\ufeff0012"])
def test_what_cannot_be_scanned_is_taken_off_a_number(cell: str) -> None:
    assert cleaning.code(cell, "card", number=False) == "0012"


@pytest.mark.parametrize("char", ["\x00", "\x1b", "\x7f", "\ue000"])
def test_a_control_character_is_named(char: str) -> None:
    with pytest.raises(RowFault, match=f"holds the character U\\+{ord(char):04X}"):
        cleaning.text(f"李{char}满", "name")


def test_spaces_and_breaks_in_a_text_become_one_space() -> None:
    assert cleaning.text(" 李\t小\r\n满　 ", "name") == "李 小 满"
