"""A pupil's name out of the lists of textbooks, when the pupil is erased."""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, and_, func, select, update

from sync.central.db import CentralError
from sync.central.textbook_tables import textbook_hands, textbooks

_HAND = textbook_hands.c


def still_with(conn: Connection, school: str, patron: str) -> int:
    """How many textbooks that are used again this pupil has."""
    book = and_(textbooks.c.school == _HAND.school, textbooks.c.id == _HAND.textbook)
    query = (
        select(func.count())
        .select_from(textbook_hands.join(textbooks, book))
        .where(
            _HAND.school == school,
            _HAND.patron == patron,
            _HAND.returned_ms.is_(None),
            textbooks.c.reused,
        )
    )
    return int(conn.execute(query).scalar_one())


def forget_hands(conn: Connection, school: str, patron: str) -> int:
    """Take a pupil's name out of what was handed out; the copies stay counted. How many rows were theirs.

    Raises CentralError while they have a textbook that is used again.
    """
    if kept := still_with(conn, school, patron):
        raise CentralError(f"{kept} textbooks are still with {patron}; take them back first")
    mine = and_(_HAND.school == school, _HAND.patron == patron)
    rows = conn.execute(select(_HAND.term, _HAND.textbook).where(mine)).all()
    for row in rows:
        one = and_(mine, _HAND.term == row.term, _HAND.textbook == row.textbook)
        # A name of its own for each row, or all that one pupil had could still be told.
        nobody = f"erased {secrets.token_hex(8)}"
        conn.execute(update(textbook_hands).where(one).values(patron=nobody))
    return len(rows)
