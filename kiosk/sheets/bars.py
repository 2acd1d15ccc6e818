"""A number -> bars or a QR code, as one SVG path whose narrowest bar a scanner can read.

Widths are whole dots of a printer with 300 dots an inch, so that equal bars come out equal on paper.
"""

from __future__ import annotations

from collections.abc import Sequence

import segno
from barcode.codabar import CODABAR
from barcode.codex import Code39, Code128

from config.sheets import CHARACTERS

DOT_MM = 25.4 / 300
# 0.254 mm, below which hand scanners begin to miss, to 0.42 mm, beyond which nothing is gained.
NARROWEST_DOTS, WIDEST_DOTS = 3, 5
NARROWEST_MM = NARROWEST_DOTS * DOT_MM
# Empty space on either side, in narrowest bars (ISO/IEC 16388, 15417) and, around a QR code, in modules (18004).
QUIET, QR_QUIET = 10, 4

Rows = Sequence[str]
# From the left and from the top of a label, in mm.
Place = tuple[float, float]


def strange(text: str, symbology: str) -> str:
    """The first character that these bars cannot write; "" if they can write them all."""
    return next((char for char in text if char not in CHARACTERS[symbology]), "")


def bars(text: str, symbology: str) -> str:
    """1 for black and 0 for white, each as wide as the narrowest bar. No check character is added.

    Code 128 has one of its own, which no scanner sends; in the others it would arrive as part of the number.
    """
    match symbology:
        case "Code 39":
            made = Code39(text, add_checksum=False)
        case "Code 128":
            made = _Code128(text)
        case "Codabar":
            made = CODABAR(f"A{text}A", narrow=1, wide=3)
        case _:
            raise AssertionError(f"bars of the kind {symbology!r} are not known")
    return str(made.build()[0])


def room_for_bars(pattern: str) -> float:
    """The least width in mm, quiet zones included."""
    return (len(pattern) + 2 * QUIET) * NARROWEST_MM


def bar_mm(pattern: str, room_mm: float) -> float:
    """How wide the narrowest bar may be in this room, quiet zones included; 0 if they do not fit."""
    return _module(len(pattern) + 2 * QUIET, room_mm, WIDEST_DOTS)


def bars_svg(pattern: str, narrowest_mm: float, height_mm: float, at: Place) -> str:
    """An <svg> of its size on paper; `at`: where the first bar begins, after the quiet zone."""
    return _svg([pattern], (len(pattern) * narrowest_mm, height_mm), at)


def qr(text: str) -> Rows:
    """The modules of a QR code, row by row, without its quiet zone."""
    made = segno.make(text, error="m", micro=False, boost_error=False)
    return ["".join("1" if module else "0" for module in row) for row in made.matrix]


def qr_mm(rows: Rows, room_mm: float) -> float:
    """How wide a module may be in this room, quiet zone included; 0 if the code does not fit."""
    return _module(len(rows) + 2 * QR_QUIET, room_mm, 3 * WIDEST_DOTS)


def qr_svg(rows: Rows, module_mm: float, at: Place) -> str:
    side = len(rows) * module_mm
    return _svg(rows, (side, side), at)


class _Code128(Code128):  # type: ignore[misc]
    """python-barcode takes a number's first pair 99 for a change of code set, and leaves it out."""

    def _try_to_optimize(self, encoded: list[int]) -> list[int]:
        # It begins in set C, from which nothing changes to C: 99 in front is always two digits.
        if encoded[1] == 99:
            return encoded
        return list(super()._try_to_optimize(encoded))


def _module(count: int, room_mm: float, most: int) -> float:
    dots = min(int(room_mm / count / DOT_MM + 1e-9), most)
    return dots * DOT_MM if dots >= NARROWEST_DOTS else 0.0


def _svg(rows: Rows, size: tuple[float, float], at: Place) -> str:
    path = "".join(_runs(row, y) for y, row in enumerate(rows))
    style = f"left:{at[0]:.3f}mm;top:{at[1]:.3f}mm;width:{size[0]:.3f}mm;height:{size[1]:.3f}mm"
    return (
        f'<svg style="{style}" viewBox="0 0 {len(rows[0])} {len(rows)}" preserveAspectRatio="none" '
        f'shape-rendering="crispEdges"><path d="{path}"/></svg>'
    )


def _runs(row: str, y: int) -> str:
    """Each run of black as a rectangle."""
    found, x = [], 0
    for black in row.split("0"):
        if black:
            found.append(f"M{x} {y}h{len(black)}v1h-{len(black)}z")
        x += len(black) + 1
    return "".join(found)
