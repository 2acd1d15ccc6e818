"""Image -> barcodes, by a list of decoders asked one after the other until one reads. PURE.

Grey image in, canonical texts out; a text is what the label says, without start and stop characters. What the
library believes of it is in site_profile.py, agreement over frames in voting.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import zxingcpp

Image = np.ndarray[Any, np.dtype[np.uint8]]
Point = tuple[int, int]


class Symbology(StrEnum):
    """UPC-A is EAN-13 with a leading 0 here, as it is in the shops."""

    CODABAR = "Codabar"
    CODE39 = "Code 39"
    CODE128 = "Code 128"
    EAN13 = "EAN-13"
    ITF = "Interleaved 2 of 5"
    QR = "QR Code"


ALL = frozenset(Symbology)


@dataclass(frozen=True, slots=True)
class Decoded:
    """One barcode of an image. `corners`: its outline in pixels of that image, four points in turn."""

    text: str
    symbology: Symbology
    corners: tuple[Point, ...]
    by: str = field(default="", compare=False)  # the decoder


Decoder = Callable[[Image, frozenset[Symbology]], tuple[Decoded, ...]]
Sieve = Callable[[Decoded], bool]


def decode(
    image: Image,
    decoders: Iterable[Decoder],
    allowed: frozenset[Symbology] = ALL,
    *,
    believed: Sieve = lambda _decoded: True,
) -> tuple[Decoded, ...]:
    """What the first decoder that reads anything believable reads; () if none does. Each text once.

    ITF and Codabar that touch the edge of the image are not believed.
    """
    for ask in decoders:
        read = (one for one in ask(image, allowed) if _is_whole(one, image) and believed(one))
        found = {(one.symbology, one.text): one for one in read}
        if found:
            return tuple(found.values())
    return ()


# Cut off by the edge of the picture, these are read all the same, and short.
_READ_CUT = frozenset((Symbology.ITF, Symbology.CODABAR))
_EDGE = 3  # pixels


def _is_whole(one: Decoded, image: Image) -> bool:
    if one.symbology not in _READ_CUT:
        return bool(one.text)
    tall, wide = image.shape[:2]
    inside = (_EDGE <= x < wide - _EDGE and _EDGE <= y < tall - _EDGE for x, y in one.corners)
    return bool(one.text) and all(inside)


def canonical(text: str, symbology: Symbology) -> str:
    """The text as the label means it; decoders differ in what they leave standing around it."""
    match symbology:
        case Symbology.CODABAR:
            return text.strip().upper().strip("ABCDTNE*")
        case Symbology.CODE39:
            return text.strip().strip("*")
        case Symbology.CODE128:
            return text.replace("\x1d", "").strip()
        case Symbology.EAN13:
            return text.strip()[:13].zfill(13)
        case Symbology.QR:
            return text.replace("\r\n", "\n").strip()
        case Symbology.ITF:
            return text.strip()


_Format = zxingcpp.BarcodeFormat
# Code39Std and never Code39: that one takes six-digit numbers for Italian pharmacy codes.
_ZXING = {
    _Format.Codabar: Symbology.CODABAR,
    _Format.Code39Std: Symbology.CODE39,
    _Format.Code128: Symbology.CODE128,
    _Format.EAN13: Symbology.EAN13,
    _Format.UPCA: Symbology.EAN13,
    _Format.ITF: Symbology.ITF,
    _Format.QRCode: Symbology.QR,
}
# How zxing-cpp names what it found: by family.
_ZXING_FAMILIES = {
    _Format.Codabar: Symbology.CODABAR,
    _Format.Code39: Symbology.CODE39,
    _Format.Code128: Symbology.CODE128,
    _Format.EANUPC: Symbology.EAN13,
    _Format.ITF: Symbology.ITF,
    _Format.QRCode: Symbology.QR,
}


def read_zxing(image: Image, allowed: frozenset[Symbology]) -> tuple[Decoded, ...]:
    """zxing-cpp, upright and a little tilted; downscaling on, without it half of the large QR codes are lost."""
    formats = [code for code, symbology in _ZXING.items() if symbology in allowed]
    if not formats:
        return ()
    found = zxingcpp.read_barcodes(
        image,
        formats=zxingcpp.BarcodeFormats(formats),
        try_rotate=False,
        try_downscale=True,
        try_invert=False,
        text_mode=zxingcpp.TextMode.Plain,
    )
    return tuple(_from_zxing(one) for one in found)


def _from_zxing(one: Any) -> Decoded:
    symbology = _ZXING_FAMILIES[one.symbology]
    place = one.position
    corners = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    text = canonical(one.text, symbology)
    return Decoded(text, symbology, tuple((point.x, point.y) for point in corners), "zxing-cpp")
