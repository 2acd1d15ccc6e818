"""Whole lists out of the store: for the demo panel."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Text, func, null, select, type_coerce, union_all

from kiosk.domain import CopyState
from kiosk.store.schema import cards, copies, holds, loans, patrons, titles
from kiosk.store.tx import Tx

_CARDS = (
    select(
        cards.c.number.label("text"),
        patrons.c.name,
        patrons.c.category,
        patrons.c.grade,
        patrons.c.class_name,
        patrons.c.id.label("patron"),
        cards.c.state,
        patrons.c.blocked.isnot(None).label("blocked"),
        type_coerce(patrons.c.expires_on, Text).label("expires_on"),
    )
    .join(patrons, patrons.c.id == cards.c.patron_id)
    .order_by(cards.c.number)
)
_NUMBERS = select(func.group_concat(cards.c.number, "\n"))
_ELSEWHERE = func.nullif(copies.c.state, CopyState.ON_SHELF.value)
_KEPT = (
    select(holds.c.barcode, func.min(holds.c.patron_id).label("patron_id"))
    .where(holds.c.barcode.isnot(None))
    .group_by(holds.c.barcode)
    .subquery()
)
# A refused return moves the day from which a loan counts as overdue.
_DUE_ON = func.max(loans.c.due_on, func.coalesce(loans.c.excused_on, loans.c.due_on))
_COPIES = (
    select(
        copies.c.barcode.label("text"),
        titles.c.title,
        copies.c.copy_type.label("type"),
        copies.c.shelf,
        patrons.c.name.label("on_loan_to"),
        loans.c.patron_id.label("holder"),
        type_coerce(_DUE_ON, Text).label("due_on"),
        _KEPT.c.patron_id.label("kept_for"),
        _ELSEWHERE.label("state"),
    )
    .join(titles, titles.c.id == copies.c.title_id)
    .outerjoin(loans, loans.c.barcode == copies.c.barcode)
    .outerjoin(patrons, patrons.c.id == loans.c.patron_id)
    .outerjoin(_KEPT, _KEPT.c.barcode == copies.c.barcode)
    .order_by(copies.c.barcode)
)
_WHEREABOUTS = union_all(
    select(loans.c.barcode, loans.c.patron_id, type_coerce(_DUE_ON, Text)),
    select(_KEPT.c.barcode, _KEPT.c.patron_id, null()),
    select(copies.c.barcode, copies.c.state, null()).where(_ELSEWHERE.isnot(None)),
)


def all_cards(tx: Tx) -> list[dict[str, Any]]:
    """Every card with its patron: text, name, category, grade, class_name; patron, state, blocked, expires_on."""
    return [dict(row._mapping) for row in tx.conn.execute(_CARDS)]


def all_copies(tx: Tx) -> list[dict[str, Any]]:
    """Every copy with its title: text, title, type, shelf, and on_loan_to, the name of who has it or None.

    Where it has them also: holder and kept_for (patrons' ids), due_on, and a state that is not on_shelf.
    """
    return [_copy(row._mapping) for row in tx.conn.execute(_COPIES)]


def these_copies(tx: Tx, barcodes: list[str]) -> list[dict[str, Any]]:
    """The same of some copies."""
    found = tx.conn.execute(_COPIES.where(copies.c.barcode.in_(barcodes)))
    return [_copy(row._mapping) for row in found]


def whereabouts(tx: Tx) -> set[tuple[str, str, str | None]]:
    """All that distinguishes copies from such as merely stand on the shelf; the first of each is a barcode."""
    return {(row[0], row[1], row[2]) for row in tx.conn.execute(_WHEREABOUTS)}


def _copy(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None or name == "on_loan_to"}


def card_numbers(tx: Tx) -> str:
    """Every card number, a line each, in no order: one text, so that whether any has changed is soon seen."""
    return tx.conn.execute(_NUMBERS).scalar() or ""


def is_empty(tx: Tx) -> bool:
    """True for a store into which nobody has been brought yet."""
    return tx.conn.execute(select(patrons.c.id).limit(1)).first() is None
