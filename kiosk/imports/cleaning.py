"""Cells made into values: texts, numbers of cards and copies, dates, grades. Every fault says what to do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from difflib import get_close_matches

from config.library import Category, CopyType, Room
from config.numbers import check_digit_holds, fits
from kiosk.barcodes import LONGEST
from kiosk.imports.faults import RowFault, shown

# Key -> names in Chinese and English.
Choices = Mapping[str, tuple[str, str]]

_SPACES = re.compile(r"\s+")
_EXPONENT = re.compile(r"[0-9](\.[0-9]+)?E\+?[0-9]+", re.IGNORECASE)
_INVISIBLE = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF, 0xAD])
_DATES = (
    re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T].*)?"),
    re.compile(r"(\d{4})(\d{2})(\d{2})"),
)
_MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})月?")
_ALWAYS = ("长期", "永久", "长期有效", "永久有效", "无", "never", "none")
# Excel's day 1 is 1900-01-01, and it believes in a 29 February 1900.
_EXCEL_DAYS = date(1899, 12, 30)
_EXCEL_RANGE = range(36_000, 74_000)
_CHINESE = {c: n for n, c in enumerate("零一二三四五六七八九十")}
_STAGES = {"初": 6, "高": 9}
# Words that schools use for one another.
_SAME = (
    {"教师", "老师", "teacher"},
    {"学生", "同学", "pupil", "student"},
    {"期刊", "杂志", "magazine"},
)
_GRADE = re.compile(r"([0-9]{1,2}|[一二三四五六七八九十]+)\s*(?:年级|年)?")
_STAGE = re.compile(r"([初高])([一二三1-3])")
_INTAKE = re.compile(r"((?:19|20)\d{2})\s*[级届]?")


def text(cell: str, column: str) -> str:
    """Spaces and line breaks made one space; other control characters reject the row."""
    clean = _SPACES.sub(" ", cell.translate(_INVISIBLE)).strip()
    _no_control(clean, column)
    return clean


def code(cell: str, column: str, *, number: bool) -> str:
    """A card number or barcode as it will be scanned: full-width digits made plain, no spaces inside."""
    clean = unicodedata.normalize("NFKC", cell.translate(_INVISIBLE)).strip()
    # A leading apostrophe is how people tell Excel that a number is text.
    clean = clean.removeprefix("'")
    _no_control(clean, column)
    if _EXPONENT.fullmatch(clean) or (number and "." in clean):
        raise RowFault(
            f"{column} {shown(clean)} has lost digits in Excel",
            "format the column as text (文本), enter the numbers again and export",
        )
    if len(clean) > LONGEST:
        raise RowFault(f"{column} {shown(clean)} is longer than {LONGEST} characters", "correct it")
    return clean


def shaped(value: str, column: str, shapes: tuple[str, ...], check_digit: str) -> tuple[str, str]:
    """The number in a shape of library.toml, and a warning if leading zeros had to be put back ("" if not)."""
    warning = ""
    if not fits(value, shapes):
        padded = _padded(value, shapes)
        if padded is None:
            raise RowFault(
                f"{column} {shown(value)} has none of the shapes {', '.join(shapes)}",
                "correct it, or add its shape to [barcodes] in library.toml",
            )
        warning = f"{column} {shown(value)} taken as {padded}: leading zeros were lost"
        value = padded
    if not check_digit_holds(value, check_digit):
        raise RowFault(
            f"{column} {shown(value)} has a wrong check digit ({check_digit})",
            "compare it with the label",
        )
    return value, warning


def day(cell: str, column: str) -> date | None:
    """A date in any usual form, also as Excel's number of days; None for "", 长期 and the like."""
    clean = unicodedata.normalize("NFKC", cell).strip()
    if not clean or clean.casefold() in _ALWAYS:
        return None
    if clean.isdigit() and int(clean) in _EXCEL_RANGE:
        return _EXCEL_DAYS + timedelta(days=int(clean))
    try:
        for form in _DATES:
            if found := form.fullmatch(clean):
                return date(*map(int, found.groups()))
        if found := _MONTH.fullmatch(clean):
            return _last_of(*map(int, found.groups()))
    except ValueError:
        pass
    raise RowFault(f"{column} {shown(cell)} is no date", "write it like 2027-07-15")


