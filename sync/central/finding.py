"""What was scanned or typed at the counter: a card, a copy's label, a command, or the beginning of somebody's name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from config.library import Barcodes
from kiosk.barcodes import Kind, classify
from sync.central.facts import copy_of
from sync.central.people import Row, row_of
from sync.central.schema import cards, patrons

MOST = 20
_LONGEST = 64
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Found:
    """At most one of these is told. card_state: of the card by which the patron was found ("" where by name or id).

    people: who may be meant, the first MOST; more: there are others.
    """

    patron: str = ""
    card_state: str = ""
    copy: str = ""
    command: str = ""
    isbn: str = ""
    people: tuple[Row, ...] = ()
    more: bool = False


def find(conn: Connection, school: str, text: str, barcodes: Barcodes) -> Found:
    """Everything is looked up by an index; of people, a bounded number."""
    scanned = classify(text, barcodes)
    if scanned.kind is Kind.RUBBISH:
        return Found()
    if scanned.kind is Kind.COMMAND:
        return Found(command=scanned.text)
    known = _by_number(conn, school, scanned.text)
    if known or scanned.kind is Kind.COPY:
        return known or Found()
    if scanned.kind is Kind.ISBN:
        return Found(isbn=scanned.text)
    people = _named(conn, school, scanned.text[:_LONGEST])
    if len(people) == 1:
        return Found(patron=people[0].id)
    return Found(people=tuple(people[:MOST]), more=len(people) > MOST)


def _by_number(conn: Connection, school: str, text: str) -> Found | None:
    card = select(cards.c.patron_id, cards.c.state).where(
        cards.c.school == school, cards.c.number == text
    )
    if row := conn.execute(card).first():
        return Found(patron=row.patron_id, card_state=row.state)
    if copy := copy_of(conn, school, text):
        return Found(copy=copy.barcode)
    person = select(patrons.c.id).where(patrons.c.school == school, patrons.c.id == text)
    return Found(patron=text) if conn.execute(person).first() else None


def _named(conn: Connection, school: str, text: str) -> list[Row]:
    """By the beginning of the name, and by first letters of its pinyin."""
    found = [row_of(row) for row in conn.execute(named_query(school, patrons.c.name, text))]
    letters = "".join(text.lower().split())
    if letters.isascii() and letters.isalnum():
        rows = conn.execute(named_query(school, patrons.c.initials, letters))
        found += [row for row in map(row_of, rows) if row not in found]
    return found[: MOST + 1]


def named_query(school: str, column: Any, text: str) -> Any:
    """One statement, over an index that begins with the column."""
    return (
        select(patrons)
        .where(patrons.c.school == school, column >= text, column < text + _LAST)
        .order_by(column, patrons.c.name, patrons.c.id)
        .limit(MOST + 1)
    )
