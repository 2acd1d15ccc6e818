"""Shapes that some text fits both of."""

from __future__ import annotations

import pytest

from config.shape_checks import overlap


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        ("####", "####", True),
        ("####", "#####", False),
        ("1###", "2###", False),
        ("1###", "#2##", True),
        ("@###", "####", False),
        ("@###", "B###", True),
        ("@###", "b@##", False),
        ("A-##", "A-#@", False),
        ("A-##", "A-1#", True),
        ("##", "一二", False),
    ],
)
def test_shapes_overlap_only_where_a_text_fits_both(first: str, second: str, both: bool) -> None:
    assert overlap(first, second) is both
    assert overlap(second, first) is both
