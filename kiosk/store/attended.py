"""To which activities a patron has signed in at this station since a moment; and how large a class is."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, func, select

from kiosk.domain import Act
from kiosk.entry import parse
from kiosk.store.schema import journal, journal_people, patrons
from kiosk.store.statement import Statement
from kiosk.store.tx import Tx

_SAME = and_(journal.c.epoch == journal_people.c.epoch, journal.c.seq == journal_people.c.seq)
_ATTENDED = Statement(
    select(journal.c.body)
    .join(journal_people, _SAME)
    .where(
        journal_people.c.patron_id == bindparam("patron_id"),
        journal.c.at_ms >= bindparam("since_ms"),
        journal.c.body.contains(f'"act":"{Act.ATTEND}"'),
    )
)

_SIZE = Statement(
    select(func.count().label("n"))
    .select_from(patrons)
    .where(patrons.c.class_name == bindparam("class_name"), patrons.c.grade.is_not(None))
)


def attended(tx: Tx, patron_id: str, since_ms: int) -> set[str]:
    rows = tx.run(_ATTENDED, patron_id=patron_id, since_ms=since_ms)
    return {parse(row.body).value or "" for row in rows}


def class_size(tx: Tx, class_name: str) -> int:
    """The pupils of a class, as far as this station knows them."""
    rows = tx.run(_SIZE, class_name=class_name) if class_name else ()
    return sum(row.n for row in rows)
