"""Sheets that do not fit their page, and bars that cannot write the library's numbers. PURE."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from config.faults import Fault, Parts
from config.library import Barcodes
from config.said import Said, said
from config.sheets import CHARACTERS, DIGITS, LETTERS, Cards, Labels, Sheet

# Margins and gaps are rounded to tenths on the packet.
SLACK_MM = 0.5


def check_sheets(parts: Parts) -> Iterator[Fault]:
    """Only what the file says itself: bars that it does not name are chosen when something is printed."""
    labels, cards = parts.tables.get("labels"), parts.tables.get("cards")
    barcodes = parts.tables.get("barcodes")
    if labels:
        yield from _page(labels.sheet, "labels.sheet")
        yield from _page(labels.spine, "labels.spine")
    if cards:
        yield from _page(cards.sheet, "cards.sheet")
    for key, table, shapes in (
        ("labels", labels, barcodes.copy_shapes if barcodes else ()),
        ("cards", cards, barcodes.card_shapes if barcodes else ()),
    ):
        if barcodes and table and _says(parts.raw, key):
            yield from _bars(key, table, shapes, barcodes)


def unseen(symbology: str, barcodes: Barcodes) -> Said | None:
    """What is wrong with printing these bars, if the library's cameras would not look at them."""
    if symbology in barcodes.symbologies:
        return None
    told = 'the library\'s cameras do not look for "{symbology}"; add it to barcodes.symbologies'
    return said("unseen", told, symbology=symbology)


def _page(sheet: Sheet, key: str) -> Iterator[Fault]:
    across = (
        sheet.margin_left
        + sheet.columns * sheet.label_width
        + (sheet.columns - 1) * sheet.gap_across
    )
    down = sheet.margin_top + sheet.rows * sheet.label_height + (sheet.rows - 1) * sheet.gap_down
    for name, needed, page in (
        ("columns", across, sheet.page_width),
        ("rows", down, sheet.page_height),
    ):
        if needed > page + SLACK_MM:
            message = said(
                "page",
                "so many need {needed} mm with margin and gaps, and the page has {page} mm; "
                "compare all sizes with the packet of labels",
                needed=f"{needed:.1f}",
                page=f"{page:g}",
            )
            yield Fault(f"{key}.{name}", getattr(sheet, name), message)


def _says(raw: Mapping[str, object], key: str) -> bool:
    table = raw.get(key)
    return isinstance(table, dict) and ("symbology" in table or table.get("qr") is True)


def _bars(
    key: str, table: Labels | Cards, shapes: tuple[str, ...], barcodes: Barcodes
) -> Iterator[Fault]:
    if message := unseen(table.symbology, barcodes):
        yield Fault(f"{key}.symbology", table.symbology, message)
    if table.qr and (message := unseen("QR Code", barcodes)):
        yield Fault(f"{key}.qr", True, message)
    for shape in shapes:
        needed = set(shape.replace("#", DIGITS).replace("@", LETTERS))
        if strange := sorted(needed - CHARACTERS[table.symbology]):
            told = 'it has no "{sign}", and numbers may look like {shape}; write "Code 128"'
            message = said("bars", told, sign=strange[0], shape=shape)
            yield Fault(f"{key}.symbology", table.symbology, message)
