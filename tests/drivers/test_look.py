"""What a camera hands on of what it sees: agreement, presence, the library's labels, the region, slow decoders."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from drivers.decode import Decoded, Image, Symbology
from drivers.decoders import find_decoders
from drivers.look import Look
from drivers.presence import LEFT_FRAMES, LEFT_MS, Presence
from drivers.preview import Preview
from drivers.site_profile import SiteProfile
from tests.drivers.views import NOTHING, TALL, WIDE, view

SITE = SiteProfile(shapes={"B####": "none", "########": "none"})
ISBN = "9787020002207"


def look(**how: object) -> Callable[[Image], list[str]]:
    """Looks at pictures one tenth of a second apart, and tells the texts of what newly came."""
    one = Look("desk", find_decoders(["zxing-cpp"]), lambda: SITE, **how)  # type: ignore[arg-type]
    times = itertools.count(0, 100)
    return lambda image: [new.text for new in one.at(image, next(times)).new]


def test_a_label_held_still_is_one_scan_and_another_one_after_it_has_left() -> None:
    at = look()
    label = view("B0001")
    assert [at(label) for _ in range(30)] == [[], ["B0001"], *[[]] * 28]
    gone = LEFT_MS // 100
    assert [at(NOTHING) for _ in range(gone - 1)] == [[]] * (gone - 1)
    assert at(label) == at(label) == []
    assert [at(NOTHING) for _ in range(gone)] == [[]] * gone
    assert (at(label), at(label)) == ([], ["B0001"])


def test_one_frame_alone_is_not_believed() -> None:
    at = look()
    assert [at(image) for image in (view("B0001"), view("B0002"), NOTHING)] == [[], [], []]


def test_codes_that_are_none_of_the_library_are_not_scans() -> None:
    at = look()
    for stranger in (view("12345"), view("B00012"), view("6901234567892", Symbology.EAN13)):
        assert at(stranger) == at(stranger) == []


def test_the_isbn_beside_a_label_is_left_out_and_alone_it_is_a_scan() -> None:
    both = np.vstack([view("B0001"), view(ISBN, Symbology.EAN13)])
    at = look()
    assert [at(both), at(both), at(both)] == [[], ["B0001"], []]
    at = look()
    alone = view(ISBN, Symbology.EAN13)
    assert [at(alone), at(alone)] == [[], [ISBN]]


def test_nothing_is_read_outside_of_the_region_and_outlines_lie_in_the_whole_picture() -> None:
    picture = np.vstack([view("B0001"), view("B0002")])
    at = look(region=(0, TALL, WIDE, TALL))
    assert [at(picture), at(picture)] == [[], ["B0002"]]
    one = Look("desk", find_decoders(["zxing-cpp"]), lambda: SITE, region=(0, TALL, WIDE, TALL))
    (found,) = one.at(picture, 0).found
    assert all(TALL < y < 2 * TALL for _x, y in found.corners)


def test_a_number_without_check_digit_needs_three_frames_where_it_may_be_read_short() -> None:
    itf = Decoded("00012345", Symbology.ITF, ())
    codabar = Decoded("00012345", Symbology.CODABAR, ())
    plain = SiteProfile(shapes={"########": "none"})
    checked = SiteProfile(shapes={"########": "mod10"})
    assert [plain.frames_needed(one, 2) for one in (itf, codabar)] == [3, 3]
    assert plain.frames_needed(Decoded("00012345", Symbology.CODE39, ()), 2) == 2
    assert checked.frames_needed(Decoded("00012344", Symbology.ITF, ()), 2) == 2


def test_a_label_is_still_there_until_frames_without_it_were_looked_at() -> None:
    presence, one = Presence(), Decoded("B0001", Symbology.CODE128, ())
    assert presence.take([one], [one], 0) == (one,)
    # The camera was lost for an hour; the book lies there still, and the first picture is blurred.
    assert presence.take([], [], 3_600_000) == ()
    assert presence.take([one], [one], 3_600_100) == ()
    for frame in range(LEFT_FRAMES):
        assert presence.take([], [], 7_200_000 + frame) == ()
    assert presence.take([one], [one], 7_200_010) == (one,)


def test_the_slow_decoders_take_turns_in_one_of_five_empty_frames() -> None:
    asked: list[str] = []

    def decoder(name: str):
        def read(_image: Image, _allowed: frozenset[Symbology]) -> tuple[Decoded, ...]:
            asked.append(name)
            return ()

        return read

    decoders = find_decoders(["zxing-cpp"])
    three = replace(decoders, quick=(decoder("q"),), slow=(decoder("one"), decoder("two")))
    one = Look("desk", three, lambda: SITE)
    for at_ms in range(10):
        one.at(NOTHING, at_ms)
    assert asked == ["q"] * 5 + ["two"] + ["q"] * 5 + ["one"]


def test_the_preview_begins_with_the_region_of_the_settings_and_takes_two_corners() -> None:
    preview = Preview("desk", dict, (10, 20, 300, 200))
    assert preview.region() == (10, 20, 300, 200)
    preview.page("all")
    assert preview.region() is None
    # In any order; what is no click changes nothing.
    for query in ("400,300", "", "100000,1", "x,y", "100,50"):
        preview.page(query)
    assert preview.region() == (100, 50, 300, 250)
