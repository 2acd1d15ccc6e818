"""What a camera may believe in this library: allowed symbologies, the shapes of the labels, check digits. PURE.

Agreement over frames cannot catch a number that is read short in every frame (a slanted ITF, a Codabar with glare in
the middle); an exact shape can. Everything else about a scan is the desk's to say.
"""

from __future__ import annotations

from dataclasses import dataclass

from config.library import Barcodes
from drivers.decode import ALL, Decoded, Symbology

# A slanted ITF or a Codabar with glare in its middle is read short, and again in the next frame.
_READ_SHORT = frozenset((Symbology.ITF, Symbology.CODABAR))
UNGUARDED_FRAMES = 3


@dataclass(frozen=True, slots=True)
class SiteProfile:
    """`shapes`: '#' a digit, '@' a letter, anything else itself; none at all means any text.

    `luhn`: shapes whose number ends with a mod 10 check digit.
    """

    symbologies: frozenset[Symbology] = ALL
    shapes: tuple[str, ...] = ()
    luhn: frozenset[str] = frozenset()

    @classmethod
    def of(cls, barcodes: Barcodes) -> SiteProfile:
        checked = barcodes.card_shapes if barcodes.card_check_digit == "mod10" else ()
        checked += barcodes.copy_shapes if barcodes.copy_check_digit == "mod10" else ()
        commands = tuple(code for code in barcodes.command_codes.values() if code)
        return cls(
            frozenset(Symbology(name) for name in barcodes.symbologies),
            barcodes.card_shapes + barcodes.copy_shapes + commands,
            frozenset(checked),
        )

    def believes(self, one: Decoded) -> bool:
        """Whether this can be a label of the library, or the ISBN on a book, which the desk explains."""
        if one.symbology not in self.symbologies:
            return False
        if one.symbology is Symbology.EAN13 and is_isbn(one.text):
            return True
        if not self.shapes:
            return _plausible(one)
        return any(self._fits(one.text, shape) for shape in self.shapes)

    def frames_needed(self, one: Decoded, agree: int) -> int:
        """How many frames must agree; more where neither symbology nor library guards against a short read."""
        guarded = one.symbology not in _READ_SHORT or any(
            self._fits(one.text, shape) for shape in self.luhn
        )
        return agree if guarded else max(agree, UNGUARDED_FRAMES)

    def _fits(self, text: str, shape: str) -> bool:
        return fits(text, shape) and (shape not in self.luhn or luhn_holds(text))


def fits(text: str, shape: str) -> bool:
    return len(text) == len(shape) and all(map(_fits_place, text, shape))


def _fits_place(char: str, place: str) -> bool:
    match place:
        case "#":
            return char in "0123456789"
        case "@":
            return char.isascii() and char.isalpha()
        case _:
            return char == place


def is_isbn(text: str) -> bool:
    """EAN-13 with the prefix of books, 978 or 979, and a good check digit."""
    return text.startswith(("978", "979")) and len(text) == 13 and gtin_holds(text)


def gtin_holds(text: str) -> bool:
    """The check digit of EAN-13 and ITF-14: weights 1 and 3 in turn from the right."""
    digits = _digits(text)
    return bool(digits) and sum(d * (3 if i % 2 else 1) for i, d in enumerate(digits)) % 10 == 0


def luhn_holds(text: str) -> bool:
    """The check digit of most library numbers, mod 10; characters that are no digits do not count."""
    digits = _digits("".join(char for char in text if char in "0123456789"))
    doubled = (sum(divmod(2 * d, 10)) if i % 2 else d for i, d in enumerate(digits))
    return bool(digits) and sum(doubled) % 10 == 0


def _digits(text: str) -> list[int]:
    """From the right; none at all if any character is no digit."""
    good = text.isascii() and text.isdigit()
    return [int(char) for char in reversed(text)] if good else []


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
