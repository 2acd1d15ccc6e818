"""Read barcodes, beside bare pyzbar, bare zxing-cpp and OpenCV's detectors: photographs and seeded frames.

Photographs: a folder with a table *.csv that has the columns file, symbology, expected_c, also_valid and kind. Times
are of this process's processor, decoding only. What is not installed is said, and the rest is measured.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import dataclass, field

import cv2
import numpy as np

from config.numbers import check_digit_holds, gtin_holds, is_isbn13
from drivers.decode import Decoded, Image, Symbology, decode
from drivers.decoders import find_decoders
from drivers.site_profile import SiteProfile
from drivers.voting import Voting
from tests.bench.decode_peers import Found, Reader, bare_pyzbar, bare_zxing, opencv
from tests.bench.frames import frames
from tests.bench.pictures import Picture, drawn, photographs, same
from tests.bench.plan import Plan
from tests.bench.rows import Row, median, quantile

NAME = "decode"
SEED = 20261123
ANGLES = (0, 10, 20, 30, 38, 45)
EACH = 4
MOVES = ((0, 0), (1, -1), (-1, 1), (2, 1), (-1, -2))


@dataclass
class Tally:
    asked: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    wrong: int = 0
    ms: list[float] = field(default_factory=list)

    def add(self, picture: Picture, found: Found, ms: float) -> None:
        self.asked[picture.group] += 1
        true = picture.wanted + picture.others
        self.right[picture.group] += any(same(a, b) for a in found for b in picture.wanted)
        self.wrong += any(not any(same(one, truth) for truth in true) for one in found)
        self.ms.append(ms)

    def rate(self, group: str = "") -> float:
        asked = self.asked[group] if group else self.asked.total()
        right = self.right[group] if group else self.right.total()
        return 100 * right / asked


def run(plan: Plan) -> list[Row]:
    decoders, fewer = find_decoders(), find_decoders(["zxing-cpp", "pyzbar"])
    for words in decoders.absent:
        print(f"{NAME}: {words}", file=sys.stderr)
    readers: dict[str, Reader] = {
        "ours": lambda image: _pairs(decode(image, decoders.every)),
        "ours, no tapirscan": lambda image: _pairs(decode(image, fewer.every)),
        "bare zxing-cpp": bare_zxing,
        "bare pyzbar": bare_pyzbar,
        "OpenCV detectors": opencv(),
    }
    rows: list[Row] = []
    if plan.photos is None:
        print(f"{NAME}: no photographs; give PHOTOS=folder", file=sys.stderr)
    else:
        pictures = list(photographs(plan.photos))
        rows += _rows("photographs", _measured(pictures, readers))
        rows += _in_site(pictures)
    for angle in ANGLES:
        pictures = [drawn(one) for one in frames(SEED, angle, EACH)]
        rows += _short(f"drawn, {angle} degrees", _measured(pictures, readers))
    return rows


def _measured(pictures: list[Picture], readers: dict[str, Reader]) -> dict[str, Tally]:
    tallies = {name: Tally() for name in readers}
    for picture in pictures:
        for name, read in readers.items():
            begun = time.process_time()
            found = read(picture.image)
            tallies[name].add(picture, found, (time.process_time() - begun) * 1000)
    return tallies


def _rows(of: str, tallies: dict[str, Tally]) -> list[Row]:
    ours = tallies["ours"]
    rows = _short(of, tallies)
    for group in sorted(ours.asked):
        for peer, tally in _peers(tallies):
            rows.append(
                Row(NAME, f"{of}: {group} read", ours.rate(group), "%", peer, tally.rate(group))
            )
    for peer, tally in _peers(tallies):
        told, p95 = quantile(ours.ms, 0.95), quantile(tally.ms, 0.95)
        rows.append(
            Row(NAME, f"{of}: median", median(ours.ms), "ms", peer, median(tally.ms), most=3)
        )
        rows.append(Row(NAME, f"{of}: p95", told, "ms", peer, p95))
    return rows


def _short(of: str, tallies: dict[str, Tally]) -> list[Row]:
    ours, rows = tallies["ours"], []
    for peer, tally in _peers(tallies):
        rows.append(Row(NAME, f"{of}: read", ours.rate(), "%", peer, tally.rate()))
        rows.append(Row(NAME, f"{of}: false", ours.wrong, "pictures", peer, tally.wrong))
    return rows


def _peers(tallies: dict[str, Tally]) -> list[tuple[str, Tally]]:
    return [(name, tally) for name, tally in tallies.items() if name != "ours"]


# --- several frames of one photograph, and only what a library would believe ---


def _in_site(pictures: list[Picture]) -> list[Row]:
    """Each photograph as five frames of a hand that moves a little, two agreeing, beside the first frame alone."""
    decoders, profile = find_decoders(), SiteProfile()

    def believed(one: Decoded) -> bool:
        return profile.believes(one) and _strict(one)

    once, agreed = Tally(), Tally()
    for picture in pictures:
        voting = Voting()
        accepted: set[tuple[str, str]] = set()
        for turn, move in enumerate(MOVES):
            shown = decode(_moved(picture.image, move), decoders.quick, believed=believed)
            accepted.update(_pairs(voting.take(shown)))
            if turn == 0:
                once.add(picture, _pairs(shown), 0)
        agreed.add(picture, sorted(accepted), 0)
    peer = "first frame alone"
    return [
        Row(NAME, "site profile, two of five: read", agreed.rate(), "%", peer, once.rate()),
        Row(
            NAME, "site profile, two of five: false", agreed.wrong, "pictures", peer, once.wrong,
            most=0,
        ),
    ]  # fmt: skip


def _strict(one: Decoded) -> bool:
    """A library whose numbers all have check digits or an exact shape; the codes of shops are none of its own."""
    match one.symbology:
        case Symbology.EAN13:
            return is_isbn13(one.text)
        case Symbology.CODABAR:
            return len(one.text) == 14 and check_digit_holds(one.text, "mod10")
        case Symbology.ITF:
            return len(one.text) == 14 and gtin_holds(one.text)
        case Symbology.CODE39 | Symbology.CODE128:
            return 6 <= len(one.text) <= 24
        case Symbology.QR:
            return True


def _moved(image: Image, move: tuple[int, int]) -> Image:
    shift = np.array([[1, 0, move[0]], [0, 1, move[1]]], np.float32)
    size = (image.shape[1], image.shape[0])
    moved = cv2.warpAffine(image, shift, size, borderMode=cv2.BORDER_REPLICATE)
    return moved.astype(np.uint8)


def _pairs(found: tuple[Decoded, ...]) -> Found:
    return [(one.symbology, one.text) for one in found]
