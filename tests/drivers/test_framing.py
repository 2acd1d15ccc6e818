"""Bytes to scans: tables of what comes in and what comes out."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.framing import (
    ADVICE,
    HOLE_MS,
    QUIET_MS,
    Framer,
    Framing,
    Outcome,
    Read,
    Rubbish,
    Terminator,
    Why,
    shape,
    split_aim,
)


def read(*pieces: bytes, **settings: Any) -> list[Outcome]:
    """Every piece in one breath, then a long quiet."""
    framer = Framer(Framing(**settings))
    done = [outcome for piece in pieces for outcome in framer.feed(piece, 0)]
    return [*done, *framer.tick(QUIET_MS)]


def texts(outcomes: list[Outcome]) -> list[str | Why]:
    return [o.text if isinstance(o, Read) else o.why for o in outcomes]


@pytest.mark.parametrize(
    ("terminator", "raw"),
    [
        ("cr", b"123\r456\r"),
        ("lf", b"123\n456\n"),
        ("crlf", b"123\r\n456\r\n"),
        ("tab", b"123\t456\t"),
        # The scanner ends with more than the settings say.
        ("cr", b"123\r\n456\r\n"),
        ("lf", b"123\r\n456\r\n"),
        ("tab", b"123\t\r\n456\t\r\n"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_scans_end_where_the_terminator_says_however_the_bytes_arrive(
    terminator: str, raw: bytes, size: int
) -> None:
    pieces = [raw[at : at + size] for at in range(0, len(raw), size)]
    assert texts(read(*pieces, terminator=Terminator(terminator))) == ["123", "456"]


def test_the_line_end_left_over_from_one_scan_does_not_spoil_the_next_one_minutes_later() -> None:
    framer = Framer(Framing())
    assert texts(framer.feed(b"123\r\n", 0)) == ["123"]
    assert framer.wait_ms(0) is None
    assert texts(framer.feed(b"456\r\n", 120_000)) == ["456"]


def test_silence_ends_a_scan_and_only_silence_does() -> None:
    framer = Framer(Framing(Terminator.SILENCE, silence_ms=50))
    assert framer.feed(b"12", 0) == []
    assert framer.feed(b"3", 49) == []
    assert framer.wait_ms(60) == 39
    assert framer.tick(98) == []
    assert framer.tick(99) == [Read("123", "", 99)]
    assert framer.tick(500) == []


def test_prefix_and_suffix_are_taken_off() -> None:
    framing = {"prefix": b"\x02", "suffix": b"\x03"}
    assert texts(read(b"\x02123\x03\r", **framing)) == ["123"]
    assert texts(read(b"123\x03\r", **framing)) == [Why.NO_PREFIX]
    assert texts(read(b"\x02123\r", **framing)) == [Why.NO_SUFFIX]
    assert texts(read(b"\x02\x03\r", **framing)) == [Why.EMPTY]


def test_one_character_is_not_prefix_and_suffix_at_once() -> None:
    assert texts(read(b"#\r", prefix=b"#", suffix=b"#")) == [Why.NO_SUFFIX]


@pytest.mark.parametrize(
    ("raw", "symbology", "rest"),
    [
        (b"]C012345", "Code 128", b"12345"),
        (b"]C112345", "GS1-128", b"12345"),
        (b"]E09787020002207", "EAN-13", b"9787020002207"),
        (b"]E412345670", "EAN-8", b"12345670"),
        (b"]A0A1", "Code 39", b"A1"),
        (b"]F0A1A", "Codabar", b"A1A"),
        (b"]Q1x", "QR Code", b"x"),
        (b"12345", "", b"12345"),
        (b"]", "", b"]"),
        (b"]Z0123", "", b"]Z0123"),
        (b"]C-123", "", b"]C-123"),
        (b"]\xff0123", "", b"]\xff0123"),
    ],
)
def test_an_aim_identifier_names_the_symbology(raw: bytes, symbology: str, rest: bytes) -> None:
    assert split_aim(raw) == (symbology, rest)


def test_the_symbology_goes_with_the_scan() -> None:
    assert read(b"\x02]C012345\r", prefix=b"\x02") == [Read("12345", "Code 128", 0)]


@pytest.mark.parametrize(
    ("encoding", "raw", "expected"),
    [
        ("ascii", b"A1\r", "A1"),
        ("ascii", "图".encode(), Why.NOT_TEXT),
        ("ascii", b"A\xb11\r", Why.NOT_TEXT),
        ("utf-8", "图书1\r".encode(), "图书1"),
        ("utf-8", "图书\r".encode("gbk"), Why.NOT_TEXT),
        ("utf-8", "图".encode()[:2] + b"\r", Why.NOT_TEXT),
        ("gbk", "图书1\r".encode("gbk"), "图书1"),
        ("gbk", b"A\xff\r", Why.NOT_TEXT),
    ],
)
def test_a_byte_that_is_no_text_spoils_the_scan_and_is_never_replaced(
    encoding: str, raw: bytes, expected: str | Why
) -> None:
    assert texts(read(raw.rstrip(b"\r") + b"\r", encoding=encoding)) == [expected]


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize("terminator", list(Terminator)[:-1])
def test_what_is_too_long_is_dropped_up_to_its_end_and_reported_once(
    terminator: Terminator, size: int
) -> None:
    end = {"cr": b"\r", "lf": b"\n", "crlf": b"\r\n", "tab": b"\t"}[terminator]
    raw = b"9" * 5_000 + end + b"123" + end
    pieces = [raw[at : at + size] for at in range(0, len(raw), size)]
    assert texts(read(*pieces, terminator=terminator, longest=10)) == [Why.LONG, "123"]


def test_a_line_end_cut_in_two_ends_even_what_is_too_long() -> None:
    crlf = {"terminator": Terminator.CRLF, "longest": 10}
    assert texts(read(b"9" * 43 + b"\r", b"\n123\r\n", **crlf)) == [Why.LONG, "123"]


def test_the_limit_is_exact() -> None:
    assert texts(read(b"1234567890\r12345678901\r", longest=10)) == ["1234567890", Why.LONG]
    assert texts(read("图书馆\r图书馆员\r".encode(), longest=3, encoding="utf-8")) == [
        "图书馆",
        Why.LONG,
    ]


def test_silence_does_not_lift_the_limit() -> None:
    assert texts(read(b"9" * 900, terminator=Terminator.SILENCE, longest=10)) == [Why.LONG]


def test_two_scans_with_a_pause_instead_of_an_end_between_them_do_not_become_one() -> None:
    framer = Framer(Framing())
    assert framer.feed(b"123", 0) == []
    assert texts(framer.feed(b"456\r", HOLE_MS)) == [Why.HOLE]
    assert texts(framer.feed(b"456\r", HOLE_MS + 5)) == ["456"]


def test_a_scan_whose_end_never_comes_is_given_up_and_the_next_is_sound() -> None:
    framer = Framer(Framing())
    framer.feed(b"123", 0)
    assert framer.wait_ms(1_000) == QUIET_MS - 1_000
    assert framer.tick(QUIET_MS - 1) == []
    assert framer.tick(QUIET_MS) == [Rubbish(Why.CUT, "###", QUIET_MS)]
    assert texts(framer.feed(b"456\r", QUIET_MS + 1)) == ["456"]


def test_a_reader_that_was_held_up_does_not_cut_a_scan_in_two() -> None:
    framer = Framer(Framing())
    framer.feed(b"123", 0)
    assert texts(framer.feed(b"456\r", 10 * QUIET_MS)) == [Why.HOLE]


def test_the_first_reason_is_the_one_reported_with_the_keys_that_were_seen() -> None:
    framer = Framer(Framing())
    framer.feed(b"12", 0)
    framer.spoil(Why.CONTROL, 1, "Ctrl")
    framer.spoil(Why.CONTROL, 2, "Ctrl+V")
    framer.spoil(Why.DROPPED, 3)
    assert framer.feed(b"\r", 4) == [Rubbish(Why.CONTROL, "## Ctrl Ctrl+V", 4)]


def test_ten_thousand_control_keys_are_not_all_written_down() -> None:
    framer = Framer(Framing())
    for _ in range(10_000):
        framer.spoil(Why.CONTROL, 0, "Esc")
    (rubbish,) = framer.feed(b"\r", 0)
    assert isinstance(rubbish, Rubbish)
    assert rubbish.seen == " ".join(["Esc"] * 8)


def test_what_was_seen_is_shown_without_its_digits_and_letters() -> None:
    assert shape(b"2024-A\x00\xff ]") == "####-@<00><ff> ]"
    assert shape(b"9" * 65) == "#" * 64 + "..."
    assert Rubbish(Why.LONG, "#" * 64 + "...", 0) in read(b"9" * 900 + b"\r", longest=100)


def test_every_reason_says_what_to_do() -> None:
    assert set(ADVICE) == set(Why)
