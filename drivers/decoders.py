"""The decoders by their names in the settings, and what happens where one of them is not installed.

Two of them may be missing: pyzbar without the system's libzbar0, and tapirscan, which reads labels that lie at any
angle. A missing one is named once, in the log and in health; pyzbar stands in for tapirscan.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from config.station import DECODERS
from drivers import tapirscan
from drivers.decode import Decoded, Decoder, Image, Symbology, canonical, read_zxing

# Too slow for every frame: asked for some of those in which the others saw nothing.
SLOW = frozenset(("tapirscan-medium", "tapirscan-enhanced"))
_STANDS_IN = {"tapirscan": "pyzbar"}


@dataclass(frozen=True, slots=True)
class Decoders:
    """`quick` are asked in every frame, `slow` now and then. `absent`: one sentence for each that is missing."""

    quick: tuple[Decoder, ...]
    slow: tuple[Decoder, ...]
    absent: tuple[str, ...] = ()

    @property
    def every(self) -> tuple[Decoder, ...]:
        return self.quick + self.slow


Import = Callable[[str], ModuleType]


def find_decoders(
    names: Iterable[str] = DECODERS, *, load: Import = importlib.import_module
) -> Decoders:
    """Those of the named decoders that are installed, in order; a missing one does not stop the others."""
    quick: list[Decoder] = []
    slow: list[Decoder] = []
    absent: dict[str, str] = {}
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        made = _made(name, load, absent)
        stand_in = _STANDS_IN.get(name)
        if made is None and stand_in and stand_in not in wanted:
            made = _made(stand_in, load, absent)
        if made is not None:
            (slow if name in SLOW else quick).append(made)
    if "tapirscan" in wanted and "tapirscan" not in absent:
        quick = [_not_itf if one is read_zxing else one for one in quick]
    return Decoders(tuple(quick), tuple(slow), tuple(absent.values()))


def _made(name: str, load: Import, absent: dict[str, str]) -> Decoder | None:
    library, install, make = _KINDS[name]
    try:
        return make(load)
    except ImportError as error:
        absent.setdefault(library, f"decoder {library} is not installed ({error}); {install}")
        return None


def _not_itf(image: Image, allowed: frozenset[Symbology]) -> tuple[Decoded, ...]:
    # A scan line that leaves a slanted ITF through its top still reads a number, a shorter one, and zxing-cpp
    # believes it. tapirscan follows the bars: it read all of 96 drawn ones at 0 to 45 degrees, and none short.
    return read_zxing(image, allowed - {Symbology.ITF})


def _zxing(_load: Import) -> Decoder:
    return read_zxing


# --- pyzbar: only the symbologies that are wanted, never all: the rest brings false reads ---

_ZBAR = {
    "CODABAR": Symbology.CODABAR,
    "CODE39": Symbology.CODE39,
    "CODE128": Symbology.CODE128,
    "EAN13": Symbology.EAN13,
    "I25": Symbology.ITF,
    "QRCODE": Symbology.QR,
}


def _zbar(load: Import) -> Decoder:
    zbar = load("pyzbar.pyzbar")

    def read(image: Image, allowed: frozenset[Symbology]) -> tuple[Decoded, ...]:
        symbols = [zbar.ZBarSymbol[name] for name, one in _ZBAR.items() if one in allowed]
        if not symbols:
            return ()
        return tuple(_from_zbar(one) for one in zbar.decode(image, symbols=symbols))

    return read


def _from_zbar(one: Any) -> Decoded:
    symbology = _ZBAR[one.type]
    left, top, width, height = one.rect
    right, bottom = left + width, top + height
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    text = canonical(one.data.decode("utf-8", "replace"), symbology)
    return Decoded(text, symbology, corners, "pyzbar")


# Name -> library, how to install it, how to make the decoder.
_KINDS: dict[str, tuple[str, str, Callable[[Import], Decoder]]] = {
    "zxing-cpp": ("zxing-cpp", "pip install zxing-cpp", _zxing),
    "pyzbar": ("pyzbar", "install the system package libzbar0", _zbar),
    "tapirscan": (
        "tapirscan",
        "labels tilted by more than 10 degrees are not read; pip install tapirscan",
        tapirscan.quick,
    ),
    "tapirscan-medium": ("tapirscan", "pip install tapirscan", tapirscan.thorough),
    "tapirscan-enhanced": ("tapirscan", "pip install tapirscan", tapirscan.enhanced),
}
NAMES = tuple(_KINDS)
