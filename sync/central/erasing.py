"""A person is taken out of the record for good; every entry stays, and the chains still verify.

An entry names its patron by a salted commitment alone. What ties it to somebody lies in `people`, and goes: from then
on the fold sees "somebody", the same one in all that they did with one copy, and no more. The copies concerned are
folded anew, so that no state, seal or loan keeps the name.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, delete, func, select, update

from sync.central.box_tables import box_lent, box_loans
from sync.central.db import CentralError, one_of, update_rows
from sync.central.erased import note_erased
from sync.central.hearing import forget_voices
from sync.central.late import spoken_of
from sync.central.pin_forgetting import forget_pin
from sync.central.positions import publish
from sync.central.read import shelf, time_zone
from sync.central.refold import refold
from sync.central.reports.counting import forget_reader
from sync.central.reports.readers import keep_counts
from sync.central.schema import (
    blocks,
    card_changes,
    cards,
    cases,
    chunks,
    copies,
    entries,
    holds,
    loans,
    messages,
    outcomes,
    patron_aliases,
    patrons,
    people,
    posts,
    snapshots,
)
from sync.central.textbook_forgetting import forget_hands
from sync.standing import UNKNOWN

_PLACE = ("school", "station", "epoch", "seq")
_BESIDE = and_(*(people.c[name] == entries.c[name] for name in _PLACE))


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased: how many of each. entries: how many stay without a name; loans: how many were theirs."""

    cards: int
    entries: int
    loans: int
    holds: int
    blocks: int
    messages: int
    textbooks: int


def erase(conn: Connection, school: str, patron: str, now_ms: int) -> Erased:
    """Under the school's lock. Raises CentralError while something is out or to be decided."""
    numbers = _free_to_go(conn, school, patron)
    ids = {patron, *_aliases(conn, school, patron), *_unnamed(conn, school, patron, numbers)}
    theirs = (people.c.school == school, one_of(conn, people.c.patron, sorted(ids)))
    touched = _copies(conn, school, patron, theirs)
    lent = select(func.count()).where(loans.c.school == school, loans.c.patron == patron)
    counted = int(conn.execute(lent).scalar_one())
    had = forget_hands(conn, school, patron)
    _out_of_boxes(conn, school, patron)
    keep_counts(conn, school, patron, now_ms)
    forget_voices(conn, school, ids)
    forget_reader(conn, school, ids)
    forget_pin(conn, school, patron)
    _still_one(conn, theirs)
    named = conn.execute(delete(people).where(*theirs)).rowcount
    _tell_stations(conn, school, patron, numbers, now_ms)
    note_erased(conn, school, sorted(ids), now_ms)
    gone = {
        table.name: conn.execute(
            delete(table).where(table.c.school == school, table.c[column] == patron)
        ).rowcount
        for table, column in (
            (cards, "patron_id"),
            (card_changes, "patron_id"),
            (holds, "patron_id"),
            (blocks, "patron_id"),
            (messages, "patron_id"),
            (posts, "patron_id"),
            (patron_aliases, "patron"),
            (patrons, "id"),
        )
    }
    if touched:
        around = shelf(conn, school, touched, time_zone(conn, school))
        refold(conn, school, {barcode: [] for barcode in sorted(touched)}, around, now_ms=now_ms)
    _out_of_cases(conn, school, touched, ids)
    # Snapshots hold the name too; the next station that needs one has it built anew.
    for table in (snapshots, chunks):
        conn.execute(delete(table).where(table.c.school == school))
    return Erased(
        cards=gone["cards"],
        entries=named,
        loans=counted,
        holds=gone["holds"],
        blocks=gone["blocks"],
        messages=gone["messages"],
        textbooks=had,
    )


def _out_of_boxes(conn: Connection, school: str, patron: str) -> None:
    """Nobody is noted to have had a copy of a class box, or the box itself."""
    noted = (box_lent.c.school == school, box_lent.c.pupil == patron)
    conn.execute(update(box_lent).where(*noted).values(pupil=None))
    lent = (box_loans.c.school == school, box_loans.c.patron == patron)
    conn.execute(update(box_loans).where(*lent).values(patron=""))


