"""The six letters on a slip looked up: the entry they stand for, the loan it speaks of, and the cases about it.

The codes are written down off the path of a batch, as counts are: hourly, and when somebody asks.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, select

from kiosk.entry import is_proof, proof
from sync.central.cases import Question, Seen, evidence, questions
from sync.central.db import Database, upsert_many
from sync.central.devices import THERE_MS
from sync.central.overview import Machine, machines
from sync.central.proof_tables import proofs, proven
from sync.central.reports.counting import chains_behind
from sync.central.reports.stopping import Stop, never
from sync.central.schema import cases, copies, entries, loans, patrons, people, titles
from sync.events import Key

PORTION = 5_000
# A code has a thousand million values: more entries than a few under one are a mistake.
MOST = 20
_NEAR = 50
# Letters that a code has not, and those that are meant when somebody reads them off paper.
_MEANT = str.maketrans("OIL", "011", " -·")


@dataclass(frozen=True, slots=True)
class Loan:
    """The loan that an entry speaks of. patron, name "": nobody's any more."""

    patron: str
    name: str
    opened_ms: int
    due_on: date | None
    closed_ms: int | None


@dataclass(frozen=True, slots=True)
class Proven:
    """An entry whose code this is. title "": of no copy that the record knows. patron "": nobody's."""

    seen: Seen
    barcode: str
    title: str
    patron: str
    loan: Loan | None
    cases: tuple[Question, ...]


def read_code(text: str) -> str:
    """What is typed from a slip as the code it means; "" where it can be none."""
    code = text.strip().upper().translate(_MEANT)
    return code if is_proof(code) else ""


def note_proofs(db: Database, school: str, stop: Stop = never) -> bool:
    """Write the codes of new entries down; whether all are."""
    while True:
        with db.read() as conn:
            behind = chains_behind(conn, school, proven)
        if not behind:
            return True
        if stop():
            return False
        with db.begin(school) as conn:
            for chain in chains_behind(conn, school, proven)[:1]:
                _note(conn, school, chain.station, chain.epoch, chain.seq)


def find_proof(conn: Connection, school: str, code: str) -> list[Proven]:
    """The entries that this code stands for, the newest first."""
    query = (
        select(proofs.c.station, proofs.c.epoch, proofs.c.seq)
        .where(proofs.c.school == school, proofs.c.code == code)
        .limit(MOST)
    )
    keys = [Key(*row) for row in conn.execute(query)]
    seen = evidence(conn, school, keys)
    found = [_proven(conn, school, one) for one in seen.values()]
    return sorted(found, key=lambda one: -one.seen.est)


def may_hold_more(conn: Connection, school: str, now_ms: int) -> list[Machine]:
    """The stations whose newest entries may not be here yet: they say so, or have not been heard of lately."""
    return [
        one
        for one in machines(conn, school)
        if one.enrolled
        and not one.revoked
        and (one.unsent or one.seen_ms is None or one.seen_ms < now_ms - THERE_MS)
    ]


# What a station wrote as the first name of an entry may be anything.
_HASH = re.compile("[0-9a-f]{64}")


def _note(conn: Connection, school: str, station: str, epoch: int, seq: int) -> None:
    mine = (entries.c.school == school, entries.c.station == station, entries.c.epoch == epoch)
    query = select(entries.c.seq, entries.c.hash, entries.c.origin).where(*mine)
    rows = conn.execute(query.where(entries.c.seq > seq).order_by(entries.c.seq).limit(PORTION))
    place = {"school": school, "station": station, "epoch": epoch}
    last, found = seq, []
    for row in rows:
        last = row.seq
        # A slip from before its entry was written again names the hash that it had then.
        first = (row.origin or "").rpartition(" ")[2]
        codes = {proof(each) for each in (row.hash, first) if _HASH.fullmatch(each)}
        found += [{**place, "seq": row.seq, "code": code} for code in codes]
    upsert_many(conn, proofs, found)
    upsert_many(conn, proven, [{**place, "seq": last}])


def _proven(conn: Connection, school: str, seen: Seen) -> Proven:
    place = dict(zip(("station", "epoch", "seq"), seen.key, strict=True))
    at = and_(entries.c.school == school, *(entries.c[n] == v for n, v in place.items()))
    barcode = conn.execute(select(entries.c.barcode).where(at)).scalar() or ""
    beside = and_(people.c.school == school, *(people.c[n] == v for n, v in place.items()))
    who = and_(patrons.c.school == people.c.school, patrons.c.id == people.c.patron)
    patron = conn.execute(select(patrons.c.id).join(people, who).where(beside)).scalar() or ""
    copy = and_(copies.c.school == titles.c.school, copies.c.title_id == titles.c.id)
    named = select(titles.c.title).join(copies, copy)
    named = named.where(copies.c.school == school, copies.c.barcode == barcode)
    title = (conn.execute(named).scalar() or "") if barcode else ""
    loan = _loan(conn, school, barcode, seen) if barcode else None
    about = _cases(conn, school, barcode, seen.key) if barcode else ()
    return Proven(seen, barcode, title, patron, loan, about)


def _loan(conn: Connection, school: str, barcode: str, seen: Seen) -> Loan | None:
    """The one that it began or ended; else the one that ran at its time."""
    who = and_(patrons.c.school == loans.c.school, patrons.c.id == loans.c.patron)
    query = (
        select(loans, patrons.c.name)
        .outerjoin(patrons, who)
        .where(loans.c.school == school, loans.c.barcode == barcode)
        .order_by(loans.c.opened_ms.desc())
        .limit(_NEAR)
    )
    rows = conn.execute(query).all()
    key = str(seen.key)
    found = [row for row in rows if key in (row.opened_by, row.closed_by)]
    found += [row for row in rows if _runs(row, seen.est)]
    if not found:
        return None
    row = found[0]
    return Loan(row.patron or "", row.name or "", row.opened_ms, row.due_on, row.closed_ms)


def _runs(row: Any, at_ms: int) -> bool:
    return bool(row.opened_ms <= at_ms and (row.closed_ms is None or at_ms <= row.closed_ms))


def _cases(conn: Connection, school: str, barcode: str, key: Key) -> tuple[Question, ...]:
    query = (
        select(cases.c.id, cases.c.about)
        .where(cases.c.school == school, cases.c.barcode == barcode)
        .order_by(cases.c.opened_ms.desc())
        .limit(_NEAR)
    )
    names = [row.id for row in conn.execute(query) if list(key) in json.loads(row.about)]
    return tuple(questions(conn, school, names=names)) if names else ()
