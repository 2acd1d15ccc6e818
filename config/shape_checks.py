"""Barcode shapes that could be taken for each other, for an ISBN, or for a command. PURE."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from config.faults import Fault, Parts
from config.library import Barcodes
from config.said import said

ISBNS = ("978##########", "979##########")


def check_barcodes(parts: Parts) -> Iterator[Fault]:
    barcodes = parts.tables.get("barcodes")
    if not barcodes:
        return
    yield from _cards_and_copies(barcodes)
    yield from _isbns(barcodes)
    yield from _commands(barcodes)


def overlap(first: str, second: str) -> bool:
    """Whether some text fits both shapes."""
    return len(first) == len(second) and all(map(_meet, first, second))


def _meet(a: str, b: str) -> bool:
    if a == b:
        return True
    wild, other = (a, b) if a in "#@" else (b, a)
    if wild == "#":
        return other.isascii() and other.isdigit()
    return wild == "@" and other.isascii() and other.isalpha()


def _cards_and_copies(barcodes: Barcodes) -> Iterator[Fault]:
    cards, copies = enumerate(barcodes.card_shapes), barcodes.copy_shapes
    for (at, card), copy in product(cards, copies):
        if overlap(card, copy):
            told = 'a copy "{copy}" could be taken for this card; give one of them another length or letters'
            yield Fault(f"barcodes.card[{at}]", card, said("card_or_copy", told, copy=copy))


def _isbns(barcodes: Barcodes) -> Iterator[Fault]:
    for name, shapes in (("card", barcodes.card_shapes), ("copy", barcodes.copy_shapes)):
        for at, shape in enumerate(shapes):
            if any(overlap(shape, isbn) for isbn in ISBNS):
                told = "the ISBN on the back of a book (978, 979) fits this shape too; write another length"
                yield Fault(f"barcodes.{name}[{at}]", shape, said("isbn", told))


def _commands(barcodes: Barcodes) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for name, code in barcodes.command_codes.items():
        key = f"barcodes.commands.{name}"
        if code and code in seen:
            told = "{name} has the same barcode; write another"
            yield Fault(key, code, said("same_barcode", told, name=seen[code]))
        seen.setdefault(code, name)
        for shape in (*barcodes.card_shapes, *barcodes.copy_shapes):
            if code and overlap(code, shape):
                told = 'this could be taken for a card or copy ("{shape}"); write another'
                yield Fault(key, code, said("command_or_copy", told, shape=shape))
