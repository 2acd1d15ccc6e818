"""Open questions for a person: what happened, the evidence, and the answers there are to choose from.

Words for people are the reader's business (the command line, the console): here are codes, names and moments.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Connection, Text, and_, select

from kiosk.domain import Act
from kiosk.entry import Entry, UnreadableEntry, parse, proof
from sync.central.db import CentralError, given
from sync.central.read import key_of
from sync.central.schema import (
    cases,
    copies,
    entries,
    holdings,
    patrons,
    people,
    stations,
    titles,
)
from sync.events import CONFLICTS, Code, Key
from sync.fold import ADMIT, NOT_THEIRS, NOTED, RETURNED, STAYS, WITHDRAW

_OPENS = (Act.CHECKOUT, Act.RENEWAL)
_PLACE = {"station": Text, "epoch": BigInteger, "seq": BigInteger}


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry as evidence. The true time lies in [lo, hi]; entry None: its text cannot be read.

    patron: the name of whoever stands beside it (None: nobody, or somebody who was erased). proof: its code on a slip.
    """

    key: Key
    station: str
    lo: int
    est: int
    hi: int
    entry: Entry | None
    patron: str | None
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer; `value` is what settling takes. patron: whose loan it speaks of."""

    value: str
    patron: str | None = None

    @property
    def kind(self) -> str:
        return self.value.partition(" ")[0]


@dataclass(frozen=True, slots=True)
class Question:
    """A case with all that is needed to decide it. The first of the choices is the proposed repair.

    holder: who has the copy by the tables as they stand. who: names of those it concerns.
    """

    id: str
    code: Code
    barcode: str | None
    title: str
    opened_ms: int
    is_open: bool
    reopened: bool
    settled_by: str | None
    facts: str
    holder: str | None
    who: tuple[str, ...]
    evidence: tuple[Seen, ...]
    choices: tuple[Choice, ...]


def questions(
    conn: Connection, school: str, *, names: Collection[str] = (), open_only: bool = True
) -> list[Question]:
    """The cases that are open (or those of these names), the oldest first."""
    query = select(cases).where(cases.c.school == school).order_by(cases.c.opened_ms, cases.c.id)
    if names:
        query = query.where(cases.c.id.in_(names))
    elif open_only:
        query = query.where(cases.c.is_open)
    rows = conn.execute(query).all()
    about = {row.id: [Key(*key) for key in json.loads(row.about)] for row in rows}
    seen = evidence(conn, school, {key for keys in about.values() for key in keys})
    where = _where(conn, school, {row.barcode for row in rows if row.barcode})
    who = {p for row in rows for p in json.loads(row.patrons) if p}
    named = _names(conn, school, who | {w.patron for w in where.values() if w.patron})
    return [
        _question(row, [seen[k] for k in about[row.id] if k in seen], where.get(row.barcode), named)
        for row in rows
    ]


def question(conn: Connection, school: str, name: str) -> Question:
    """One case, open or not. Raises CentralError where there is none of this name."""
    found = questions(conn, school, names=[name])
    if not found:
        raise CentralError(f"there is no case {name}; see: central cases list")
    return found[0]


def _question(row: Any, seen: list[Seen], where: Any, named: dict[str, str]) -> Question:
    code = Code(row.code)
    holder = where.patron if where else None
    return Question(
        id=row.id,
        code=code,
        barcode=row.barcode,
        title=(where.title or "") if where else "",
        opened_ms=row.opened_ms,
        is_open=row.is_open,
        reopened=row.reopened,
        settled_by=row.settled_by,
        facts=row.facts,
        holder=named.get(holder, holder) if holder else None,
        who=tuple(named.get(p, p) for p in json.loads(row.patrons) if p),
        evidence=tuple(seen),
        choices=_choices(code, seen, where.opened_by if where else None),
    )


def _choices(code: Code, seen: Sequence[Seen], opened_by: str | None) -> tuple[Choice, ...]:
    """What can be answered, the proposed repair first."""
    if code is Code.CARD_STOLEN:
        return (Choice(NOT_THEIRS), Choice(STAYS), Choice(RETURNED))
    if code is Code.ITEM_REAPPEARED:
        return (Choice(NOTED), Choice(WITHDRAW))
    if code is Code.REVOKED:
        return (Choice(NOTED), Choice(ADMIT))
    if code not in CONFLICTS or code in (Code.ILS_REFUSED, Code.ILS_UNDECIDED):
        return (Choice(NOTED),)
    opened = [s for s in seen if s.entry and s.entry.act in _OPENS]
    stays = [
        Choice(f"{STAYS} {s.key}", s.patron)
        for s in opened
        if s.entry and s.entry.act is Act.CHECKOUT
    ]
    # As the record stands now comes first: whoever accepts it changes nothing.
    stays.sort(key=lambda choice: choice.value != f"{STAYS} {opened_by}")
    back = Choice(RETURNED)
    return (back, *stays) if opened_by is None else (*stays, back)


def evidence(conn: Connection, school: str, keys: Collection[Key]) -> dict[Key, Seen]:
    """These entries as they are shown to people; one that is not there is left out."""
    if not keys:
        return {}
    # Looked up one by one: stations times numbers would be entries that nobody asked for.
    asked = given(conn, [key._asdict() for key in sorted(keys)], **_PLACE)
    mine = and_(entries.c.school == school, *(entries.c[n] == asked.c[n] for n in _PLACE))
    place = and_(people.c.school == school, *(people.c[n] == entries.c[n] for n in _PLACE))
    query = (
        select(entries, people.c.patron, patrons.c.name, stations.c.name.label("where"))
        .select_from(asked)
        .outerjoin(entries, mine)
        .outerjoin(people, place)
        .outerjoin(patrons, and_(patrons.c.school == school, patrons.c.id == people.c.patron))
        .outerjoin(stations, and_(stations.c.school == school, stations.c.id == entries.c.station))
    )
    seen = {}
    for row in conn.execute(query):
        key = Key(row.station, row.epoch, row.seq)
        if row.station is not None:
            who = row.name or row.patron
            where = row.where or row.station
            told = (_read(row.body), who, proof(row.hash))
            seen[key] = Seen(key, where, row.lo, row.est, row.hi, *told)
    return seen


def _read(body: str) -> Entry | None:
    try:
        return parse(body)
    except UnreadableEntry:
        return None


def _where(conn: Connection, school: str, barcodes: Collection[str]) -> dict[str, Any]:
    query = (
        select(holdings.c.barcode, holdings.c.patron, holdings.c.opened_by, titles.c.title)
        .select_from(holdings)
        .outerjoin(copies, and_(copies.c.school == holdings.c.school, copies.c.barcode == holdings.c.barcode))
        .outerjoin(titles, and_(titles.c.school == copies.c.school, titles.c.id == copies.c.title_id))
        .where(holdings.c.school == school, holdings.c.barcode.in_(barcodes))
    )  # fmt: skip
    return {row.barcode: row for row in conn.execute(query)} if barcodes else {}


def _names(conn: Connection, school: str, ids: Collection[str]) -> dict[str, str]:
    query = select(patrons.c.id, patrons.c.name).where(
        patrons.c.school == school, patrons.c.id.in_(ids)
    )
    return {row.id: row.name for row in conn.execute(query)} if ids else {}


def settled_by(conn: Connection, school: str, question: Question) -> Entry | None:
    """The entry that settled it, with who did it and how."""
    key = key_of(question.settled_by)
    found = evidence(conn, school, [key]) if key else {}
    return found[key].entry if key in found else None
