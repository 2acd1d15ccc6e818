"""Pictures of barcodes with what is to be read in them: photographs by a table, drawn frames, and how texts compare."""

from __future__ import annotations

import contextlib
import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from drivers.decode import ALL, Image, Symbology
from tests.bench.frames import Frame
from tests.bench.plan import BenchError

_FAMILIES = {
    "codabar": Symbology.CODABAR,
    "code39": Symbology.CODE39,
    "code128": Symbology.CODE128,
    "ean13": Symbology.EAN13,
    "upca": Symbology.EAN13,
    "itf": Symbology.ITF,
    "qrcode": Symbology.QR,
}
assert frozenset(_FAMILIES.values()) == ALL


@dataclass(frozen=True)
class Picture:
    """`wanted`: (symbology, text) to be read, in any of these forms; `others` are in it too, and so not false."""

    image: Image
    group: str
    wanted: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, str], ...] = ()


def photographs(folder: Path) -> Iterator[Picture]:
    table = next(iter(sorted(folder.glob("*.csv"))), None)
    if table is None:
        raise BenchError(f"{folder} has no table *.csv; see the head of {'bench_decode.py'}")
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


def drawn(one: Frame) -> Picture:
    return Picture(one.image, one.symbology, ((one.symbology, one.text),))


def same(found: tuple[str, str], truth: tuple[str, str]) -> bool:
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
