"""The next free labels of copies, by the shapes and the check digit of library.toml."""

from __future__ import annotations

import re

from sqlalchemy import Connection, func, select

from config.library import Barcodes
from config.numbers import check_digit_holds
from sync.central.db import CentralError, one_of
from sync.central.schema import cards, copies, old_labels

# A shape that numbers can be counted in: something fixed, then digits.
_COUNTED = re.compile(r"([^#@]*)(#+)")
_PORTION = 200


def next_labels(conn: Connection, school: str, barcodes: Barcodes, count: int) -> list[str]:
    """So many labels behind the highest there is; those that are taken are stepped over.

    Raises CentralError where no shape of the library counts in digits, or its numbers are used up.
    """
    head, width = _shape(barcodes)
    digits = width - 1 if barcodes.copy_check_digit != "none" else width
    at = _highest(conn, school, head, width, digits) + 1
    found: list[str] = []
    while len(found) < count:
        numbers = range(at, min(at + max(count, _PORTION), 10**digits))
        if not numbers:
            raise CentralError(
                f"the numbers {head}{'#' * width} are used up; add a longer shape to [barcodes]"
            )
        made = [label for n in numbers if (label := _made(head, digits, n, barcodes))]
        taken = _taken(conn, school, made)
        found += [label for label in made if label not in taken]
        at = numbers.stop
    return found[:count]


def _shape(barcodes: Barcodes) -> tuple[str, int]:
    """What is fixed in the first shape that can be counted in, and how many digits follow."""
    for shape in barcodes.copy_shapes:
        if counted := _COUNTED.fullmatch(shape):
            return counted[1], len(counted[2])
    listed = ", ".join(barcodes.copy_shapes)
    raise CentralError(f"nobody can count in the shapes {listed}; write the labels themselves")


def _highest(conn: Connection, school: str, head: str, width: int, digits: int) -> int:
    """The number of the highest label of this shape; 0 where there is none."""
    lowest, highest = head + "0" * width, head + "9" * width
    between = (copies.c.barcode >= lowest, copies.c.barcode <= highest)
    query = select(copies.c.barcode).where(copies.c.school == school, *between)
    query = query.where(func.length(copies.c.barcode) == len(highest))
    label = conn.execute(query.order_by(copies.c.barcode.desc()).limit(1)).scalar()
    # Not ² or ٣, which are digits too.
    counted = label is not None and label[len(head) :].isascii() and label[len(head) :].isdigit()
    return int(str(label)[len(head) : len(head) + digits]) if counted else 0


def _made(head: str, digits: int, number: int, barcodes: Barcodes) -> str:
    """The label of a number with its check digit; "" where that would be no digit."""
    label = f"{head}{number:0{digits}d}"
    method = barcodes.copy_check_digit
    if method == "none":
        return label
    return next((label + c for c in "0123456789" if check_digit_holds(label + c, method)), "")


def _taken(conn: Connection, school: str, labels: list[str]) -> set[str]:
    """Those that are on a copy, were once, or are the number of a card."""
    taken: set[str] = set()
    for table, column in (
        (copies, copies.c.barcode),
        (old_labels, old_labels.c.label),
        (cards, cards.c.number),
    ):
        query = select(column).where(table.c.school == school, one_of(conn, column, labels))
        taken |= set(conn.execute(query).scalars())
    return taken
