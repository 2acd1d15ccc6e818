"""A raw scan -> what it is: patron card, copy label, ISBN, command, or rubbish; shapes and check digits. PURE.

Barcodes are text, never numbers: leading zeros belong to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from config.library import Barcodes
from config.numbers import check_digit_holds, fits, is_isbn13

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


def _command(text: str, settings: Barcodes) -> str | None:
    codes = settings.commands
    named = {codes.finish: "finish", codes.renew_all: "renew_all", codes.language: "language"}
    return named.get(text)
