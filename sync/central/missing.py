"""What a station's own lineage wrote, as the centre holds it: sent back to a station that was rewound."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, and_, select

from sync.central.enrolment import Session
from sync.central.schema import entries, people, said
from sync.wire import MAX_ENTRIES, Missing, WireEntry

# So much text goes into one answer at most; in UTF-8 that stays below what a message may have.
_CHARACTERS = 1 << 20


def read_missing(conn: Connection, session: Session, epoch: int, after_seq: int) -> Missing:
    """Up to 500 entries of this station's epoch beyond `after_seq`, byte for byte as they came."""
    query = (
        select(
            entries.c.seq, entries.c.hash, entries.c.body, people.c.salt, people.c.patron, people.c.card,
            said.c.salt.label("said_salt"), said.c.said,
        )
        .select_from(entries)
        .outerjoin(people, _beside(people))
        .outerjoin(said, _beside(said))
        .where(
            entries.c.school == session.school,
            entries.c.station == session.lineage.station,
            entries.c.epoch == epoch,
            entries.c.seq > after_seq,
        )
        .order_by(entries.c.seq)
        .limit(MAX_ENTRIES + 1)
    )  # fmt: skip
    rows = conn.execute(query).all()
    found: list[WireEntry] = []
    size = 0
    for row in rows[:MAX_ENTRIES]:
        size += len(row.body)
        if found and size > _CHARACTERS:
            break
        found.append(_entry(row, named=not session.lineage.parked))
    return Missing(entries=found, more=len(found) < len(rows))


def _beside(table: Table) -> Any:
    names = ("school", "station", "epoch", "seq")
    return and_(*(table.c[name] == entries.c[name] for name in names))


def _entry(row: Any, *, named: bool) -> WireEntry:
    """named: a machine that may not be the station hears of no people, nor of their words."""
    person = {"salt": row.salt, "patron": row.patron, "card": row.card}
    beside = {**person, "said_salt": row.said_salt, "said": row.said} if named else {}
    return WireEntry(seq=row.seq, hash=row.hash, body=row.body, **beside)
