"""How a slip stands in columns, and which bytes a printer gets."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.escpos_slip import PaperForm, slip_bytes
from drivers.slip import Look, Slip, SlipLine, printable, rows, width, wrapped
from tests.drivers.paper import SLIP, read_paper

GB = "gb18030"
LONG = "三毛流浪记与卖火柴的小女孩以及其他许多许多的故事（注音版）"
ENGLISH = "The Very Long and Winding Story of Charlotte’s Web"


def laid(*lines: SlipLine, columns: int = 32) -> list[str]:
    return [row for _, row in rows(Slip(lines), columns, GB)]


@pytest.mark.parametrize(
    ("text", "columns"), [("abc", 3), ("昆虫记", 6), ("《A》", 5), ("·", 2), ("é", 2), ("𠮷", 2)]
)
def test_what_is_written_with_one_byte_takes_one_column_and_all_else_two(
    text: str, columns: int
) -> None:
    assert width(text, GB) == columns


def test_a_due_date_stands_flush_right_and_is_never_torn() -> None:
    assert laid(SlipLine("昆虫记", "12月9日前还")) == ["昆虫记               12月9日前还"]
    assert laid(SlipLine("海底两万里与神秘岛的故事集", "12月9日前还")) == [
        "海底两万里与神秘岛的故事集",
        " " * 21 + "12月9日前还",
    ]


def test_a_long_title_is_folded_and_all_of_it_is_there() -> None:
    folded = laid(SlipLine(LONG, "12月9日前还"))
    assert folded[:2] == ["三毛流浪记与卖火柴的小女孩以及其", "  他许多许多的故事（注音版）"]
    assert folded[-1].endswith("12月9日前还")


def test_english_is_folded_between_words() -> None:
    assert laid(SlipLine(ENGLISH, "back by Dec 9")) == [
        "The Very Long and Winding Story",
        "  of Charlotte's Web",
        " " * 19 + "back by Dec 9",
    ]


def test_no_row_begins_with_a_closing_sign_or_ends_with_an_opening_one() -> None:
    for columns in (32, 42, 48):
        for row in wrapped("这本书，很好！《书》；" * 12, columns, GB):
            assert row.strip()[0] not in "，！》；"
            assert row.strip()[-1] != "《"


@given(
    st.lists(st.tuples(st.text(), st.text(max_size=30), st.sampled_from(Look)), max_size=5),
    st.sampled_from([32, 42, 48]),
    st.sampled_from(["gb18030", "gbk"]),
)
def test_whatever_the_words_no_row_is_too_wide_and_no_sign_is_lost(
    lines: list[tuple[str, str, Look]], columns: int, encoding: str
) -> None:
    slip = Slip(tuple(SlipLine(text, tail, look) for text, tail, look in lines))
    laid_out = [row for _, row in rows(slip, columns, encoding)]
    assert all(width(row, encoding) <= columns for row in laid_out)
    wanted = "".join(
        ("-" * columns if look is Look.HEAD else "") + printable(text) + printable(tail)
        for text, tail, look in lines
    )
    assert "".join("".join(laid_out).split()) == "".join(wanted.split())


@given(st.text())
@example("\x1b@\x1dV\x00 三毛\x10\x04\x01")
def test_no_title_is_a_command(text: str) -> None:
    paper = read_paper(slip_bytes(Slip((SlipLine(text),)), PaperForm()))
    assert "".join("".join(paper).split()) == "".join(printable(text).split())
    assert not any(unicodedata.category(char) in ("Cc", "Cf", "Cs") for char in printable(text))


@pytest.mark.parametrize("columns", [32, 42, 48])
def test_the_bytes_are_gb18030_and_every_row_fits_the_paper(columns: int) -> None:
    lines = (*SLIP.lines, SlipLine(LONG, "12月9日前还"), SlipLine("𠮷野家の本 é", ""))
    paper = read_paper(slip_bytes(Slip(lines), PaperForm(columns=columns)))
    assert "阳光图书馆" in paper
    assert "𠮷野家の本 é" in paper
    assert "-" * columns in paper
    due = [row for row in paper if row.endswith("12月9日前还")]
    assert [width(row, GB) for row in due] == [columns, columns]
    assert all(width(row, GB) <= columns for row in paper)


def test_the_code_carries_the_whole_text_and_is_left_out_where_it_is_not_wanted() -> None:
    assert "QR昆虫记，12月9日前还" in "\n".join(read_paper(slip_bytes(SLIP, PaperForm())))
    assert b"\x1d(k" not in slip_bytes(SLIP, PaperForm(qr=False))


def test_reset_chinese_code_page_feed_and_cut_are_as_set() -> None:
    usual = slip_bytes(SLIP, PaperForm())
    assert usual.startswith(b"\x1b@\x1c&")
    assert usual.endswith(b"\x1bd\x05\x1dV\x01")
    other = slip_bytes(SLIP, PaperForm(code_page=255, cut="full", feed=2))
    assert other.startswith(b"\x1b@\x1bt\xff\x1c&")
    assert other.endswith(b"\x1bd\x02\x1dV\x00")
    assert slip_bytes(SLIP, PaperForm(cut="none")).endswith(b"\x1bd\x05")


def test_a_gbk_printer_gets_a_question_mark_for_what_it_cannot_write() -> None:
    raw = slip_bytes(Slip((SlipLine("𠮷野家"),)), PaperForm(encoding="gbk", qr=False))
    assert "?野家" in read_paper(raw, "gbk")
