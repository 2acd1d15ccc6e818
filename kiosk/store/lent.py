"""How many copies a pupil has borrowed this term: the central record's count, and what this station has lent since.

The count that was fed holds our entries up to COUNTED; those beyond it are read from the journal, so that none is
counted twice or not at all. Where that is not known, nothing is: a wrong number would be worse than none.
"""

from __future__ import annotations

import json
from datetime import datetime, time

from sqlalchemy import and_, bindparam, select

from config.library import Term
from kiosk.calendar import Rules, zone
from kiosk.domain import Act, Now, Patron
from kiosk.entry import Entry, UnreadableEntry, parse
from kiosk.store.lineage import COUNTED
from kiosk.store.schema import journal, journal_people, patrons
from kiosk.store.statement import Statement
from kiosk.store.tx import Tx
from kiosk.term_count import TermCount, span_of, term_with_goal

_FED = Statement(select(patrons.c.lent).where(patrons.c.id == bindparam("patron_id")))
_SINCE = Statement(
    select(journal.c.body)
    .join(
        journal_people,
        and_(journal.c.epoch == journal_people.c.epoch, journal.c.seq == journal_people.c.seq),
    )
    .where(
        journal_people.c.patron_id == bindparam("patron_id"),
        journal_people.c.epoch == bindparam("epoch"),
        journal_people.c.seq > bindparam("after"),
    )
)
_ENTRY = Statement(
    select(journal.c.body).where(
        journal.c.epoch == bindparam("epoch"), journal.c.seq == bindparam("seq")
    )
)


def term_count(tx: Tx, patron: Patron, rules: Rules, now: Now) -> TermCount | None:
    """None: no pupil, no term now, no goal, or not known."""
    if patron.grade is None or not now.sure:
        return None
    term = term_with_goal(rules, now.local.date())
    if term is None:
        return None
    fed = _fed(tx, patron.id, term)
    epoch, _, counted = (tx.value(COUNTED) or "").partition(":")
    if fed is None or not counted or epoch != tx.value("epoch"):
        return None
    begins = datetime.combine(term.begins, time(), zone(rules))
    try:
        since = _lent_since(
            tx, patron.id, (int(epoch), int(counted)), round(begins.timestamp() * 1000)
        )
    except UnreadableEntry:
        # It may be a loan or none; and no visit ends for the sake of a count.
        return None
    return TermCount(max(0, fed + since), rules.library.goals.loans_per_term)


def _fed(tx: Tx, patron_id: str, term: Term) -> int | None:
    row = tx.first(_FED, patron_id=patron_id)
    count = json.loads(row.lent).get(span_of(term)) if row and row.lent else None
    return count if isinstance(count, int) else None


def _lent_since(tx: Tx, patron_id: str, counted: tuple[int, int], from_ms: int) -> int:
    """Checkouts of ours beyond this entry, less those that were undone beyond it."""
    lent = 0
    for row in tx.run(_SINCE, patron_id=patron_id, epoch=counted[0], after=counted[1]):
        entry = parse(row.body)
        lent += _is_loan(entry, from_ms)
        if entry.act is Act.CHECKIN and entry.undoes:
            lent -= _is_loan(_entry(tx, entry.undoes), from_ms)
    return lent


def _is_loan(entry: Entry | None, from_ms: int) -> bool:
    return (
        entry is not None
        and entry.act is Act.CHECKOUT
        and entry.allowed
        and entry.wall_ms >= from_ms
    )


def _entry(tx: Tx, key: str) -> Entry | None:
    _, epoch, seq = key.rsplit(":", 2)
    row = tx.first(_ENTRY, epoch=int(epoch), seq=int(seq))
    return parse(row.body) if row else None
