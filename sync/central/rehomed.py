"""Acts that we hold already under another key: entries written again in a new epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select, tuple_

from sync.central.db import is_postgres, listed, one_in
from sync.central.read import key_of
from sync.central.schema import entries
from sync.continuity import Arrival
from sync.events import Key


def rehomed_before(conn: Connection, school: str, fresh: Sequence[Arrival]) -> set[Key]:
    """New entries whose act we hold already under another key: it counts there.

    An entry is written again in a new epoch with its first key and hash as `origin`; either may reach us first, and
    so may one that was written again under yet another epoch.
    """
    again = any(arrival.entry.origin for arrival in fresh if arrival.entry)
    # Nearly always nothing was ever written again in this school.
    if not again and conn.execute(_ANY_AGAIN, {"school": school}).first() is None:
        return set()
    names: dict[Key, str] = {}
    origins: dict[str, tuple[Key, str]] = {}
    for arrival in fresh:
        entry = arrival.entry
        if entry is None:
            continue
        key = Key(entry.station, entry.epoch, entry.seq)
        names[key] = entry.origin or f"{key} {arrival.wire.hash}"
        text, _, origin_hash = (entry.origin or "").rpartition(" ")
        first = key_of(text)
        if entry.origin and first:
            origins[entry.origin] = (first, origin_hash)
    asked = {"school": school, "names": listed(names.values())}
    held = set(conn.execute(_written_again(is_postgres(conn)), asked).scalars().all())
    held |= _first_written(conn, school, origins) if origins else set()
    return {key for key, name in names.items() if name in held}


_ANY_AGAIN = (
    select(entries.c.origin)
    .where(entries.c.school == bindparam("school"), entries.c.origin.is_not(None))
    .limit(1)
)


@cache
def _written_again(postgres: bool) -> Select[Any]:
    named = one_in(postgres, entries.c.origin, "names")
    return select(entries.c.origin).where(entries.c.school == bindparam("school"), named)


def _first_written(
    conn: Connection, school: str, origins: Mapping[str, tuple[Key, str]]
) -> set[str]:
    """Those of these origins that we hold under the very key and hash they name."""
    place = tuple_(entries.c.station, entries.c.epoch, entries.c.seq)
    query = select(entries.c.station, entries.c.epoch, entries.c.seq, entries.c.hash).where(
        entries.c.school == school, place.in_([tuple(first) for first, _ in origins.values()])
    )
    hashes = {Key(r.station, r.epoch, r.seq): r.hash for r in conn.execute(query).all()}
    return {name for name, (first, told) in origins.items() if hashes.get(first) == told}
