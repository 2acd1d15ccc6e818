"""Is the table of voices what the entries say? Every act of saying read anew, with what lies beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, and_, select

from kiosk.entry import UnreadableEntry, commitment, parse
from sync.central.hearing import Voice, voice_of
from sync.central.schema import entries, outcomes, people, said, voices
from sync.events import Outcome

_PLACE = ("school", "station", "epoch", "seq")
_TOLD = ("kind", "patron", "said", "commitment", "isbn", "form")


def voice_faults(conn: Connection, school: str) -> Iterator[str]:
    """What is written down of what readers said, and is not so; one sentence a fault."""
    should: dict[str, list[Voice]] = {}
    for row in conn.execute(_acts(school)):
        voice = _voice(row)
        if voice:
            should.setdefault(voice.id, []).append(voice)
    query = select(voices).where(voices.c.school == school)
    there = {row.id: row for row in conn.execute(query)}
    for name in sorted(should.keys() - there.keys()):
        yield f"{school}: what a reader said ({name}) is not written down"
    for name in sorted(there.keys() - should.keys()):
        yield f"{school}: it is written down that a reader said something ({name}), but no entry says so"
    for name in sorted(should.keys() & there.keys()):
        if not any(_same(voice, there[name]) for voice in should[name]):
            yield f"{school}: what a reader said ({name}) differs from what its entries say"


def _same(voice: Voice, row: Any) -> bool:
    when = voice.at_ms == row.at_ms
    return when and all(getattr(voice, name) == getattr(row, name) for name in _TOLD)


def _voice(row: Any) -> Voice | None:
    try:
        entry = parse(row.body)
    except UnreadableEntry:
        return None
    fits = row.said is not None and commitment(row.salt, row.said) == entry.said
    return voice_of(entry, row.hash, row.est, patron=row.patron, words=row.said if fits else None)


def _acts(school: str) -> Any:
    def beside(table: Any) -> Any:
        return and_(*(table.c[name] == entries.c[name] for name in _PLACE))

    return (
        select(
            entries.c.hash, entries.c.body, entries.c.est, people.c.patron, said.c.salt, said.c.said
        )
        .join(outcomes, beside(outcomes))
        .outerjoin(people, beside(people))
        .outerjoin(said, beside(said))
        .where(
            entries.c.school == school,
            # Every entry is walked by those who verify; the text says which ones matter here.
            entries.c.body.like('%"act":"say"%'),
            outcomes.c.outcome != Outcome.QUARANTINED.value,
        )
    )