def grade(cell: str, today: date) -> int | None:
    """三年级, 3, 三, 初一, 高二, 2024级 -> a number from 1 to 12; None if it is none of these.

    A year of entry counts school years from September, the first as grade 1.
    """
    clean = unicodedata.normalize("NFKC", cell).strip().removesuffix(".0")
    if found := _STAGE.match(clean):
        return _STAGES[found[1]] + _chinese(found[2])
    if found := _INTAKE.match(clean):
        school_year = today.year if today.month >= 8 else today.year - 1
        years = school_year - int(found[1]) + 1
        return years if 1 <= years <= 12 else None
    if found := _GRADE.match(clean):
        number = _chinese(found[1])
        return number if 1 <= number <= 12 else None
    return None


def class_name(cell: str, grade_no: int | None) -> str:
    """A bare number gets its words: 2 in grade 3 is 三年级2班."""
    if not re.fullmatch(r"\d{1,2}|\d{1,2}班", cell):
        return cell
    words = f"{cell.removesuffix('班')}班"
    if grade_no is None or grade_no > 10:
        return words
    return f"{'零一二三四五六七八九十'[grade_no]}年级{words}"


def _no_control(clean: str, column: str) -> None:
    for char in clean:
        if unicodedata.category(char) in ("Cc", "Cs", "Co"):
            raise RowFault(
                f"{column} {shown(clean)} holds the character U+{ord(char):04X}",
                "delete the cell and type it again",
            )


def _padded(value: str, shapes: tuple[str, ...]) -> str | None:
    """Zeros put back in front, if there is one shape of digits only that is longer."""
    widths = {len(s) for s in shapes if set(s) == {"#"}}
    if len(widths) != 1 or not (value.isascii() and value.isdigit()):
        return None
    width = widths.pop()
    return value.zfill(width) if len(value) < width else None


def _last_of(year: int, month: int) -> date:
    following = date(year + month // 12, month % 12 + 1, 1)
    return following - timedelta(days=1)


def _chinese(text_: str) -> int:
    if text_.isdigit():
        return int(text_)
    if len(text_) == 2 and text_[0] == "十":
        return 10 + _CHINESE[text_[1]]
    return _CHINESE.get(text_, 0)


def known_key(cell: str, choices: Choices, column: str, where: str) -> str:
    """The key whose key or name the cell is, or another word for it; `where`: what lists them in library.toml."""
    wanted = unicodedata.normalize("NFKC", cell).strip().casefold()
    named = {n.casefold(): key for key, names in choices.items() for n in (key, *names) if n}
    if wanted in named:
        return named[wanted]
    meant = {named[word] for words in _SAME if wanted in words for word in words if word in named}
    if len(meant) == 1:
        return meant.pop()
    listed = (dict.fromkeys(n for n in (key, *names) if n) for key, names in choices.items())
    raise RowFault(
        f"{column} {shown(cell)} is not known",
        f"{_did_you_mean(wanted, choices)}use one of {', '.join('/'.join(each) for each in listed)}, "
        f"or add it to {where} in library.toml",
    )


def _did_you_mean(wanted: str, choices: Choices) -> str:
    """A name that holds what was written, is held by it, or is nearly it; "" if there is none."""
    names = {n.casefold(): n for key, names in choices.items() for n in (key, *names) if n}
    near = [n for n in names if n in wanted or (len(wanted) > 1 and wanted in n)]
    near += get_close_matches(wanted, names, n=1)
    return f'did you mean "{names[near[0]]}"? ' if near else ""


def choices_of(entries: Iterable[Category | CopyType | Room]) -> Choices:
    """What [[categories]], [[copy_types]] or [[rooms]] are called in files."""
    return {entry.key: (entry.name, entry.name_en) for entry in entries}
