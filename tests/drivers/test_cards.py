"""One card in every format; what links two readings; what clashes."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from drivers.cards import (
    CardFormat,
    Link,
    can_become,
    chip_bytes,
    clashes,
    formats_of,
    links,
    translate,
)

# One chip, raw bytes 01 02 6f 6c 3a, as readers write it.
WRITTEN = {
    CardFormat.RAW: "01026F6C3A",
    CardFormat.HEX: "026F6C3A",
    CardFormat.HEX_REVERSED: "3A6C6F02",
    CardFormat.WHOLE: "0040856634",
    CardFormat.WHOLE_REVERSED: "0980184834",
    CardFormat.SHORT: "07302202",
    CardFormat.THREE_FIVE: "111,27706",
    CardFormat.THREE_FIVE_JOINED: "11127706",
    CardFormat.FIVE_FIVE: "00623,27706",
    CardFormat.FIVE_FIVE_JOINED: "0062327706",
}


@pytest.mark.parametrize("given", CardFormat)
@pytest.mark.parametrize("wanted", CardFormat)
def test_a_card_becomes_every_format_that_needs_no_more_bytes(
    given: CardFormat, wanted: CardFormat
) -> None:
    if can_become(given, wanted):
        assert translate(WRITTEN[given], given, wanted) == WRITTEN[wanted]
    else:
        with pytest.raises(ValueError, match="set the reader to a longer format"):
            translate(WRITTEN[given], given, wanted)


def test_what_is_missing_is_said_in_bytes() -> None:
    with pytest.raises(ValueError) as caught:
        translate("07302202", CardFormat.SHORT, CardFormat.WHOLE)
    assert str(caught.value) == (
        "6H8D keeps 3 bytes of a card and 8H10D needs 4; set the reader to a longer format"
    )


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("4294967296", CardFormat.WHOLE),
        ("040856634", CardFormat.WHOLE),
        ("00408566a4", CardFormat.WHOLE),
        ("16777216", CardFormat.SHORT),
        ("256,00000", CardFormat.THREE_FIVE),
        ("111,65536", CardFormat.THREE_FIVE),
        ("11127706", CardFormat.THREE_FIVE),
        ("111,27706", CardFormat.THREE_FIVE_JOINED),
        ("111,,7706", CardFormat.THREE_FIVE),
        ("026F6C3G", CardFormat.HEX),
        ("٠٠٤٠٨٥٦٦٣٤", CardFormat.WHOLE),
        ("+040856634", CardFormat.WHOLE),
        ("0x6F6C3A", CardFormat.HEX),
        ("", CardFormat.WHOLE),
    ],
)
def test_a_text_that_no_reader_writes_in_this_format_is_none(text: str, given: CardFormat) -> None:
    assert chip_bytes(text, given) is None
    assert translate(text, given, given) is None


def test_hexadecimal_is_read_in_small_letters_too() -> None:
    assert translate("026f6c3a", CardFormat.HEX, CardFormat.WHOLE) == "0040856634"


def test_every_format_that_a_number_could_be_is_named() -> None:
    assert formats_of("111,27706") == (CardFormat.THREE_FIVE,)
    assert formats_of("0040856634") == (
        CardFormat.RAW,
        CardFormat.WHOLE,
        CardFormat.WHOLE_REVERSED,
        CardFormat.FIVE_FIVE_JOINED,
    )
    assert formats_of("HELLO") == ()


def test_two_readings_of_one_card_name_the_formats_that_link_them() -> None:
    assert links("0040856634", "111,27706") == (Link(CardFormat.WHOLE, CardFormat.THREE_FIVE),)
    assert Link(CardFormat.WHOLE, CardFormat.WHOLE_REVERSED) in links("0040856634", "0980184834")
    assert links("0040856634", "111,27707") == ()


def test_cards_that_a_shorter_format_writes_alike_are_found() -> None:
    cards = ["0040856634", "0057633850", "0040856635", "not a card", "0040856634"]
    assert clashes(cards, CardFormat.WHOLE, CardFormat.SHORT) == (("0040856634", "0057633850"),)
    assert clashes(cards, CardFormat.WHOLE, CardFormat.FIVE_FIVE) == ()


@given(st.binary(min_size=5, max_size=5), st.sampled_from(CardFormat), st.sampled_from(CardFormat))
def test_there_and_back_is_the_same_card(chip: bytes, one: CardFormat, other: CardFormat) -> None:
    assume(can_become(one, other) and can_become(other, one))
    first = translate(chip.hex(), CardFormat.RAW, one)
    assert first is not None
    there = translate(first, one, other)
    assert there is not None
    assert translate(there, other, one) == first


@given(st.text(max_size=12))
def test_any_text_is_recognised_or_not_and_nothing_raises(text: str) -> None:
    for form in formats_of(text):
        assert translate(text, form, form) == text.upper()
