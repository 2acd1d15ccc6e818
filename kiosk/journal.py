"""The station's append-only journal: one entry an act, chained, written in the transaction of the act itself."""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass

from msgspec.structs import replace
from sqlalchemy import ScalarSelect, bindparam, func, insert, literal, select, true

from kiosk.clock import Clock
from kiosk.domain import Act, Now, Verdict
from kiosk.entry import (
    GENESIS,
    VERSION,
    Entry,
    UnreadableEntry,
    canonical,
    chain_faults,
    commitment,
    digest,
    parse,
    proof,
)
from kiosk.store.lineage import AS_OF, CURSOR
from kiosk.store.schema import journal, journal_people, journal_said, meta
from kiosk.store.statement import Statement
from kiosk.store.store import Store
from kiosk.store.tx import Tx

_LAST = (
    select(journal.c.epoch, journal.c.seq, journal.c.hash)
    .order_by(journal.c.epoch.desc(), journal.c.seq.desc())
    .limit(1)
)


def _known(key: str) -> ScalarSelect[str]:
    return select(meta.c.value).where(meta.c.key == key).scalar_subquery()


# What an enrolled station knows of itself and of the central record, beside its last entry: one statement, one row,
# though the journal may be empty. A rewind begins a new epoch.
_ONE = select(literal(1).label("one")).subquery()
_LATEST = _LAST.subquery()
_HEAD = Statement(
    select(
        _LATEST,
        _known("epoch").label("now_epoch"),
        _known(CURSOR).label("cursor"),
        _known(AS_OF).label("as_of_ms"),
    ).select_from(_ONE.outerjoin(_LATEST, true()))
)
_NEWEST = Statement(_LAST)
# In meta: the newest moment known to be right (UTC ms). Written with each entry of a sure clock and when staff confirm
# the clock, whichever came last; what an unsure clock wrote is no witness, it would make the wrong time trusted.
_LAST_SURE = "last_sure_ms"
_WALK = (
    select(journal.c.epoch, journal.c.seq, journal.c.hash, journal.c.body)
    .order_by(journal.c.epoch, journal.c.seq)
    .where(journal.c.epoch >= bindparam("from_epoch"))
)
_BACKWARDS = select(journal.c.at_ms, journal.c.body).order_by(
    journal.c.epoch.desc(), journal.c.seq.desc()
)
_APPEND = Statement(insert(journal))
_APPEND_PERSON = Statement(insert(journal_people))
_APPEND_SAID = Statement(insert(journal_said))


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What an entry says beside the verdict: the act, on which copy, for whom, in which visit, read by what.

    card: the one that opened the visit; it lies beside the entry, with the patron. value: the kind of what is said;
    said: the words, which lie beside as well.
    """

    act: Act
    copy: str | None = None
    patron_id: str | None = None
    card: str | None = None
    visit: str | None = None
    device: str | None = None
    renewals: int | None = None
    after: str | None = None
    undoes: str | None = None
    text: str | None = None
    value: str | None = None
    said: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """An entry that has been written: its key, and the short proof code for a slip."""

    key: str
    proof: str


class Journal:
    """Appends inside the caller's transaction, so an act and its entry are there together or not at all.

    station: its id at the central record, or that of station.toml where it is enrolled at none.
    """

    def __init__(self, station: str, clock: Clock) -> None:
        self._station = station
        self._clock = clock

    def append(
        self, tx: Tx, what: Occurrence, verdict: Verdict, *, now: Now, rules_digest: str
    ) -> Written:
        """Write the next entry of the chain. `now` is the time of the scan."""
        head = tx.first(_HEAD)
        epoch = int(head.now_epoch or 1)
        seq = head.seq + 1 if head.epoch == epoch else 1
        prev = head.hash or GENESIS
        salt = secrets.token_hex(16) if what.patron_id else None
        who = commitment(salt, what.patron_id) if salt and what.patron_id else None
        entry = self._entry(what, verdict, now, (epoch, seq, prev, who, rules_digest))
        said_salt = secrets.token_hex(16) if what.said is not None else None
        if said_salt and what.said is not None:
            entry = replace(entry, said=commitment(said_salt, what.said))
        if head.as_of_ms is not None:
            entry = replace(entry, as_of_ms=int(head.as_of_ms), cursor=head.cursor)
        body = canonical(entry)
        entry_hash = digest(body)
        place = {"epoch": epoch, "seq": seq}
        tx.run(_APPEND, **place, hash=entry_hash, body=body, copy=what.copy, at_ms=now.at_ms)
        if salt:
            told = {"salt": salt, "patron_id": what.patron_id, "card": what.card}
            tx.run(_APPEND_PERSON, **place, **told)
        if said_salt:
            tx.run(_APPEND_SAID, **place, salt=said_salt, said=what.said)
        if now.sure:
            tx.set_value(_LAST_SURE, str(now.at_ms))
        return Written(entry.key, proof(entry_hash))

    def _entry(
        self,
        what: Occurrence,
        verdict: Verdict,
        now: Now,
        place: tuple[int, int, str, str | None, str],
    ) -> Entry:
        epoch, seq, prev, who, rules_digest = place
        return Entry(
            station=self._station,
            epoch=epoch,
            seq=seq,
            prev=prev,
            act=what.act,
            allowed=verdict.allowed,
            reason=verdict.reason,
            boot=self._clock.boot,
            mono_ms=self._clock.mono_ms(),
            wall_ms=now.at_ms,
            clock="sure" if now.sure else "unsure",
            rules=rules_digest,
            v=VERSION,
            copy=what.copy,
            who=who,
            visit=what.visit,
            device=what.device,
            rule=str(verdict.rule) if verdict.rule else None,
            due_on=verdict.due_on.isoformat() if verdict.due_on else None,
            days=verdict.days,
            renewals=what.renewals,
            notes=tuple(note.value for note in verdict.notes),
            after=what.after,
            undoes=what.undoes,
            text=what.text,
            value=what.value,
        )


def length(tx: Tx) -> int:
    """How many entries this station has written in its present epoch (dense from 1)."""
    last = tx.first(_NEWEST)
    return last.seq if last else 0


def unsent(tx: Tx) -> int:
    """How many entries the central record has not yet made durable."""
    last = tx.first(_NEWEST)
    if last is None:
        return 0
    return int(last.seq) - int(tx.value(f"durable:{last.epoch}") or 0)


def confirm_clock(tx: Tx, at_ms: int) -> None:
    """Staff say what time it is: that stands above every entry so far, of any epoch, whatever their clock read."""
    tx.set_value(_LAST_SURE, str(at_ms))


def trusted_ms(store: Store) -> int | None:
    """The newest moment known to be right: of the last sure entry, or what staff confirmed after it."""
    with store.read() as tx:
        known = tx.value(_LAST_SURE)
    return int(known) if known else None


def lent_lately(store: Store, from_ms: int, to_ms: int) -> dict[str, int]:
    """Key and time (UTC ms, by this station's clock) of each checkout in this time, from the end of the journal back.

    It ends at the first entry of another time: a clock that is years behind must not have all of the journal read.
    """
    lent = {}
    with store.read() as tx:
        for at_ms, body in tx.conn.execution_options(yield_per=100).execute(_BACKWARDS):
            if not from_ms <= at_ms <= to_ms:
                break
            with suppress(UnreadableEntry):
                entry = parse(body)
                if entry.act is Act.CHECKOUT and entry.allowed:
                    lent[entry.key] = at_ms
    return lent


def verify(store: Store) -> tuple[int, list[str]]:
    """Walk the whole chain: how many entries, and every fault in plain words."""
    with store.read() as tx:
        count: int = tx.conn.execute(select(func.count()).select_from(journal)).scalar_one()
        rows = tx.conn.execution_options(yield_per=1000).execute(_WALK, {"from_epoch": 0})
        return count, list(chain_faults((r.epoch, r.seq, r.hash, r.body) for r in rows))


def find_proof(store: Store, code: str) -> list[str]:
    """The bodies of all entries whose proof code this is, the newest first."""
    wanted = code.strip().upper()
    with store.read() as tx:
        rows = tx.conn.execution_options(yield_per=1000).execute(_WALK, {"from_epoch": 0})
        return [row.body for row in rows if proof(row.hash) == wanted][::-1]
