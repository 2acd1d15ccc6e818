"""Is an entry that could be read also one that can be counted with? Types, sizes, dates. PURE.

Stations of ours never write another one. Whoever else does must not make the central record fail.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import date

from kiosk.entry import Entry

_MOST = 2**53
_LONGEST = 256
_NUMBERS = ("mono_ms", "wall_ms", "as_of_ms")
_NEEDED = ("mono_ms", "wall_ms", "station", "prev", "boot", "clock", "rules")
_SMALL_NUMBERS = ("days", "renewals")
_MOST_DAYS = 36_500
# What was scanned, or said at length, may fill an entry.
_FREE = ("text", "value")
_READ = ("v", "act", "reason", "seq", "epoch", "allowed", "notes", "due_on")
_WORDS = tuple(
    f.name for f in fields(Entry) if f.name not in (*_NUMBERS, *_SMALL_NUMBERS, *_FREE, *_READ)
)


def is_sound(entry: Entry) -> bool:
    """Whether every field has its type and a size that tables can hold."""
    return (
        type(entry.allowed) is bool
        and all(getattr(entry, name) is not None for name in _NEEDED)
        and all(_within(getattr(entry, name), _MOST) for name in _NUMBERS)
        and all(_within(getattr(entry, name), _MOST_DAYS) for name in _SMALL_NUMBERS)
        and all(_is_word(getattr(entry, name), _LONGEST) for name in _WORDS)
        and all(_is_word(getattr(entry, name), _MOST) for name in _FREE)
        and all(_is_word(note, _LONGEST) for note in entry.notes)
        and _is_day(entry.due_on)
    )


def _within(number: object, most: int) -> bool:
    return number is None or (type(number) is int and -most <= number <= most)


def _is_word(word: object, longest: int) -> bool:
    if word is None:
        return True
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
