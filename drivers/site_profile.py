"""What a camera may believe in this library: allowed symbologies, the shapes of the labels, check digits. PURE.

Agreement over frames cannot catch a number that is read short in every frame (a slanted ITF, a Codabar with glare in
the middle); an exact shape can. Everything else about a scan is the desk's to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from config.library import Barcodes
from config.numbers import check_digit_holds, fits, gtin_holds, is_isbn13
from drivers.decode import ALL, Decoded, Symbology

# A slanted ITF or a Codabar with glare in its middle is read short, and again in the next frame.
_READ_SHORT = frozenset((Symbology.ITF, Symbology.CODABAR))
UNGUARDED_FRAMES = 3


@dataclass(frozen=True, slots=True)
class SiteProfile:
    """`shapes`: each with the check digit of its numbers, or "none"; no shapes at all mean any text."""

    symbologies: frozenset[Symbology] = ALL
    shapes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, barcodes: Barcodes) -> SiteProfile:
        cards = dict.fromkeys(barcodes.card_shapes, barcodes.card_check_digit)
        copies = dict.fromkeys(barcodes.copy_shapes, barcodes.copy_check_digit)
        commands = dict.fromkeys(filter(None, barcodes.command_codes.values()), "none")
        symbologies = frozenset(Symbology(name) for name in barcodes.symbologies)
        return cls(symbologies, {**commands, **cards, **copies})

    def believes(self, one: Decoded) -> bool:
        """Whether this can be a label of the library, or the ISBN on a book, which the desk explains."""
        if one.symbology not in self.symbologies:
            return False
        if one.symbology is Symbology.EAN13 and is_isbn13(one.text):
            return True
        if not self.shapes:
            return _plausible(one)
        return bool(self._checks(one.text))

    def frames_needed(self, one: Decoded, agree: int) -> int:
        """How many frames must agree; more where neither symbology nor library guards against a short read."""
        guarded = one.symbology not in _READ_SHORT or self._checks(one.text) - {"none"}
        return agree if guarded else max(agree, UNGUARDED_FRAMES)

    def _checks(self, text: str) -> set[str]:
        """The check digits of the shapes that the text has, where they hold."""
        return {
            check
            for shape, check in self.shapes.items()
            if fits(text, (shape,)) and check_digit_holds(text, check)
        }


def _plausible(one: Decoded) -> bool:
    """Without shapes: drop what is far too short for a label, or has a wrong check digit that it must have."""
    match one.symbology:
        case Symbology.EAN13:
            return gtin_holds(one.text)
        case Symbology.ITF:
            return len(one.text) >= 8
        case Symbology.CODABAR:
            return len(one.text) >= 6
        case Symbology.CODE39 | Symbology.CODE128:
            return len(one.text) >= 4
        case Symbology.QR:
            return bool(one.text)
