"""PINs: with the number of a card and six digits, a patron reads their own account on the library's page.

Staff issue, replace and withdraw them. The digits are drawn at random, shown once and kept as a hash; the entry says
for whom a PIN was issued, and never which. A PIN is the patron's, whatever becomes of their cards.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import Connection, and_, select

from kiosk.domain import Act
from sync.central.db import Database, one_of, upsert_many
from sync.central.desk import Desk
from sync.central.hashing import fits, hashed
from sync.central.pin_forgetting import forget_pin, reader
from sync.central.pin_tables import pins
from sync.central.schema import cards, patrons
from sync.central.tries import Refused as Refused
from sync.central.tries import begin_try, forget_tries, named
from sync.central.writing import Deed

DIGITS = 6
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Pin:
    """A PIN that was drawn for a patron. digits: to be shown once; kept: their hash."""

    patron: str
    digits: str
    kept: str

    def __repr__(self) -> str:
        return f"Pin({self.patron})"


def draw(whose: Iterable[str]) -> list[Pin]:
    """New PINs for these. Hashing takes long on purpose: not to be called within a transaction."""
    drawn = ((patron, _digits()) for patron in whose)
    return [Pin(patron, digits, hashed(digits)) for patron, digits in drawn]


def is_trivial(digits: str) -> bool:
    """Whether it is among the first that anybody would try: 111111, 123456, 987654, 121212, 123123."""
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(digits)}
    repeats = any(digits == digits[:n] * (DIGITS // n) for n in (1, 2, 3))
    return steps in ({1}, {9}) or repeats or len(set(digits)) < 3


def issue(desk: Desk, drawn: Sequence[Pin]) -> None:
    """Let these count from now on, instead of those before; it opens what wrong tries have locked, too."""
    rows = [{"patron": pin.patron, "pin": pin.kept, "made_ms": desk.now_ms} for pin in drawn]
    upsert_many(desk.conn, pins, [{"school": desk.school, **row} for row in rows])
    for pin in drawn:
        forget_tries(desk.conn, reader(desk.school, pin.patron))
    desk.write([_deed(pin.patron, "PIN issued") for pin in drawn])


def withdraw(desk: Desk, patron: str) -> None:
    """Let the patron's PIN open nothing any more; without one, nothing is done."""
    if forget_pin(desk.conn, desk.school, patron):
        desk.write([_deed(patron, "PIN withdrawn")])


def issued(conn: Connection, school: str, whose: Collection[str]) -> dict[str, int]:
    """When (UTC ms) each of these was given the PIN that counts now; who has none is left out."""
    query = select(pins.c.patron, pins.c.made_ms).where(
        pins.c.school == school, one_of(conn, pins.c.patron, whose)
    )
    return {row.patron: row.made_ms for row in conn.execute(query)} if whose else {}


def here(conn: Connection, school: str, whose: Collection[str]) -> set[str]:
    """Those of these patrons whom the record has."""
    query = select(patrons.c.id).where(
        patrons.c.school == school, one_of(conn, patrons.c.id, whose)
    )
    return set(conn.execute(query).scalars())


def come_in(db: Database, school: str, card: str, pin: str, now_ms: int) -> str | Refused:
    """The patron whose card and PIN these are. A wrong card and a wrong PIN are answered alike, in the same time."""
    number, digits = _plain(card), _plain(pin).replace(" ", "")
    with db.read() as conn:
        theirs = and_(pins.c.school == cards.c.school, pins.c.patron == cards.c.patron_id)
        query = (
            select(cards.c.patron_id, pins.c.pin)
            .select_from(cards.outerjoin(pins, theirs))
            .where(cards.c.school == school, cards.c.number == number)
        )
        row = conn.execute(query).first()
    who = reader(school, row.patron_id) if row else named("card", school, number)
    with db.begin() as conn:
        tried = begin_try(conn, who, now_ms)
    if tried.refused_ms:
        return Refused(tried.refused_ms)
    # No transaction is held while it is hashed.
    if not fits(row.pin if row else None, digits) or row is None:
        return Refused(tried.locks_ms)
    with db.begin() as conn:
        forget_tries(conn, who)
    return str(row.patron_id)


def _plain(typed: str) -> str:
    """A Chinese keyboard may write digits twice as wide."""
    return unicodedata.normalize("NFKC", typed[:_LONGEST]).strip()


def _deed(patron: str, value: str) -> Deed:
    return Deed(Act.PEOPLE, patron=patron, more={"value": value})


def _digits() -> str:
    while True:
        digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        if not is_trivial(digits):
            return digits
