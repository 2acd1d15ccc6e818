"""What a library's numbers look like: shapes in which '#' is a digit and '@' a letter, check digits, ISBNs. PURE.

The desk classifies scans by it, a camera believes nothing else, and what is printed is judged by the same.
"""

from __future__ import annotations


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
    return gtin_holds(main)


def gtin_holds(text: str) -> bool:
    """The check digit of EAN-13 and ITF-14: weights 1 and 3 in turn from the right."""
    digits = [int(c) for c in reversed(text)] if text.isascii() and text.isdigit() else []
    return bool(digits) and sum(d * (3 if i % 2 else 1) for i, d in enumerate(digits)) % 10 == 0


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
