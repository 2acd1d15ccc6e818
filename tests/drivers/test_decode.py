"""Reading, believing and agreeing: every symbology, absent decoders, shapes, votes."""

from __future__ import annotations

import importlib
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest

from config.library import Barcodes
from config.station import DECODERS
from drivers.decode import ALL, Decoded, Image, Symbology, canonical, decode, read_zxing
from drivers.decoders import NAMES, find_decoders
from drivers.site_profile import SiteProfile
from drivers.voting import Voting
from tests.bench.frames import frames, label

EMPTY: Image = np.full((200, 300), 255, np.uint8)


def one(text: str, symbology: Symbology = Symbology.CODE128) -> Decoded:
    return Decoded(text, symbology, ((0, 0), (9, 0), (9, 9), (0, 9)))


def library(**keys: object) -> Barcodes:
    return Barcodes.model_validate({"card": ["##########"], "copy": ["@####"], **keys})


def without(*missing: str):
    def load(name: str) -> ModuleType:
        if name.partition(".")[0] in missing:
            raise ImportError(f"No module named {name!r}")
        return importlib.import_module(name)

    return load


@pytest.mark.parametrize("name", ["zxing-cpp", "pyzbar"])
def test_every_symbology_is_read_from_a_clear_frame(name: str) -> None:
    decoders = find_decoders([name])
    if decoders.absent:
        pytest.skip(decoders.absent[0])
    for frame in frames(seed=5, angle=0, count=1):
        found = decode(frame.image, decoders.every, frozenset({frame.symbology}))
        assert [(each.symbology, each.text) for each in found] == [(frame.symbology, frame.text)]


def test_tapirscan_reads_every_symbology_tilted() -> None:
    decoders = find_decoders(["tapirscan"], load=without("pyzbar"))
    if decoders.absent:
        pytest.skip(decoders.absent[0])
    for frame in frames(seed=5, angle=30, count=1):
        found = decode(frame.image, decoders.every)
        assert [(each.symbology, each.text) for each in found] == [(frame.symbology, frame.text)]


def test_what_is_not_allowed_is_not_looked_for() -> None:
    image = label(Symbology.CODE128, "LIB00012345")
    assert decode(image, [read_zxing], ALL - {Symbology.CODE128}) == ()
    assert decode(image, [read_zxing], frozenset()) == ()
    assert [each.text for each in decode(image, [read_zxing])] == ["LIB00012345"]


def test_the_corners_lie_around_the_label() -> None:
    (found,) = read_zxing(label(Symbology.QR, "LIB-1"), ALL)
    across = [x for x, _y in found.corners]
    assert len(found.corners) == 4
    assert max(across) - min(across) == pytest.approx(21 * 3, abs=4)


def test_six_digits_in_code_39_stay_six_digits() -> None:
    (found,) = read_zxing(label(Symbology.CODE39, "123456"), ALL)
    assert (found.symbology, found.text) == (Symbology.CODE39, "123456")


def test_the_next_decoder_is_asked_only_if_nothing_believable_was_read() -> None:
    asked: list[str] = []

    def reader(name: str, *found: Decoded):
        def read(_image: Image, _allowed: frozenset[Symbology]) -> tuple[Decoded, ...]:
            asked.append(name)
            return found

        return read

    empty = reader("empty", one(""))
    first, second = reader("first", one("12"), one("12")), reader("second", one("34"))
    assert decode(EMPTY, [empty, first, second]) == (one("12"),)
    assert asked == ["empty", "first"]
    kept = decode(EMPTY, [first, second], believed=lambda each: each.text == "34")
    assert kept == (one("34"),)
    assert decode(EMPTY, []) == ()


def test_itf_and_codabar_that_touch_the_edge_may_be_cut_and_are_not_believed() -> None:
    image: Image = np.zeros((100, 200), np.uint8)

    def read(symbology: Symbology, left: int) -> tuple[Decoded, ...]:
        corners = ((left, 10), (150, 10), (150, 60), (left, 60))
        found = Decoded("00012348", symbology, corners)
        return decode(image, [lambda _image, _allowed: (found,)])

    for symbology in (Symbology.ITF, Symbology.CODABAR):
        assert [len(read(symbology, left)) for left in (0, 2, 3)] == [0, 0, 1]
    assert len(read(Symbology.EAN13, 0)) == 1


def test_a_slanted_itf_is_read_whole_or_not_at_all() -> None:
    decoders = find_decoders()
    if decoders.absent:
        pytest.skip(decoders.absent[0])
    slanted = [f for f in frames(seed=7, angle=10, count=6) if f.symbology is Symbology.ITF]
    read = [[one.text for one in decode(frame.image, decoders.every)] for frame in slanted]
    assert read == [[frame.text] for frame in slanted]
    # The reason why zxing-cpp is not asked: it reads some of them short.
    short = [one.text for frame in slanted for one in read_zxing(frame.image, ALL)]
    assert any(len(text) < 14 for text in short)


