"""Library cards as one HTML page, for the command and for the console alike."""

from __future__ import annotations

from collections.abc import Iterable

from config.library import Library
from config.sheet_checks import unseen
from kiosk.domain import Card, Patron
from kiosk.errors import SheetError
from kiosk.pinyin import name_toned
from kiosk.sheets.faces import card_back, card_face
from kiosk.sheets.page import document
from kiosk.sheets.values import CardText, LeftOut


def card_texts(
    chosen: Iterable[tuple[Patron, Card]], library: Library, *, name: str, heading: str
) -> list[CardText]:
    """What stands on each card. name: what the library is called; heading: what such a card is called."""
    pinyin = library.cards.pinyin
    return [
        CardText(
            card.number,
            patron.name,
            patron.class_name,
            name_toned(patron.name) if pinyin else "",
            name,
            heading,
        )
        for patron, card in chosen
    ]


def card_sheets(
    texts: Iterable[CardText],
    library: Library,
    *,
    name: str,
    advice: str,
    start_at: int = 1,
    backs: bool = False,
) -> tuple[str, list[LeftOut]]:
    """The page, "" where no card can be drawn, and the cards that cannot. Raises SheetError where none ever could."""
    settings = library.cards
    for wanted in (settings.symbology, *(["QR Code"] if settings.qr else [])):
        if message := unseen(wanted, library.barcodes):
            raise SheetError(message)
    drawn = [card_face(settings)(text) for text in texts]
    faces = [face for face in drawn if isinstance(face, str)]
    left = [face for face in drawn if not isinstance(face, str)]
    if not faces:
        return "", left
    back = card_back(settings, name) if backs else ""
    cut_out = settings.sheet.count > 1
    html = document(
        faces,
        settings.sheet,
        title=name,
        advice=advice,
        start_at=start_at,
        back=back,
        cut_out=cut_out,
    )
    return html, left
