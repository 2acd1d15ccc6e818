"""What a reader says, as it is read from a text that another machine wrote."""

from __future__ import annotations

import pytest

from kiosk.saying import Words, read


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"answers": [[1e999, 1]]}', None),
        ('{"isbn": "97\\u00008", "note": "\\ud800好"}', Words(isbn="978", note="好")),
    ],
)
def test_what_no_database_takes_is_no_word_of_a_reader(text, words):
    assert read(text) == words
