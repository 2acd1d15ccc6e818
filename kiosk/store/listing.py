"""Whole lists out of the store: for the demo panel."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from kiosk.store.schema import cards, copies, loans, patrons, titles
from kiosk.store.tx import Tx

_CARDS = (
    select(
        cards.c.number.label("text"),
        patrons.c.name,
        patrons.c.category,
        patrons.c.grade,
        patrons.c.class_name,
    )
    .join(patrons, patrons.c.id == cards.c.patron_id)
    .order_by(cards.c.number)
)
_NUMBERS = select(func.group_concat(cards.c.number, "\n"))
_COPIES = (
    select(
        copies.c.barcode.label("text"),
        titles.c.title,
        copies.c.copy_type.label("type"),
        copies.c.shelf,
        patrons.c.name.label("on_loan_to"),
    )
    .join(titles, titles.c.id == copies.c.title_id)
    .outerjoin(loans, loans.c.barcode == copies.c.barcode)
    .outerjoin(patrons, patrons.c.id == loans.c.patron_id)
    .order_by(copies.c.barcode)
)


def all_cards(tx: Tx) -> list[dict[str, Any]]:
    """Every card with its patron: text, name, category, grade, class_name."""
    return [dict(row._mapping) for row in tx.conn.execute(_CARDS)]


def all_copies(tx: Tx) -> list[dict[str, Any]]:
    """Every copy with its title: text, title, type, shelf, and on_loan_to, the name of who has it or None."""
    return [dict(row._mapping) for row in tx.conn.execute(_COPIES)]


def card_numbers(tx: Tx) -> str:
    """Every card number, a line each, in no order: one text, so that whether any has changed is soon seen."""
    return tx.conn.execute(_NUMBERS).scalar() or ""


def is_empty(tx: Tx) -> bool:
    """True for a store into which nobody has been brought yet."""
    return tx.conn.execute(select(patrons.c.id).limit(1)).first() is None
