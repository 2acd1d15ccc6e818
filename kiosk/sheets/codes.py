"""The bars of a number, and beside them its QR code, drawn into a box; or why they cannot be."""

from __future__ import annotations

from dataclasses import dataclass

from config.sheets import Cards, Labels
from kiosk.sheets import bars
from kiosk.sheets.values import LeftOut

QR_MOST_MM = 16.0
QR_SHARE = 0.34


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a label, in mm from its left and top."""

    left: float
    top: float
    width: float
    height: float


class Codes:
    """Draws the codes of one kind of label. `table`: "labels" or "cards", as the messages name it."""

    def __init__(self, settings: Labels | Cards, table: str) -> None:
        self._symbology = settings.symbology
        self._qr = settings.qr
        self._table = table

    def drawn(self, number: str, what: str, box: Box) -> str | LeftOut:
        """Both codes as SVG, or what is wrong with printing them here."""
        if char := bars.strange(number, self._symbology):
            remedy = (
                f'write {self._table}.symbology = "Code 128" in library.toml, or correct the number'
            )
            return LeftOut(what, f'{self._symbology} has no "{char}"', remedy)
        side = box.width - self.bars_width(box)
        found = self._bars(number, what, Box(box.left, box.top, box.width - side, box.height))
        if isinstance(found, LeftOut) or not self._qr:
            return found
        beside = self._qr_code(number, what, Box(box.left + box.width - side, box.top, side, side))
        return beside if isinstance(beside, LeftOut) else found + beside

    def bars_width(self, box: Box) -> float:
        """What a QR code at the right leaves of the box, in whose middle the bars stand."""
        side = min(box.height, QR_MOST_MM, box.width * QR_SHARE) if self._qr else 0.0
        return box.width - side

    def _bars(self, number: str, what: str, box: Box) -> str | LeftOut:
        pattern = bars.bars(number, self._symbology)
        narrowest = bars.bar_mm(pattern, box.width)
        if not narrowest:
            why = (
                f"{self._symbology} of {len(number)} characters needs {bars.room_for_bars(pattern):.1f} mm "
                f"with bars of {bars.NARROWEST_MM:.2f} mm, and the label leaves {box.width:.1f} mm"
            )
            return LeftOut(what, why, self._narrower())
        middle = box.left + (box.width - len(pattern) * narrowest) / 2
        return bars.bars_svg(pattern, narrowest, box.height, (middle, box.top))

    def _narrower(self) -> str:
        shorter = [f"use wider labels ({self._table}.sheet in library.toml)"]
        if self._symbology != "Code 128":
            shorter.insert(0, f'write {self._table}.symbology = "Code 128", which is shorter')
        if self._qr:
            shorter.insert(0, f"write {self._table}.qr = false")
        return ", or ".join(shorter)

    def _qr_code(self, number: str, what: str, box: Box) -> str | LeftOut:
        rows = bars.qr(number)
        module = bars.qr_mm(rows, box.width)
        if not module:
            remedy = f"write {self._table}.qr = false, or use larger labels ({self._table}.sheet in library.toml)"
            return LeftOut(what, f"its QR code does not fit {box.width:.1f} mm", remedy)
        edge = (box.width - len(rows) * module) / 2
        return bars.qr_svg(rows, module, (box.left + edge, box.top + edge))
