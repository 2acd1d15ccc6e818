"""Campus card numbers: the same chip as different readers write it, recognised and translated. PURE.

A chip's number has five bytes; a reader drops the first one or two, and writes the rest in one or two decimal fields.
Numbers are text: their leading zeros belong to them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class CardFormat(StrEnum):
    """How a reader writes a card. `8H10D`: eight hexadecimal digits of the chip as ten decimal ones."""

    RAW = "10H"
    HEX = "8H"
    HEX_REVERSED = "8H reversed"
    WHOLE = "8H10D"
    WHOLE_REVERSED = "8H10D reversed"
    SHORT = "6H8D"
    THREE_FIVE = "2H+4H"
    THREE_FIVE_JOINED = "2H4H"
    FIVE_FIVE = "4H+4H"
    FIVE_FIVE_JOINED = "4H4H"


@dataclass(frozen=True, slots=True)
class _Form:
    """Fields of (bytes, digits), the first byte first; the base of the digits; what stands between; byte order."""

    fields: tuple[tuple[int, int], ...]
    base: int = 10
    between: str = ""
    reversed: bool = False

    @property
    def size(self) -> int:
        return sum(count for count, _ in self.fields)


_FORMS = {
    CardFormat.RAW: _Form(((5, 10),), base=16),
    CardFormat.HEX: _Form(((4, 8),), base=16),
    CardFormat.HEX_REVERSED: _Form(((4, 8),), base=16, reversed=True),
    CardFormat.WHOLE: _Form(((4, 10),)),
    CardFormat.WHOLE_REVERSED: _Form(((4, 10),), reversed=True),
    CardFormat.SHORT: _Form(((3, 8),)),
    CardFormat.THREE_FIVE: _Form(((1, 3), (2, 5)), between=","),
    CardFormat.THREE_FIVE_JOINED: _Form(((1, 3), (2, 5))),
    CardFormat.FIVE_FIVE: _Form(((2, 5), (2, 5)), between=","),
    CardFormat.FIVE_FIVE_JOINED: _Form(((2, 5), (2, 5))),
}
_DIGITS = {10: frozenset("0123456789"), 16: frozenset("0123456789abcdefABCDEF")}


@dataclass(frozen=True, slots=True)
class Link:
    """Two readings of one card agree if the first is read as one format and the second as the other."""

    first: CardFormat
    second: CardFormat


def formats_of(text: str) -> tuple[CardFormat, ...]:
    """Every format that this number could be written in; often more than one."""
    return tuple(form for form in CardFormat if chip_bytes(text, form) is not None)


def translate(text: str, given: CardFormat, wanted: CardFormat) -> str | None:
    """The same card in another format; None if the text is not of the given one, ValueError if bytes are missing."""
    if not can_become(given, wanted):
        raise ValueError(
            f"{given} keeps {_FORMS[given].size} bytes of a card and {wanted} needs {_FORMS[wanted].size}; "
            "set the reader to a longer format"
        )
    chip = chip_bytes(text, given)
    return None if chip is None else _written(chip[-_FORMS[wanted].size :], _FORMS[wanted])


def can_become(given: CardFormat, wanted: CardFormat) -> bool:
    """Whether the first format keeps every byte that the second needs."""
    return _FORMS[given].size >= _FORMS[wanted].size


def chip_bytes(text: str, given: CardFormat) -> bytes | None:
    """The chip's bytes that a number in this format keeps, the highest first; None if it is not of this format."""
    form = _FORMS[given]
    pieces = _pieces(text, form)
    if pieces is None:
        return None
    chip = b""
    for piece, (count, _) in zip(pieces, form.fields, strict=True):
        value = int(piece, form.base)
        if value >= 256**count:
            return None
        chip += value.to_bytes(count, "big")
    return chip[::-1] if form.reversed else chip


def links(first: str, second: str) -> tuple[Link, ...]:
    """Every way in which two readings can be of the same card; none if they cannot be."""
    return tuple(
        Link(one, other)
        for one in formats_of(first)
        for other in formats_of(second)
        if _same_card(chip_bytes(first, one), chip_bytes(second, other))
    )


def clashes(
    numbers: Iterable[str], given: CardFormat, wanted: CardFormat
) -> tuple[tuple[str, ...], ...]:
    """Groups of different cards that the wanted format, which drops bytes, would write alike."""
    alike: dict[str, list[str]] = defaultdict(list)
    for number in dict.fromkeys(numbers):
        written = translate(number, given, wanted)
        if written is not None:
            alike[written].append(number)
    return tuple(tuple(group) for group in alike.values() if len(group) > 1)


def _pieces(text: str, form: _Form) -> list[str] | None:
    pieces = text.split(form.between) if form.between else list(_cut(text, form))
    widths = [width for _, width in form.fields]
    good = [len(piece) for piece in pieces] == widths and _DIGITS[form.base].issuperset(
        "".join(pieces)
    )
    return pieces if good else None


def _cut(text: str, form: _Form) -> Iterator[str]:
    at = 0
    for _, width in form.fields[:-1]:
        yield text[at : at + width]
        at += width
    yield text[at:]


def _written(chip: bytes, form: _Form) -> str:
    rest = chip[::-1] if form.reversed else chip
    pieces = []
    for count, width in form.fields:
        value, rest = int.from_bytes(rest[:count], "big"), rest[count:]
        pieces.append(f"{value:0{width}X}" if form.base == 16 else f"{value:0{width}d}")
    return form.between.join(pieces)


def _same_card(one: bytes | None, other: bytes | None) -> bool:
    if one is None or other is None:
        return False
    kept = min(len(one), len(other))
    return one[-kept:] == other[-kept:]
