"""What readers say, taken in with their entries: one row of `voices` for each act, whenever and however often it comes.

The row rests on the entry and on what lies beside it alone. Words that do not fit the entry's commitment are not its
words, and are not kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, select, update

from kiosk.domain import Act
from kiosk.entry import Entry, commitment, words_name
from kiosk.saying import Saying, Words, read
from sync.central.db import insert_rows, one_of
from sync.central.erased import note_erased
from sync.central.positions import publish
from sync.central.schema import people, posts, said, voices
from sync.wire import WireEntry

KINDS = frozenset(Saying)
_COLUMNS = ("school", "id", "kind", "at_ms", "patron", "said", "commitment", "isbn", "form")
_PLACE = ("station", "epoch", "seq")


@dataclass(frozen=True, slots=True)
class Voice:
    """What one entry makes of itself: the columns of its row, in their order after the school."""

    id: str
    kind: str
    at_ms: int
    patron: str | None
    said: str | None
    commitment: str
    isbn: str = ""
    form: str = ""


def voice_of(
    entry: Entry, entry_hash: str, at_ms: int, *, patron: str | None, words: str | None
) -> Voice | None:
    """The voice of this entry; None where it is no act of saying that this release knows.

    It is named by the hash under which it was first written: a key may have been taken twice by a restored station.
    """
    if entry.act is not Act.SAY or entry.value not in KINDS:
        return None
    told = read(words) if words is not None else None
    isbn, form = (told.isbn, told.form) if told else ("", "")
    name = (entry.origin or entry_hash).rpartition(" ")[2][:32]
    kept = words if told else None
    return Voice(name, entry.value, at_ms, patron, kept, entry.said or "", isbn, form)


def fitting(entry: Entry, wire: WireEntry) -> str | None:
    """The words that came beside the entry, if the entry commits to them."""
    if wire.said is None or wire.said_salt is None or entry.said is None:
        return None
    return wire.said if commitment(wire.said_salt, wire.said) == entry.said else None


def keep_words(
    conn: Connection, place: tuple[str, str, int], heard: Iterable[tuple[Entry, WireEntry]]
) -> None:
    """Write down what lies beside these entries."""
    rows = [
        (*place, w.seq, w.said_salt, w.said, e.said) for e, w in heard if fitting(e, w) is not None
    ]
    insert_rows(conn, said, ("school", *_PLACE, "salt", "said", "commitment"), rows)


def hear(
    conn: Connection, school: str, heard: Sequence[tuple[Entry, WireEntry, int]], now_ms: int
) -> None:
    """Make the rows of new acts; what a reader has read is taken from the stations."""
    told = [
        voice_of(e, w.hash, at_ms, patron=w.patron, words=fitting(e, w)) for e, w, at_ms in heard
    ]
    fresh = {voice.id: voice for voice in told if voice}
    if not fresh:
        return
    there = select(voices.c.id).where(voices.c.school == school, one_of(conn, voices.c.id, fresh))
    for name in conn.execute(there).scalars().all():
        del fresh[name]
    insert_rows(conn, voices, _COLUMNS, [(school, *_row(voice)) for voice in fresh.values()])
    for voice in fresh.values():
        words = read(voice.said) if voice.kind == Saying.READ and voice.said else None
        if words:
            _note_read(conn, school, words, voice, now_ms)


def unhear(conn: Connection, school: str, heard: Iterable[tuple[Entry, WireEntry, int]]) -> None:
    """These acts do not count any more."""
    told = [voice_of(e, w.hash, at_ms, patron=None, words=None) for e, w, at_ms in heard]
    names = [voice.id for voice in told if voice]
    conn.execute(delete(voices).where(voices.c.school == school, one_of(conn, voices.c.id, names)))


def _row(voice: Voice) -> tuple[Any, ...]:
    return tuple(getattr(voice, name) for name in _COLUMNS[1:])


def _note_read(conn: Connection, school: str, words: Words, voice: Voice, now_ms: int) -> None:
    """Only whom it was for can have read it."""
    mine = (
        posts.c.school == school,
        posts.c.id == words.post,
        posts.c.patron_id == voice.patron,
    )
    if voice.patron and conn.execute(delete(posts).where(*mine)).rowcount:
        publish(conn, school, [("post", words.post)], now_ms)
        answered = (voices.c.school == school, voices.c.post == words.post)
        conn.execute(update(voices).where(*answered).values(read_ms=voice.at_ms))


def forget_voices(conn: Connection, school: str, ids: Iterable[str]) -> None:
    """Somebody is erased: that something was said stays, but neither by whom nor what, nor what they were answered."""
    theirs = (voices.c.school == school, one_of(conn, voices.c.patron, sorted(ids)))
    names = list(conn.execute(select(voices.c.commitment).where(*theirs)).scalars())
    conn.execute(
        delete(said).where(said.c.school == school, one_of(conn, said.c.commitment, names))
    )
    gone = {"patron": None, "said": None, "isbn": "", "form": "", "answer": "", "post": ""}
    conn.execute(update(voices).where(*theirs).values(**gone))


def erase_words(conn: Connection, school: str, name: str, now_ms: int) -> None:
    """The words of one voice go, here and at the stations, and so does who said them; the entry stays."""
    mine = (voices.c.school == school, voices.c.id == name)
    about = conn.execute(select(voices.c.commitment).where(*mine)).one()
    theirs = (said.c.school == school, said.c.commitment == about.commitment)
    for row in conn.execute(select(said).where(*theirs)).all():
        place = (people.c[n] == row._mapping[n] for n in ("school", *_PLACE))
        conn.execute(delete(people).where(*place))
    conn.execute(delete(said).where(*theirs))
    note_erased(conn, school, [words_name(about.commitment)], now_ms)
    gone = {"patron": None, "said": None, "isbn": "", "form": ""}
    conn.execute(update(voices).where(*mine).values(**gone))
