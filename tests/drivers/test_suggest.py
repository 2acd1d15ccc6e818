"""What a scan looks like on the wire -> the keys that make the driver read it."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.station import ScannerSettings
from drivers.framing import Framer, Read, Terminator
from drivers.make import framing_of
from drivers.suggest import suggest


def settings(raw: bytes) -> ScannerSettings:
    """The suggested lines, as the settings read them."""
    table = tomllib.loads("\n".join(suggest(raw).lines()))
    return ScannerSettings.model_validate({"name": "a", "kind": "serial", "port": "x", **table})


@pytest.mark.parametrize(
    ("raw", "lines"),
    [
        (b"123\r", []),
        (b"123\r\n", ['ends_with = "crlf"']),
        (b"123\n", ['ends_with = "lf"']),
        (b"123\t", ['ends_with = "tab"']),
        (b"123", ['ends_with = "silence"']),
        (b"\x02123\x03\r", ['prefix = "\\u0002"', 'suffix = "\\u0003"']),
        ("三年级\r".encode(), ['encoding = "utf-8"']),
        ("三年级\r".encode("gbk"), ['encoding = "gbk"']),
        (b"123\r456\r", []),
    ],
)
def test_only_what_is_not_the_default_is_suggested(raw: bytes, lines: list[str]) -> None:
    assert suggest(raw).lines() == lines


def test_an_aim_identifier_is_told_and_is_no_prefix() -> None:
    seen = suggest(b"]C0A-1\r")
    assert (seen.text, seen.symbology, seen.prefix, seen.ended_by) == ("A-1", "Code 128", "", "CR")
    assert suggest(b"7").ended_by == "nothing"


def test_bytes_that_are_no_text_are_said_to_be_none() -> None:
    assert suggest(b"\xff\xff\xfe\r").text is None


@given(
    prefix=st.sampled_from([b"", b"\x02", b"\x01\x02"]),
    text=st.text("09AZaz -./+ $%三年", min_size=1, max_size=40),
    suffix=st.sampled_from([b"", b"\x03"]),
    end=st.sampled_from([b"\r", b"\n", b"\r\n", b"\t", b""]),
    encoding=st.sampled_from(["utf-8", "gbk"]),
)
def test_what_is_suggested_reads_the_scan_it_was_suggested_for(
    prefix: bytes, text: str, suffix: bytes, end: bytes, encoding: str
) -> None:
    raw = prefix + text.encode(encoding) + suffix + end
    seen, chosen = suggest(raw), settings(raw)
    framer = Framer(framing_of(chosen))
    outcomes = framer.feed(raw, 0)
    if seen.ends_with is Terminator.SILENCE:
        outcomes += framer.tick(chosen.silence_ms)
    assert outcomes == [Read(str(seen.text), seen.symbology, outcomes[0].at_ms)]
