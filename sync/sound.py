"""Is an entry that could be read also one that can be counted with? Types, sizes, dates. PURE.

Stations of ours never write another one. Whoever else does must not make the central record fail.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import date
from operator import attrgetter

from kiosk.entry import Entry

_MOST = 2**53
_LONGEST = 256
_NUMBERS = attrgetter("mono_ms", "wall_ms", "as_of_ms")
_NEEDED = attrgetter("mono_ms", "wall_ms", "station", "prev", "boot", "clock", "rules")
_SMALL_NUMBERS = attrgetter("days", "renewals")
_MOST_DAYS = 36_500
# What was scanned, or said at length, may fill an entry.
_FREE = attrgetter("text", "value")
_OTHERS = (
    "v", "act", "reason", "seq", "epoch", "allowed", "notes", "due_on",
    "mono_ms", "wall_ms", "as_of_ms", "days", "renewals", "text", "value",
)  # fmt: skip
_WORDS = attrgetter(*(f.name for f in fields(Entry) if f.name not in _OTHERS))


def is_sound(entry: Entry) -> bool:
    """Whether every field has its type and a size that tables can hold."""
    return (
        type(entry.allowed) is bool
        and None not in _NEEDED(entry)
        and _all_within(_NUMBERS(entry), _MOST)
        and _all_within(_SMALL_NUMBERS(entry), _MOST_DAYS)
        and _all_words(_WORDS(entry), _LONGEST)
        and _all_words(_FREE(entry), _MOST)
        and _all_words(entry.notes, _LONGEST)
        and _is_day(entry.due_on)
    )


def _all_within(numbers: Iterable[object], most: int) -> bool:
    told = [n for n in numbers if n is not None]
    return all(type(n) is int and -most <= n <= most for n in told)


def _all_words(words: Iterable[object], longest: int) -> bool:
    return all(_is_word(word, longest) for word in words if word is not None)


def _is_word(word: object, longest: int) -> bool:
    if type(word) is not str or len(word) > longest or "\x00" in word:
        return False
    # An escaped half of a surrogate pair is JSON, but no text.
    return word.isascii() or not any("\ud800" <= c <= "\udfff" for c in word)


def _is_day(day: object) -> bool:
    if day is None:
        return True
    try:
        return type(day) is str and date.fromisoformat(day).year > 1900
    except ValueError:
        return False
