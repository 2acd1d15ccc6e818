"""Rows as stations are fed them: every field is there, and nothing else is taken."""

from __future__ import annotations

import json

import pytest

from sync.rows import BadRow, checked, rows_of

COPY = {"barcode": "1", "title_id": "t1", "copy_type": "book", "state": "on_shelf"} | dict.fromkeys(
    ("shelf", "room", "call_number"), ""
)


def refuse(bad: BadRow) -> None:
    raise AssertionError(bad)


def test_a_row_is_given_every_field_of_its_kind():
    assert checked("copy", "1", COPY) == {**COPY, "last_entry": None, "lendable": True}
    assert checked("copy", "1", None) is None


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        ("copy", {**COPY, "state": "eaten"}, "copy 1: state: Invalid enum value"),
        ("copy", {**COPY, "lendable": 1}, "copy 1: lendable: Expected `bool`"),
        ("loan", {"barcode": "1"}, "loan 1: opened_ms: Object missing"),
        ("copy", {**COPY, "barcode": "2"}, "copy 1: the row says 2"),
        ("ghost", {}, "ghost 1: no kind that this release knows"),
    ],
)
def test_a_row_of_another_shape_is_named(kind, value, says):
    with pytest.raises(BadRow, match=says):
        checked(kind, "1", value)


def test_a_chunk_is_read_line_by_line_whatever_the_texts_hold():
    odd = {**COPY, "barcode": "2", "shelf": "A\u2028B"}
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in (COPY, odd))
    read = list(rows_of("copy", text.encode(), refuse))
    assert [(key, json.loads(row)["shelf"]) for key, row in read] == [("1", ""), ("2", "A\u2028B")]


def test_a_row_of_a_chunk_has_every_field_that_its_kind_has():
    short = {name: value for name, value in COPY.items() if name != "last_entry"}
    (found,) = rows_of("copy", json.dumps(short).encode(), refuse)
    assert found[0] == "1"
    assert json.loads(found[1]) == {**COPY, "last_entry": None, "lendable": True}


@pytest.mark.parametrize("text", [b"\xff", b"[]\n", b"{}\n", b'{"barcode": "1"\n', b"1"])
def test_a_text_that_is_no_chunk_is_refused(text):
    with pytest.raises(BadRow, match="copy"):
        list(rows_of("copy", text, refuse))


def test_a_bad_row_of_a_chunk_is_named_and_keeps_no_other_out():
    rows = ({**COPY, "state": "eaten"}, {**COPY, "barcode": "2"}, {"barcode": "3"})
    bad: list[BadRow] = []
    found = list(rows_of("copy", "\n".join(map(json.dumps, rows)).encode(), bad.append))
    assert [key for key, _ in found] == ["2"]
    assert [str(error)[:14] for error in bad] == ["copy 1: state:", "copy 3: title_"]
