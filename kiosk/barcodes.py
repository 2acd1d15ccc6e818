"""A raw scan -> what it is: patron card, copy label, ISBN, command, or rubbish; shapes and check digits. PURE.

Barcodes are text, never numbers: leading zeros belong to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from config.library import Barcodes

# The longest label in use is far shorter; a longer text is two labels run together, or an attack.
LONGEST = 64


class Kind(StrEnum):
    """EITHER: fits no shape of ours; only the store can tell."""

    CARD = "card"
    COPY = "copy"
    EITHER = "either"
    ISBN = "isbn"
    COMMAND = "command"
    RUBBISH = "rubbish"


@dataclass(frozen=True, slots=True)
class Barcode:
    """A cleaned, classified scan. For COMMAND, `text` is the name of the command; for RUBBISH, what can be shown."""

    kind: Kind
    text: str


def classify(raw: str, settings: Barcodes) -> Barcode:
    """Say what a raw scan is. Any text is allowed; nothing raises."""
    text = raw.strip(" \t\r\n")
    if not text or len(text) > LONGEST or not text.isprintable():
        return Barcode(Kind.RUBBISH, shown(raw))
    command = _command(text, settings)
    if command:
        return Barcode(Kind.COMMAND, command)
    if fits(text, settings.copy_shapes):
        good = check_digit_holds(text, settings.copy_check_digit)
        return Barcode(Kind.COPY if good else Kind.RUBBISH, text)
    if fits(text, settings.card_shapes):
        good = check_digit_holds(text, settings.card_check_digit)
        return Barcode(Kind.CARD if good else Kind.RUBBISH, text)
    if is_isbn13(text):
        return Barcode(Kind.ISBN, text[:13])
    return Barcode(Kind.EITHER, text)


def shown(raw: str) -> str:
    """A raw scan made safe to write down and show: control characters as dots, at most 64 characters."""
    cut = raw[:LONGEST]
    return "".join(c if c.isprintable() else "·" for c in cut)


def fits(text: str, shapes: tuple[str, ...]) -> bool:
    """True if the text has one of the shapes: `#` a digit, `@` a letter A-Z, anything else itself."""
    return any(_fits_one(text, shape) for shape in shapes)


def _fits_one(text: str, shape: str) -> bool:
    if len(text) != len(shape):
        return False
    return all(_fits_place(c, place) for c, place in zip(text, shape, strict=True))


def _fits_place(c: str, place: str) -> bool:
    if place == "#":
        return c in "0123456789"
    if place == "@":
        return "A" <= c.upper() <= "Z" and c.isascii()
    return c == place


def _command(text: str, settings: Barcodes) -> str | None:
    codes = settings.commands
    named = {codes.finish: "finish", codes.renew_all: "renew_all", codes.language: "language"}
    return named.get(text)


def is_isbn13(text: str) -> bool:
    """A book trade number as scanned from the back of a book: EAN-13 with 978 or 979 and a good check digit.

    A two- or five-digit price code read along with it is allowed (ISO 2108, EAN-13 add-on).
    """
    main = text[:13]
    extra = text[13:]
    digits = main.isascii() and main.isdigit() and len(main) == 13
    if not digits or not main.startswith(("978", "979")):
        return False
    if extra and not (extra.isascii() and extra.isdigit() and len(extra) in (2, 5)):
        return False
    return sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(main)) % 10 == 0


def check_digit_holds(text: str, method: str) -> bool:
    """Check the last character: `none`, `mod10` (Luhn), `mod11` (ISBN-10), `mod16` (Codabar) or `mod43` (Code 39)."""
    match method:
        case "none":
            return True
        case "mod10":
            return _luhn(text)
        case "mod11":
            return _mod11(text)
        case "mod16":
            return _mod16(text)
        case "mod43":
            return _mod43(text)
    raise AssertionError(f"check digit method {method!r} is not known")


def _luhn(text: str) -> bool:
    digits = [int(c) for c in text if c in "0123456789"]
    doubled = (d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(reversed(digits)))
    return sum(doubled) % 10 == 0


def _mod11(text: str) -> bool:
    body = [c for c in text.upper() if c in "0123456789X"]
    values = [10 if c == "X" else int(c) for c in body]
    return sum(weight * value for weight, value in enumerate(reversed(values), start=1)) % 11 == 0


_CODABAR = "0123456789-$:/.+"


def _mod16(text: str) -> bool:
    # Start and stop are no part of the number. Two A's, with which labels are printed, count 32: nothing.
    values = [_CODABAR.find(c) for c in text]
    return len(values) > 1 and -1 not in values and sum(values) % 16 == 0


_CODE39 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"


def _mod43(text: str) -> bool:
    values = [_CODE39.find(c) for c in text.upper()]
    return len(values) > 1 and -1 not in values and sum(values[:-1]) % 43 == values[-1]
