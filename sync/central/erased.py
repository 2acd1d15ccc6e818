"""Who was erased: stations are told, and what arrives late about them is kept without a name.

Only a name that nobody can read is kept. Somebody who is registered again under the same id is no longer erased.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from msgspec import structs
from sqlalchemy import Connection, select

from kiosk.domain import Act
from kiosk.entry import UnreadableEntry, commitment, erased_name, parse, words_name
from sync.central.db import one_of, upsert_many
from sync.central.positions import publish
from sync.central.schema import erased, patrons
from sync.wire import WireEntry


def note_erased(conn: Connection, school: str, ids: Iterable[str], now_ms: int) -> None:
    """Remember, and tell stations; called once they have been told that the patron is gone."""
    names = [erased_name(school, one) for one in ids]
    rows = [{"school": school, "who": name, "at_ms": now_ms} for name in names]
    upsert_many(conn, erased, rows)
    publish(conn, school, [("erased", name) for name in names])


def without_erased(conn: Connection, school: str, wires: Sequence[WireEntry]) -> list[WireEntry]:
    """The entries of a batch as they may be kept.

    Who was lent a copy that is not back yet is kept in the least form, as somebody who has left: the library must know
    whom to ask. All else that names somebody who was erased loses the name.
    """
    wires = _without_erased_words(conn, school, wires)
    gone = _erased_since(conn, school, {w.patron for w in wires if w.patron})
    if not gone:
        return list(wires)
    lent = {w.patron: gone[w.patron] for w in wires if w.patron in gone and _lends(w)}
    if lent:
        rest = {"category": "", "grade": None, "class_name": "", "expires_on": None}
        rows = [
            {"school": school, "id": who, "name": who, **rest, "blocked": None, "gone_ms": at_ms}
            for who, at_ms in lent.items()
        ]
        upsert_many(conn, patrons, rows)
    nobody = dict.fromkeys(("salt", "patron", "card", "said_salt", "said"))
    return [
        structs.replace(w, **nobody) if w.patron in gone and not _lends(w) else w for w in wires
    ]


def _erased_since(conn: Connection, school: str, ids: Collection[str]) -> dict[str, int]:
    """Those of these ids that were erased, with the moment."""
    names = {erased_name(school, one): one for one in ids}
    if not names:
        return {}
    query = select(erased.c.who, erased.c.at_ms).where(
        erased.c.school == school, one_of(conn, erased.c.who, list(names))
    )
    found = {names[row.who]: int(row.at_ms) for row in conn.execute(query)}
    if not found:
        return {}
    back = select(patrons.c.id).where(
        patrons.c.school == school, one_of(conn, patrons.c.id, list(found))
    )
    for one in conn.execute(back).scalars():
        del found[str(one)]
    return found


def _without_erased_words(
    conn: Connection, school: str, wires: Sequence[WireEntry]
) -> Sequence[WireEntry]:
    """Words that staff took out of the record do not come back with an entry that is written again."""
    names = {
        erased_name(school, words_name(commitment(w.said_salt or "", w.said))): w.seq
        for w in wires
        if w.said is not None
    }
    if not names:
        return wires
    query = select(erased.c.who).where(
        erased.c.school == school, one_of(conn, erased.c.who, list(names))
    )
    gone = {names[str(who)] for who in conn.execute(query).scalars()}
    nothing = dict.fromkeys(("salt", "patron", "card", "said_salt", "said"))
    return [structs.replace(w, **nothing) if w.seq in gone else w for w in wires]


def _lends(wire: WireEntry) -> bool:
    try:
        entry = parse(wire.body)
    except UnreadableEntry:
        return False
    return entry.allowed and entry.act is Act.CHECKOUT
