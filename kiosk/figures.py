"""Whole numbers in texts that somebody else wrote: only such as can be counted with, and kept in every table. PURE."""

from __future__ import annotations

from typing import Final

# A number of more figures (2**53 has 16) is nobody's count, moment or place in a journal.
_FIGURES: Final = 16
MOST: Final = 10**15 - 1


def whole(text: str, most: int = MOST) -> int | None:
    """The number that these ASCII digits write; None where they are none (², ٣), or it is beyond `most`."""
    if not (text.isascii() and text.isdigit() and len(text) <= _FIGURES):
        return None
    number = int(text)
    return number if number <= most else None