def _free_to_go(conn: Connection, school: str, patron: str) -> list[str]:
    """The numbers of their cards. Raises CentralError where somebody has to do something first."""
    mine = (patrons.c.school == school, patrons.c.id == patron)
    if conn.execute(select(patrons.c.id).where(*mine)).first() is None:
        raise CentralError(f"there is no patron {patron}")
    out = select(func.count()).where(
        loans.c.school == school, loans.c.patron == patron, loans.c.closed_ms.is_(None)
    )
    if count := conn.execute(out).scalar_one():
        raise CentralError(f"{count} copies are still lent to {patron}; take them back first")
    asked = select(cases.c.id, cases.c.patrons).where(cases.c.school == school, cases.c.is_open)
    for row in conn.execute(asked):
        if patron in json.loads(row.patrons):
            raise CentralError(f"the case {row.id} about {patron} is open; settle it first")
    theirs = select(cards.c.number).where(cards.c.school == school, cards.c.patron_id == patron)
    return sorted(conn.execute(theirs).scalars())


def _aliases(conn: Connection, school: str, patron: str) -> list[str]:
    """Ids that lead to this patron; few are merged, and there is no index over them."""
    query = select(patron_aliases.c.id).where(
        patron_aliases.c.school == school, patron_aliases.c.patron == patron
    )
    return [str(name) for name in conn.execute(query).scalars()]


def _still_one(conn: Connection, theirs: Any) -> None:
    """A word for each copy's entries of theirs, so that they are told from those of others, and not whose they are."""
    query = select(entries.c.barcode, *(people.c[n] for n in _PLACE)).join(people, _BESIDE)
    words: dict[str, str] = {}
    rows = []
    for barcode, *at in conn.execute(query.where(*theirs, entries.c.barcode.is_not(None))):
        rows.append((*at, words.setdefault(barcode, secrets.token_hex(4))))
    update_rows(conn, outcomes, (*_PLACE, "somebody"), rows)


def _unnamed(conn: Connection, school: str, patron: str, numbers: list[str]) -> set[str]:
    """What their cards were called where nobody knew them; not of whoever had such a card before."""
    names = {f"{UNKNOWN}{number}" for number in numbers}
    others = select(patron_aliases.c.id).where(
        patron_aliases.c.school == school,
        patron_aliases.c.patron != patron,
        one_of(conn, patron_aliases.c.id, names),
    )
    return names - set(conn.execute(others).scalars())


def _copies(conn: Connection, school: str, patron: str, theirs: Any) -> set[str]:
    acted = select(entries.c.barcode).join(people, _BESIDE)
    lent = select(loans.c.barcode).where(loans.c.school == school, loans.c.patron == patron)
    found = {*conn.execute(acted.where(*theirs)).scalars(), *conn.execute(lent).scalars()}
    return {barcode for barcode in found if barcode} | _waited_for(conn, school, patron)


def _waited_for(conn: Connection, school: str, patron: str) -> set[str]:
    """Copies of titles for which they stood in the queue: others were told what that meant for them."""
    theirs = select(holds.c.title_id).where(holds.c.school == school, holds.c.patron_id == patron)
    query = select(copies.c.barcode).where(copies.c.school == school, copies.c.title_id.in_(theirs))
    return spoken_of(conn, school, list(conn.execute(query).scalars()))


def _tell_stations(
    conn: Connection, school: str, patron: str, numbers: list[str], now_ms: int
) -> None:
    keys = [("card", number) for number in numbers]
    for table, kind in ((holds, "hold"), (messages, "message"), (posts, "post")):
        mine = select(table.c.id).where(table.c.school == school, table.c.patron_id == patron)
        keys += [(kind, str(name)) for name in conn.execute(mine).scalars()]
    publish(conn, school, [*keys, ("patron", patron)], now_ms)


def _out_of_cases(conn: Connection, school: str, touched: set[str], ids: set[str]) -> None:
    mine = (cases.c.school == school, one_of(conn, cases.c.barcode, sorted(touched)))
    for row in conn.execute(select(cases.c.id, cases.c.patrons).where(*mine)).all():
        named = json.loads(row.patrons)
        kept = [name for name in named if name not in ids]
        if kept != named:
            at = (cases.c.school == school, cases.c.id == row.id)
            conn.execute(update(cases).where(*at).values(patrons=json.dumps(kept)))
