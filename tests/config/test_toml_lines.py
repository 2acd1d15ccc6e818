"""Finding the line of a dotted key."""

from __future__ import annotations

import pytest

from config.toml_lines import find_line
from tests.config.samples import SHIPPED

TEXT = """top = true
[library]
name = "x"  # windows = 3
[[windows]]
days = ["mon"]
from = "11:30"
[[windows]]
from = "12:30"
[barcodes.commands]
finish = "X"
"""


@pytest.mark.parametrize(
    ("key", "number", "text"),
    [
        ("top", 1, "top = true"),
        ("library.name", 3, 'name = "x"  # windows = 3'),
        ("windows", 4, "[[windows]]"),
        ("windows[0].from", 6, 'from = "11:30"'),
        ("windows[1].from", 8, 'from = "12:30"'),
        ("windows[0].days[0]", 5, 'days = ["mon"]'),
        ("windows[1].acts", 7, "[[windows]]"),
        ("barcodes.commands.finish", 10, 'finish = "X"'),
    ],
)
def test_a_key_is_found_on_its_line_or_on_that_of_its_table(
    key: str, number: int, text: str
) -> None:
    line = find_line(TEXT, key)
    assert line
    assert (line.number, line.text) == (number, text)


def test_a_key_of_nowhere_has_no_line() -> None:
    assert find_line(TEXT, "shelves[0].key") is None


def test_the_rules_of_the_shipped_library_are_found() -> None:
    text = (SHIPPED / "library.toml").read_text("utf-8")
    line = find_line(text, "loan_rules[4].use")
    assert line
    assert line.text == 'use = "in_library"'
    assert text.splitlines()[line.number - 1].strip() == line.text
