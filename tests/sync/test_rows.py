"""Rows as stations are fed them: every field is there, and nothing else is taken."""

from __future__ import annotations

import pytest

from sync.rows import BadRow, checked, chunk_of, rows_of

COPY = {"title_id": "t1", "copy_type": "book", "state": "on_shelf"} | dict.fromkeys(
    ("shelf", "room", "call_number"), ""
)


def test_a_row_is_given_every_field_of_its_kind():
    assert checked("copy", "1", COPY) == {**COPY, "last_entry": None}
    assert checked("copy", "1", None) is None


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        ("copy", {**COPY, "state": "eaten"}, "copy 1: state: Input should be"),
        ("copy", {**COPY, "owner": "x"}, "copy 1: owner: Extra inputs"),
        ("loan", {"patron_id": "p"}, "loan 1: opened_ms: Field required"),
        ("ghost", {}, "ghost 1: no kind that this release knows"),
    ],
)
def test_a_row_of_another_shape_is_named(kind, value, says):
    with pytest.raises(BadRow, match=says):
        checked(kind, "1", value)


def test_a_chunk_is_read_as_it_was_written():
    rows = [("1", COPY), ("2 \u2028", {"text": "西游记\u2028"})]
    assert list(rows_of(chunk_of(rows))) == rows


@pytest.mark.parametrize("text", [b"\xff", b"[]\n", b"{}\n", b'{"key": "1"\n'])
def test_a_text_that_is_no_chunk_is_refused(text):
    with pytest.raises(BadRow, match="a chunk cannot be read"):
        list(rows_of(text))
