"""Is an entry that could be read also one that can be counted with? Types, sizes, dates. PURE.

Stations of ours never write another one. Whoever else does must not make the central record fail.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import Any

from kiosk.entry import Entry

_MOST = 2**53
_LONGEST = 256
_MOST_DAYS = 36_500
_NUMBERS = ("mono_ms", "wall_ms", "as_of_ms")
_SMALL_NUMBERS = ("days", "renewals")
_NEEDED = ("mono_ms", "wall_ms", "station", "prev", "boot", "clock", "rules")
# What was scanned, or said at length, may fill an entry.
_FREE = ("text", "value")
# These are checked where they are read.
_OTHERS = ("v", "act", "reason", "seq", "epoch", "notes")
_NOT_WORDS = {"allowed", "due_on", *_NUMBERS, *_SMALL_NUMBERS, *_FREE, *_OTHERS}


def _some(*names: str) -> itemgetter[tuple[Any, ...]]:
    return itemgetter(*map(Entry._fields.index, names))


_LARGE, _SMALL, _TEXTS = _some(*_NUMBERS), _some(*_SMALL_NUMBERS), _some(*_FREE)
_WORDS = _some(*(name for name in Entry._fields if name not in _NOT_WORDS))


def is_sound(entry: Entry) -> bool:
    """Whether every field has its type and a size that tables can hold."""
    return (
        _types_fit(tuple(map(type, entry)))
        and _all_within(_LARGE(entry), _MOST)
        and _all_within(_SMALL(entry), _MOST_DAYS)
        and _all_texts([w for w in _WORDS(entry) if w], _LONGEST)
        and _all_texts([t for t in _TEXTS(entry) if t], _MOST)
        and (not entry.notes or _all_notes(entry.notes))
        and (entry.due_on is None or _is_day(entry.due_on))
    )


@lru_cache(maxsize=512)
def _types_fit(types: tuple[type, ...]) -> bool:
    """Whether the fields may have these types: most entries have the same ones."""
    told = zip(Entry._fields, types, strict=True)
    return all(kind in _allowed(name) for name, kind in told if name not in _OTHERS)


def _allowed(name: str) -> set[type]:
    if name == "allowed":
        return {bool}
    kind = int if name in (*_NUMBERS, *_SMALL_NUMBERS) else str
    return {kind} if name in _NEEDED else {kind, type(None)}


def _all_within(numbers: Iterable[int | None], most: int) -> bool:
    return all(n is None or -most <= n <= most for n in numbers)


def _all_notes(notes: tuple[object, ...]) -> bool:
    words = [note for note in notes if isinstance(note, str)]
    return len(words) == len(notes) and _all_texts(words, _LONGEST)


def _all_texts(texts: list[str], longest: int) -> bool:
    if not texts:
        return True
    together = "".join(texts)
    if max(map(len, texts)) > longest or "\x00" in together:
        return False
    # An escaped half of a surrogate pair is JSON, but no text.
    return together.isascii() or not any("\ud800" <= c <= "\udfff" for t in texts for c in t)


@lru_cache(maxsize=4096)
def _is_day(day: str) -> bool:
    try:
        return date.fromisoformat(day).year > 1900
    except ValueError:
        return False
