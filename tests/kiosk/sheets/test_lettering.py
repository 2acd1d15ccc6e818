"""Texts in boxes: as large as they may be, broken where one breaks, and whole as long as there is room."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kiosk.sheets.lettering import LEADING, em, fitted, wrapped


def test_a_short_name_is_large_and_a_long_one_smaller_and_both_are_whole() -> None:
    short = fitted("李小满", 76, 11, largest=8, smallest=2.4)
    assert (short.lines, short.size_mm) == (("李小满",), 8)
    long = fitted("阿依古丽·买买提吐尔逊江阿卜杜", 76, 11, largest=8, smallest=2.4)
    assert "".join(long.lines) == "阿依古丽·买买提吐尔逊江阿卜杜"
    assert not long.cut
    assert 4 < long.size_mm < 8


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Alice in Wonderland", ("Alice in", "Wonderland")),
        ("Wonderlandwonderland", ("Wonderlandwond", "erland")),
        ("夏洛的网，一只猪", ("夏洛的网，一只", "猪")),
        ("一二三四五六七。", ("一二三四五六", "七。")),
        ("  a \n b  ", ("a b",)),
        ("", ()),
    ],
)
def test_lines_break_between_words_and_characters(text: str, lines: tuple[str, ...]) -> None:
    ems = 9.5 if text.startswith("W") else 7.5
    assert wrapped(" ".join(text.split()), ems) == lines


@example("×", 5.0, 7.0)
@given(st.text(max_size=300), st.floats(5, 80), st.floats(3, 20))
def test_whatever_the_text_it_stays_in_its_box(text: str, width: float, height: float) -> None:
    found = fitted(text, width, height, largest=8, smallest=2)
    assert found.height_mm <= max(height, 2 * LEADING) + 1e-6
    assert all(em(line) * found.size_mm <= width + 1e-6 for line in found.lines)
    if not found.cut:
        assert "".join("".join(found.lines).split()) == "".join(text.split())
    else:
        assert found.lines[-1].endswith("…")
