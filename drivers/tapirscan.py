"""The decoders that tapirscan makes: labels at any angle. Imported by name when it is wanted; it may be missing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import cv2
import numpy as np

from drivers.decode import Decoded, Decoder, Image, Symbology, canonical

_FORMATS = {
    "Codabar": Symbology.CODABAR,
    "Code39": Symbology.CODE39,
    "Code128": Symbology.CODE128,
    "EAN13": Symbology.EAN13,
    "UPCA": Symbology.EAN13,
    "ITF": Symbology.ITF,
    "QRCode": Symbology.QR,
}
_SMALLEST = 3  # pixels a side; tapirscan refuses less
_DOUBLED_PIXELS = 640 * 480  # larger pictures are not doubled: bars are not what they lack

Load = Callable[[str], ModuleType]


def quick(load: Load) -> Decoder:
    return _scanner(load, "low")


def thorough(load: Load) -> Decoder:
    return _scanner(load, "medium")


def enhanced(load: Load) -> Decoder:
    """Pale or blurred labels: the picture with its contrast evened out, then a small one doubled and sharpened."""
    ask = _scanner(load, "medium")

    def read(image: Image, allowed: frozenset[Symbology]) -> tuple[Decoded, ...]:
        if min(image.shape[:2]) < _SMALLEST:
            return ()
        allowed -= {Symbology.ITF}  # stripes of any kind, made clearer, look like one
        found = ask(_evened(image), allowed)
        if found or image.size > _DOUBLED_PIXELS:
            return found
        return tuple(_halved(one) for one in ask(_doubled(image), allowed))

    return read


def _scanner(load: Load, effort: str) -> Decoder:
    scanner = load("tapirscan").Scanner(effort, parallel=False)
    by = f"tapirscan {effort}"
    one_at_a_time = threading.Lock()

    def read(image: Image, allowed: frozenset[Symbology]) -> tuple[Decoded, ...]:
        formats = [name for name, one in _FORMATS.items() if one in allowed]
        if not formats or min(image.shape[:2]) < _SMALLEST:
            return ()
        with one_at_a_time:
            found = scanner.scan(image, formats=formats).barcodes
        return tuple(_decoded(one, by) for one in found)

    return read


def _decoded(one: Any, by: str) -> Decoded:
    symbology = _FORMATS[one.format]
    corners = tuple((round(point.x), round(point.y)) for point in one.polygon)
    return Decoded(canonical(one.text, symbology), symbology, corners, by)


def _evened(image: Image) -> Image:
    return cv2.createCLAHE(3.0, (8, 8)).apply(image).astype(np.uint8, copy=False)


def _doubled(image: Image) -> Image:
    large = cv2.resize(image, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    soft = cv2.GaussianBlur(large, (0, 0), 3)
    return cv2.addWeighted(large, 2.5, soft, -1.5, 0).astype(np.uint8, copy=False)


def _halved(one: Decoded) -> Decoded:
    return replace(one, corners=tuple((x // 2, y // 2) for x, y in one.corners))
