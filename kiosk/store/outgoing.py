"""The station's entries on their way up: what is to be sent, and what the central record has answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.dialects.sqlite import insert as upsert

from kiosk.store.lineage import number
from kiosk.store.schema import journal, journal_outcomes, journal_people, journal_said
from kiosk.store.statement import Statement
from kiosk.store.tx import Tx

_OF_EPOCH = journal.c.epoch == bindparam("epoch")
_LATER = journal.c.seq > bindparam("seq")
_END = Statement(
    select(journal.c.seq, journal.c.hash).where(_OF_EPOCH).order_by(journal.c.seq.desc()).limit(1)
)
_HASH = Statement(select(journal.c.hash).where(_OF_EPOCH, journal.c.seq == bindparam("seq")))
_SENT = Statement(
    select(
        journal.c.seq, journal.c.hash, journal.c.body, journal_people.c.salt,
        journal_people.c.patron_id, journal_people.c.card,
        journal_said.c.salt.label("said_salt"), journal_said.c.said,
    )
    .outerjoin(
        journal_people,
        and_(journal_people.c.epoch == journal.c.epoch, journal_people.c.seq == journal.c.seq),
    )
    .outerjoin(
        journal_said,
        and_(journal_said.c.epoch == journal.c.epoch, journal_said.c.seq == journal.c.seq),
    )
    .where(_OF_EPOCH, _LATER)
    .order_by(journal.c.seq)
    .limit(bindparam("limit"))
)  # fmt: skip
_COPIES_SINCE = Statement(
    select(journal.c.copy)
    .where(
        or_(journal.c.epoch > bindparam("epoch"), and_(_OF_EPOCH, _LATER)),
        journal.c.copy.is_not(None),
    )
    .distinct()
)
_LAST_EPOCH = Statement(select(func.max(journal.c.epoch).label("epoch")))
_OLDEST = Statement(
    select(journal.c.at_ms).where(_OF_EPOCH, _LATER).order_by(journal.c.seq).limit(1)
)
_NEW_OUTCOME = upsert(journal_outcomes)
_OUTCOME = _NEW_OUTCOME.on_conflict_do_update(
    index_elements=["epoch", "seq"],
    set_={name: _NEW_OUTCOME.excluded[name] for name in ("outcome", "codes", "revision")},
    where=journal_outcomes.c.revision < _NEW_OUTCOME.excluded.revision,
)


@dataclass(frozen=True, slots=True)
class Sent:
    """An entry with what lies beside it, as it travels."""

    seq: int
    hash: str
    body: str
    salt: str | None = None
    patron: str | None = None
    card: str | None = None
    said_salt: str | None = None
    said: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of an entry; codes parted by spaces."""

    seq: int
    outcome: str
    codes: str
    revision: int


def chain_end(tx: Tx, epoch: int) -> tuple[int, str]:
    """Seq and hash of the last entry of the epoch; 0 and "" where there is none."""
    row = tx.first(_END, epoch=epoch)
    return (row.seq, row.hash) if row else (0, "")


def hash_at(tx: Tx, epoch: int, seq: int) -> str | None:
    row = tx.first(_HASH, epoch=epoch, seq=seq)
    return row.hash if row else None


def entries_after(tx: Tx, epoch: int, after_seq: int, limit: int) -> list[Sent]:
    """Up to `limit` entries of the epoch beyond `after_seq`, in order."""
    return [Sent(*row) for row in tx.run(_SENT, epoch=epoch, seq=after_seq, limit=limit)]


def note_answers(tx: Tx, epoch: int, durable: int, answers: Sequence[Answered]) -> None:
    """Keep the watermark (0 beside answers: it is not told), and the newest revision of each answer."""
    if durable or not answers:
        tx.set_value(f"durable:{epoch}", str(durable))
    if answers:
        tx.conn.execute(
            _OUTCOME,
            [
                {"epoch": epoch, "seq": a.seq, "outcome": a.outcome}
                | {"codes": a.codes, "revision": a.revision}
                for a in answers
            ],
        )


def durable(tx: Tx, epoch: int) -> int:
    return number(tx, f"durable:{epoch}")


def copies_since(tx: Tx, epoch: int, seq: int) -> frozenset[str]:
    """Copies with an entry of ours beyond this one."""
    return frozenset(row.copy for row in tx.run(_COPIES_SINCE, epoch=epoch, seq=seq))


def oldest_unsent_ms(tx: Tx) -> int | None:
    """When the oldest entry that the central record does not hold was written (UTC ms by its own clock)."""
    epoch = tx.first(_LAST_EPOCH).epoch
    if epoch is None:
        return None
    row = tx.first(_OLDEST, epoch=epoch, seq=durable(tx, epoch))
    return row.at_ms if row else None
