"""To which activities a patron has signed in at this station since a moment, as the journal says."""

from __future__ import annotations

from sqlalchemy import and_, select

from kiosk.domain import Act
from kiosk.entry import parse
from kiosk.store.schema import journal, journal_people
from kiosk.store.tx import Tx


def attended(tx: Tx, patron_id: str, since_ms: int) -> set[str]:
    same = and_(journal.c.epoch == journal_people.c.epoch, journal.c.seq == journal_people.c.seq)
    query = (
        select(journal.c.body)
        .join(journal_people, same)
        .where(
            journal_people.c.patron_id == patron_id,
            journal.c.at_ms >= since_ms,
            journal.c.body.contains(f'"act":"{Act.ATTEND}"'),
        )
    )
    return {parse(body).value or "" for body in tx.conn.execute(query).scalars()}
