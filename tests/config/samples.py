"""A library.toml as small as one can be, and the shipped one, each with lines changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from config.settings import Problem, SettingsError, parse_library

SHIPPED = Path(__file__).resolve().parents[2] / "config"

SMALL = """
[library]
name = "小学图书馆"

[[rooms]]
key = "main"
name = "大厅"

[[categories]]
key = "student"
name = "学生"
limit = 3

[[copy_types]]
key = "book"
name = "图书"

[[loan_rules]]
categories = ["student"]
copy_types = ["book"]
days = 14

[[terms]]
name = "autumn"
begins = 2026-09-01
ends = 2027-01-22
return_by = 2027-01-15

[[windows]]
name = "lunch"
days = ["mon", "tue", "wed", "thu", "fri"]
from = "11:30"
to = "12:30"

[barcodes]
card = ["##########"]
copy = ["########"]
"""


def problems_of(text: str) -> list[Problem]:
    """Everything that is wrong with a library.toml."""
    try:
        parse_library(text.encode(), "library.toml")
    except SettingsError as error:
        return list(error.problems)
    return []


def plainly(problems: list[Problem]) -> list[str]:
    """What is said of each, but for the line where it stands."""
    return [str(replace(problem, line=None)) for problem in problems]


def changed(old: str, new: str, text: str = SMALL) -> str:
    assert old in text
    return text.replace(old, new, 1)
