"""What was typed -> a query of a search index that cannot fail.

Only our own tokens, letters and digits, ever reach an index: quotes, operators and control characters that were typed
part the words and are otherwise dropped. A query is told in phrases, which FTS5 (here) and PostgreSQL (the central
record) write each in its own way.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

from kiosk.isbn import isbn13
from kiosk.pinyin import INITIALS_MAX, JOINED_MAX, is_chinese, plain

# Two characters of the private use area, which no title has; FTS5 takes them for letters.
BEGIN = "\ue001"
END = "\ue000"

# Longer texts are cut: nobody types more than this to find a book.
LONGEST = 80
WORDS_MAX = 16

_TONE_NUMBER = re.compile(r"(?<=[a-zü:]{2})[1-5](?![0-9])")
_AFTER_JQXY = re.compile("(?<=[jqxy])v")


class Phrase(NamedTuple):
    """Tokens that stand one behind another in a column; unfinished: the last one may go on."""

    column: str
    tokens: tuple[str, ...]
    unfinished: bool = False


# Any of these; each is all of its phrases.
Wanted = tuple[tuple[Phrase, ...], ...]


@dataclass(frozen=True, slots=True)
class Query:
    """The titles that are what was typed, that begin with it, and that have it anywhere."""

    exact: Wanted
    starts: Wanted
    inside: Wanted


def parse(typed: str) -> Query | None:
    """Make the three queries; None when nothing that could be searched for was typed."""
    text = unicodedata.normalize("NFKC", typed[: 4 * LONGEST])[:LONGEST]
    groups = [found for part in text.split() if (found := words(part))][:WORDS_MAX]
    flat = [token for group in groups for token in group]
    if not flat:
        return None
    letters = _letters(text)
    if len(letters) == 1 and flat == [letters]:
        # Nearly every title has a given letter somewhere; only those that begin with it are of use.
        starts = (
            (Phrase("initials", (BEGIN + letters,), True),),
            (Phrase("words", (BEGIN, letters), True),),
        )
        return Query(exact=_exact(flat, letters), starts=starts, inside=starts)
    return Query(
        exact=_exact(flat, letters),
        starts=((Phrase("words", (BEGIN, *flat), True),), *_typed(letters, BEGIN)),
        inside=(_everywhere(groups), *_numbers(text, flat), *_typed(letters, "")),
    )


def fts5(wanted: Wanted) -> str:
    """The same for SQLite's MATCH."""
    return " OR ".join(f"({' AND '.join(map(_fts5_phrase, phrases))})" for phrases in wanted)


def _fts5_phrase(phrase: Phrase) -> str:
    return f'{phrase.column} : "{" ".join(phrase.tokens)}"{" *" if phrase.unfinished else ""}'


def words(text: str) -> list[str]:
    """Tokens: each Chinese character, each run of other letters or digits in small letters without accents."""
    tokens: list[str] = []
    run = ""
    for char in unicodedata.normalize("NFKC", text).casefold():
        if char.isalnum() and not is_chinese(char):
            run += char
            continue
        tokens += [run] if run else []
        tokens += [char] if is_chinese(char) else []
        run = ""
    return [*tokens, run] if run else tokens


def _letters(text: str) -> str:
    """The Latin letters and digits of `text` run together, tones dropped, ü as v; "" if it holds any others."""
    bare = _TONE_NUMBER.sub("", text.casefold()) if not text.isdigit() else text
    kept = "".join(c for c in plain(bare.replace("u:", "ü")) if c.isalnum())
    return _AFTER_JQXY.sub("u", kept) if kept.isascii() else ""


def _exact(flat: list[str], letters: str) -> Wanted:
    whole = ((Phrase("words", (BEGIN, *flat, END)),),)
    if not letters:
        return whole
    read = ((Phrase(column, (BEGIN + letters + END,)),) for column in ("pinyin", "initials"))
    return (*whole, *read)


def _typed(letters: str, mark: str) -> Wanted:
    if not letters:
        return ()
    cuts = {"pinyin": letters[:JOINED_MAX], "initials": letters[:INITIALS_MAX]}
    return tuple((Phrase(column, (mark + cut,), True),) for column, cut in cuts.items())


def _everywhere(groups: list[list[str]]) -> tuple[Phrase, ...]:
    """Every group as a phrase, the last token of each possibly unfinished; in any order, in title or author.

    Letters one by one (`h l m`) are initials, not words: looking for five of them as words takes 25 ms.
    """
    if all(len(group[0]) == 1 and group[0].isascii() and len(group) == 1 for group in groups):
        groups = [["".join(group[0] for group in groups)]]
    return tuple(Phrase("words", tuple(group), True) for group in groups)


def _numbers(text: str, flat: list[str]) -> Wanted:
    """ISBN in any form, class number as far as typed; a call number is known by the class before its slash."""
    found = [Phrase("numbers", tuple(flat), True)]
    if isbn := isbn13(text):
        found.append(Phrase("numbers", (isbn,)))
    if "/" in text and (before := words(text.split("/")[0])):
        found.append(Phrase("numbers", tuple(before)))
    return tuple((phrase,) for phrase in found)
