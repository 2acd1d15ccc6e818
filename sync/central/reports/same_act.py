"""Which entries are about the same act: written again in a later epoch, or taking an earlier one back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Text, func, literal, select, tuple_

from kiosk.domain import Act
from sync.central.db import one_of
from sync.central.read import key_of
from sync.central.report_tables import counted
from sync.central.schema import entries
from sync.events import Key

# What is read of an entry.
TOLD = tuple(
    entries.c[n] for n in ("station", "epoch", "seq", "hash", "body", "barcode", "est", "origin")
)
# Which acts take which back, where an entry names another that it undoes.
_UNDOES = {
    Act.CHECKIN: (Act.CHECKOUT,),
    Act.RENEWAL: (Act.CHECKIN, Act.RENEWAL, Act.COPY_STATE),
    Act.CLAIM: (Act.CLAIM,),
}


# What was written again in a later epoch.


def counted_before(conn: Connection, school: str, rows: Sequence[Any]) -> set[Key]:
    """Those of these entries whose act was counted already, under another key."""
    names = {key_at(r): _name(r) for r in rows}
    if not names:
        return set()
    columns = (*TOLD[:4], entries.c.origin)
    later = select(*columns).where(
        entries.c.school == school, one_of(conn, entries.c.origin, sorted(set(names.values())))
    )
    found = list(conn.execute(later).all())
    firsts = {first for r in rows if r.origin and (first := _first(r))}
    if firsts:
        place = tuple_(entries.c.station, entries.c.epoch, entries.c.seq)
        original = select(*columns).where(
            entries.c.school == school, place.in_([tuple(key) for key in sorted(firsts)])
        )
        found += conn.execute(original).all()
    before = {_name(row) for row in _done(conn, school, found)}
    return {key for key, name in names.items() if name in before}


def key_at(row: Any) -> Key:
    return Key(row.station, row.epoch, row.seq)


def _name(row: Any) -> str:
    """What names the act of an entry, however often it was written: the key and hash under which it first was."""
    return row.origin or f"{key_at(row)} {row.hash}"


def _done(conn: Connection, school: str, rows: Iterable[Any]) -> list[Any]:
    """Those of these entries that have been counted."""
    rows = list(rows)
    if not rows:
        return []
    upto = select(counted).where(
        counted.c.school == school, one_of(conn, counted.c.station, {r.station for r in rows})
    )
    seqs = {(row.station, row.epoch): row.seq for row in conn.execute(upto)}
    return [row for row in rows if row.seq <= seqs.get((row.station, row.epoch), 0)]


# What was undone.


def undone_by(
    conn: Connection, school: str, fresh: dict[Key, tuple[Any, dict[str, Any]]]
) -> dict[Key, Any]:
    """For each entry that takes an earlier one back, that one: neither has happened."""
    asked = {
        key: undoes
        for key, (_, body) in fresh.items()
        if body["act"] in _UNDOES and (undoes := key_of(body.get("undoes")))
    }
    ours = {key: fresh[undoes][0] for key, undoes in asked.items() if undoes in fresh}
    rest = {key: undoes for key, undoes in asked.items() if undoes not in fresh}
    found = _acts_named(conn, school, set(rest.values())) if rest else {}
    done = {*fresh, *map(key_at, _done(conn, school, found.values()))}
    theirs = {
        key: found[undoes]
        for key, undoes in rest.items()
        if undoes in found and key_at(found[undoes]) in done
    }
    told = {**ours, **theirs}
    return {key: row for key, row in told.items() if _fits(fresh[key][1], row)}


def _fits(body: dict[str, Any], before: Any) -> bool:
    """Only what counts by itself is taken back."""
    taken_back = json.loads(before.body)
    same = taken_back["act"] in _UNDOES[Act(body["act"])]
    return bool(taken_back["allowed"] and same and "undoes" not in taken_back)


def _acts_named(conn: Connection, school: str, keys: set[Key]) -> dict[Key, Any]:
    """The entries that count for these keys: under them, or written again in a later epoch."""
    place = tuple_(entries.c.station, entries.c.epoch, entries.c.seq)
    query = select(*TOLD).where(entries.c.school == school, place.in_([tuple(k) for k in keys]))
    found = {key_at(r): r for r in conn.execute(query)}
    on_copy = {key: row for key, row in found.items() if row.barcode is not None}
    moved = keys - on_copy.keys()
    if moved:
        first = func.substr(
            entries.c.origin, 1, func.length(entries.c.origin) - literal(65), type_=Text
        )
        later = select(*TOLD).where(
            entries.c.school == school,
            entries.c.origin.isnot(None),
            entries.c.barcode.isnot(None),
            one_of(conn, first, [str(key) for key in moved]),
        )
        on_copy |= {key: row for row in conn.execute(later) if (key := _first(row)) is not None}
    return on_copy


def _first(row: Any) -> Key | None:
    return key_of(row.origin.partition(" ")[0])
