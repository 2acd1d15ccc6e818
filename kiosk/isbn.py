"""International Standard Book Numbers: ten and thirteen digits, with or without hyphens. PURE."""

from __future__ import annotations

import re

_NOISE = re.compile(r"[\s\-\u2010-\u2015\u2212.·]+")
_TEN = re.compile(r"\d{9}[\dX]", re.ASCII)
_THIRTEEN = re.compile(r"97[89]\d{10}", re.ASCII)


def compact(text: str) -> str:
    """Without hyphens, dots and spaces, x as X."""
    return _NOISE.sub("", text).upper()


def isbn13(text: str) -> str:
    """The thirteen digits, made from ten if need be (ISO 2108); "" if `text` has not the shape of an ISBN.

    The check digit is not looked at: a book misprinted by its publisher is still found by what it says.
    """
    digits = compact(text)
    if _THIRTEEN.fullmatch(digits):
        return digits
    if _TEN.fullmatch(digits):
        return "978" + digits[:9] + _check13("978" + digits[:9])
    return ""


def isbn10(text: str) -> str:
    """The ten digits of a thirteen-digit number that begins with 978; "" where there are none."""
    digits = compact(text)
    if not (_THIRTEEN.fullmatch(digits) and digits.startswith("978")):
        return ""
    weighed = sum(int(d) * (10 - i) for i, d in enumerate(digits[3:12]))
    return digits[3:12] + "0123456789X"[-weighed % 11]


def is_good(text: str) -> bool:
    """Whether shape and check digit are right."""
    digits = compact(text)
    if _THIRTEEN.fullmatch(digits):
        return digits[12] == _check13(digits[:12])
    if _TEN.fullmatch(digits):
        return digits == isbn10(isbn13(digits))
    return False


def _check13(twelve: str) -> str:
    weighed = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(twelve))
    return str(-weighed % 10)