@pytest.mark.parametrize(
    ("symbology", "raw", "text"),
    [
        (Symbology.CODABAR, "A0123456b", "0123456"),
        (Symbology.CODE39, "*B12*", "B12"),
        (Symbology.CODE128, "\x1d01234\x1d", "01234"),
        (Symbology.EAN13, "882428015343", "0882428015343"),
        (Symbology.EAN13, "978020137962453", "9780201379624"),
        (Symbology.QR, "a\r\nb\r\n", "a\nb"),
        (Symbology.ITF, " 0012 ", "0012"),
    ],
)
def test_texts_are_as_the_label_means_them(symbology: Symbology, raw: str, text: str) -> None:
    assert canonical(raw, symbology) == text


def test_an_absent_decoder_is_named_once_and_pyzbar_stands_in() -> None:
    decoders = find_decoders(DECODERS, load=without("tapirscan"))
    (sentence, *others) = decoders.absent
    assert sentence == (
        "decoder tapirscan is not installed (No module named 'tapirscan');"
        " labels tilted by more than 10 degrees are not read; pip install tapirscan"
    )
    assert not any("tapirscan" in other for other in others)
    assert len(decoders.quick) + len(others) == 2
    assert decoders.slow == ()


def test_without_zbar_and_tapirscan_the_first_decoder_goes_on() -> None:
    decoders = find_decoders(NAMES, load=without("tapirscan", "pyzbar"))
    assert decoders.every == (read_zxing,)
    assert [words.split()[1] for words in decoders.absent] == ["pyzbar", "tapirscan"]


def test_a_site_believes_its_shapes_its_commands_and_isbns_only() -> None:
    profile = SiteProfile.of(library(commands={"finish": "CMD-FINISH"}))
    believed = [one("0123456789"), one("B0001"), one("CMD-FINISH")]
    believed.append(one("9787020002207", Symbology.EAN13))
    assert all(profile.believes(each) for each in believed)
    for text in ("012345678", "01234567890", "B00012", "CMD-FINIS", "０123456789", ""):
        assert not profile.believes(one(text))
    assert not profile.believes(one("6901234567892", Symbology.EAN13))
    assert not profile.believes(one("9787020002207"))


def test_a_site_believes_its_symbologies_only() -> None:
    profile = SiteProfile.of(library(symbologies=["Codabar"]))
    assert profile.believes(one("0123456789", Symbology.CODABAR))
    assert not profile.believes(one("0123456789", Symbology.ITF))


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        ("mod10", "0000000018", "0000000019"),
        ("mod11", "0306406152", "0306406153"),
        ("mod16", "0000000088", "0000000089"),
        ("mod43", "0000000011", "0000000012"),
    ],
)
def test_a_check_digit_of_the_settings_counts(check: str, good: str, bad: str) -> None:
    profile = SiteProfile.of(library(card_check_digit=check))
    assert profile.believes(one(good))
    assert not profile.believes(one(bad))
    assert profile.believes(one("B0001"))


def test_without_shapes_what_is_too_short_for_a_label_is_dropped() -> None:
    profile = SiteProfile()
    assert not profile.believes(one("723599", Symbology.ITF))
    assert not profile.believes(one("9787020002208", Symbology.EAN13))
    assert profile.believes(one("72359914", Symbology.ITF))


def accepted(frames: list[str], needed: int = 2) -> list[str]:
    """Letters of a frame are the texts it shows; "-" is a frame that shows nothing."""
    voting = Voting(lambda _one: needed)
    texts = []
    for frame in frames:
        shown = [one(text) for text in frame if text != "-"]
        texts.append("".join(each.text for each in voting.take(shown)))
    return texts


@pytest.mark.parametrize(
    ("shown", "taken"),
    [
        ("A A", [" ", "A"]),
        ("A - - - A", [" ", " ", " ", " ", "A"]),
        ("A - - - - A", [" ", " ", " ", " ", " ", " "]),
        ("A B A A", [" ", " ", " ", "A"]),
        ("AB AB A", [" ", " ", " "]),
        ("A A A A", [" ", "A", " ", "A"]),
    ],
)
def test_frames_agree_before_a_text_counts(shown: str, taken: list[str]) -> None:
    assert accepted(shown.split()) == [text.strip() for text in taken]


def test_texts_of_other_symbologies_are_no_rivals() -> None:
    voting = Voting()
    both = [one("1"), one("2", Symbology.QR)]
    assert voting.take(both) == ()
    assert voting.take(both) == tuple(both)


def test_two_labels_beside_each_other_are_both_accepted() -> None:
    left = one("A")
    right = replace(one("B"), corners=((20, 0), (29, 0), (29, 9), (20, 9)))
    voting = Voting()
    assert voting.take([left, right]) == ()
    assert voting.take([left, right]) == (left, right)
    # Two readings of one label, at one place, are rivals as before.
    voting = Voting()
    assert voting.take([left, one("C")]) == voting.take([left, one("C")]) == ()


def test_three_frames_may_be_asked_for() -> None:
    assert accepted(["A", "A", "A"], needed=3) == ["", "", "A"]
