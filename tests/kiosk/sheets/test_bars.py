"""The bars of a number say that number and nothing more."""

from __future__ import annotations

import random

import numpy as np
import pytest

from config.sheets import CHARACTERS
from drivers.decode import Image, Symbology, read_zxing
from kiosk.sheets import bars


def picture(rows: list[str]) -> Image:
    """Three pixels a module and white all around."""
    ink = np.array([[0 if c == "1" else 255 for c in row] for row in rows], np.uint8)
    if len(rows) == 1:
        ink = np.repeat(ink, 20, axis=0)
    return np.pad(np.kron(ink, np.ones((3, 3), np.uint8)), 40, constant_values=255)


def said(number: str, symbology: str) -> list[str]:
    found = read_zxing(picture([bars.bars(number, symbology)]), frozenset({Symbology(symbology)}))
    return [one.text for one in found]


@pytest.mark.parametrize("symbology", CHARACTERS)
def test_every_pair_of_digits_may_stand_at_either_end(symbology: str) -> None:
    for n in range(100):
        number = f"{n:02d}00{99 - n:02d}"
        assert said(number, symbology) == [number]


@pytest.mark.parametrize("symbology", CHARACTERS)
def test_whatever_they_can_write_reads_back(symbology: str) -> None:
    seed = 7
    print(f"seed {seed}")
    dice = random.Random(seed)
    signs = sorted(CHARACTERS[symbology] - {" "})
    for _ in range(300):
        middle = "".join(dice.choices(signs, k=dice.randrange(4, 14)))
        number = f"{dice.randrange(10)}{middle}{dice.randrange(10)}"
        assert said(number, symbology) == [number]


def test_a_qr_code_says_its_number() -> None:
    for number in ("00000001", "CMD-FINISH", "3000000001"):
        (one,) = read_zxing(picture(list(bars.qr(number))), frozenset({Symbology.QR}))
        assert one.text == number


def test_no_bar_is_narrower_than_a_quarter_of_a_millimetre_and_all_are_whole_dots() -> None:
    pattern = bars.bars("00000001", "Code 39")
    assert bars.NARROWEST_MM >= 0.25
    room = bars.room_for_bars(pattern)
    assert bars.bar_mm(pattern, room) == pytest.approx(bars.NARROWEST_MM)
    assert bars.bar_mm(pattern, room - 0.01) == 0
    assert bars.bar_mm(pattern, 2 * room) == pytest.approx(5 * 25.4 / 300)


@pytest.mark.parametrize(
    ("number", "symbology", "char"),
    [
        ("ab12", "Code 39", "a"),
        ("T00042", "Codabar", "T"),
        ("书1", "Code 128", "书"),
        ("A-1", "Code 39", ""),
    ],
)
def test_a_character_that_bars_cannot_write_is_named(
    number: str, symbology: str, char: str
) -> None:
    assert bars.strange(number, symbology) == char
