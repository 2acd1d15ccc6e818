"""What a scanned barcode is to whoever stands at the screen: asked of the desk, told in the words of visit.py."""

from __future__ import annotations

from kiosk.barcodes import Barcode, Kind
from kiosk.desk import Desk
from kiosk.visit import Seen, Visit, lent_now


def what_is(barcode: Barcode, visit: Visit | None, desk: Desk) -> Seen:
    """The row of the table that this barcode means in this visit, or with nobody there. Repeats are told elsewhere."""
    match barcode.kind:
        case Kind.COMMAND:
            return Seen(barcode.text)
        case Kind.CARD:
            return _card(barcode.text, visit)
        case Kind.RUBBISH:
            return Seen.UNKNOWN
        case Kind.ISBN:
            return Seen.ISBN
    look = desk.look(barcode.text)
    if look.card:
        return _card(barcode.text, visit)
    if look.copy is None:
        return Seen.UNKNOWN
    if look.loan is None:
        return Seen.FREE
    if visit is None or look.loan.patron_id != visit.patron.id:
        return Seen.OTHERS
    return Seen.LENT_NOW if lent_now(visit, barcode.text) else Seen.OWN


def _card(number: str, visit: Visit | None) -> Seen:
    return Seen.SAME_CARD if visit and visit.card == number else Seen.CARD
