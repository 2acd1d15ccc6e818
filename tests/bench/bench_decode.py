"""Read barcodes, beside bare pyzbar, bare zxing-cpp and OpenCV's detectors: photographs and seeded frames.

Photographs: a folder with a table *.csv that has the columns file, symbology, expected_c, also_valid and kind. Times
are of this process's processor, decoding only. What is not installed is said, and the rest is measured.
"""

from __future__ import annotations

import contextlib
import csv
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import zxingcpp
from pyzbar import pyzbar

from drivers.decode import ALL, Decoded, Image, Symbology, canonical, decode
from drivers.decoders import find_decoders
from drivers.site_profile import SiteProfile, gtin_holds, is_isbn, luhn_holds
from drivers.voting import Voting
from tests.bench.frames import Frame, frames
from tests.bench.plan import BenchError, Plan
from tests.bench.rows import Row, median, quantile

NAME = "decode"
SEED = 20261123
ANGLES = (0, 10, 20, 30, 38, 45)
EACH = 4
MOVES = ((0, 0), (1, -1), (-1, 1), (2, 1), (-1, -2))

Found = list[tuple[str, str]]
Reader = Callable[[Image], Found]
_FAMILIES = {
    "codabar": Symbology.CODABAR,
    "code39": Symbology.CODE39,
    "code128": Symbology.CODE128,
    "ean13": Symbology.EAN13,
    "upca": Symbology.EAN13,
    "itf": Symbology.ITF,
    "qrcode": Symbology.QR,
}


@dataclass(frozen=True)
class Picture:
    """`wanted`: (symbology, text) to be read, in any of these forms; `others` are in it too, and so not false."""

    image: Image
    group: str
    wanted: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, str], ...] = ()


@dataclass
class Tally:
    asked: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    wrong: int = 0
    ms: list[float] = field(default_factory=list)

    def add(self, picture: Picture, found: Found, ms: float) -> None:
        self.asked[picture.group] += 1
        true = picture.wanted + picture.others
        self.right[picture.group] += any(_same(a, b) for a in found for b in picture.wanted)
        self.wrong += any(not any(_same(one, truth) for truth in true) for one in found)
        self.ms.append(ms)

    def rate(self, group: str = "") -> float:
        asked = self.asked[group] if group else self.asked.total()
        right = self.right[group] if group else self.right.total()
        return 100 * right / asked


def run(plan: Plan) -> list[Row]:
    decoders = find_decoders()
    for words in decoders.absent:
        print(f"{NAME}: {words}", file=sys.stderr)
    readers: dict[str, Reader] = {
        "ours": lambda image: _pairs(decode(image, decoders.every)),
        "bare zxing-cpp": _bare_zxing,
        "bare pyzbar": _bare_pyzbar,
        "OpenCV detectors": _opencv(),
    }
    rows: list[Row] = []
    if plan.photos is None:
        print(f"{NAME}: no photographs; give PHOTOS=folder", file=sys.stderr)
    else:
        pictures = list(_photographs(plan.photos))
        rows += _rows("photographs", _measured(pictures, readers))
        rows += _in_site(pictures)
    for angle in ANGLES:
        drawn = [_drawn(one) for one in frames(SEED, angle, EACH)]
        rows += _short(f"drawn, {angle} degrees", _measured(drawn, readers))
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
            return is_isbn(one.text)
        case Symbology.CODABAR:
            return len(one.text) == 14 and luhn_holds(one.text)
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


# --- pictures ---


def _photographs(folder: Path) -> Iterator[Picture]:
    table = next(iter(sorted(folder.glob("*.csv"))), None)
    if table is None:
        raise BenchError(f"{folder} has no table *.csv; see the head of {Path(__file__).name}")
    with table.open(encoding="utf-8", newline="") as lines:
        for line in csv.DictReader(lines):
            if line["kind"] == "photo":
                yield _photograph(folder, line)


def _photograph(folder: Path, line: dict[str, str]) -> Picture:
    flags = cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION
    loaded = cv2.imread(str(folder / line["file"]), flags)
    if loaded is None:
        raise BenchError(f"{folder / line['file']} is no picture; take its line out of the table")
    image = _grey(loaded.astype(np.uint8))
    name = line["symbology"]
    texts = [line["expected_c"]]
    if line["set"].endswith("vin"):
        texts.append(f"I{line['expected_c']}")  # printed before the number of some cars
    wanted = tuple((_FAMILIES[name], text) for text in texts)
    also = json.loads(line["also_valid"] or "[]")
    others = tuple((_FAMILIES[one], text) for one, text in also if one in _FAMILIES)
    return Picture(image, name, wanted, others)


def _grey(image: Image) -> Image:
    """8-bit grey; what is transparent lies on white."""
    if image.ndim == 2:
        return image
    if image.shape[2] == 4:
        part = image[:, :, 3:] / 255
        image = (image[:, :, :3] * part + 255 * (1 - part)).astype(np.uint8)
    return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.uint8)


def _drawn(one: Frame) -> Picture:
    return Picture(one.image, one.symbology, ((one.symbology, one.text),))


def _same(found: tuple[str, str], truth: tuple[str, str]) -> bool:
    if found[0] != truth[0]:
        return False
    if found[0] != Symbology.QR:
        return found[1].strip() == truth[1].strip()
    return bool(_loose(found[1]) & _loose(truth[1]))


def _loose(text: str) -> set[str]:
    """A QR text without white space, as it is and with its character set guessed otherwise."""
    texts = {text}
    for written in ("latin-1", "cp1252", "shift_jis", "gb18030", "cp437", "big5"):
        for meant in ("utf-8", "latin-1", "shift_jis", "gb18030", "big5"):
            with contextlib.suppress(UnicodeError):
                texts.add(text.encode(written).decode(meant))
    return {"".join(one.split()) for one in texts}


# --- the peers, as anybody would call them ---


def _pairs(found: tuple[Decoded, ...]) -> Found:
    return [(one.symbology, one.text) for one in found]


_BY_NAME = {
    "Codabar": Symbology.CODABAR,
    "Code39": Symbology.CODE39,
    "Code128": Symbology.CODE128,
    "EANUPC": Symbology.EAN13,
    "ITF": Symbology.ITF,
    "QRCode": Symbology.QR,
    "CODABAR": Symbology.CODABAR,
    "CODE39": Symbology.CODE39,
    "CODE128": Symbology.CODE128,
    "EAN13": Symbology.EAN13,
    "I25": Symbology.ITF,
    "QRCODE": Symbology.QR,
    "EAN_13": Symbology.EAN13,
    "UPC_A": Symbology.EAN13,
}


def _named(name: str, text: str) -> Found:
    """One read in our words; a symbology that no picture asks for (EAN-8, DataBar) is not counted."""
    symbology = _BY_NAME.get(name)
    return [(symbology, canonical(text, symbology))] if symbology else []


def _bare_zxing(image: Image) -> Found:
    found = zxingcpp.read_barcodes(image)
    return [pair for one in found for pair in _named(one.symbology.name, one.text)]


def _bare_pyzbar(image: Image) -> Found:
    found = pyzbar.decode(image)
    return [pair for one in found for pair in _named(one.type, one.data.decode("utf-8", "replace"))]


def _opencv() -> Reader:
    linear, qr = cv2.barcode.BarcodeDetector(), cv2.QRCodeDetector()

    def read(image: Image) -> Found:
        _ok, texts, kinds, _corners = linear.detectAndDecodeWithType(image)
        found = [p for t, k in zip(texts, kinds, strict=False) if t for p in _named(k, t)]
        text, _outline, _code = qr.detectAndDecode(image)
        return found + (_named("QRCODE", text) if text else [])

    return read


assert frozenset(_FAMILIES.values()) == ALL
