"""What was typed -> a query of the search index that cannot fail.

Only our own tokens, letters and digits in double quotes, ever reach FTS5: quotes, operators and control characters
that were typed part the words and are otherwise dropped.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Query:
    """FTS5 queries for the titles that are what was typed, that begin with it, and that have it anywhere."""

    exact: str
    starts: str
    inside: str


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
        starts = f'initials : "{BEGIN}{letters}" * OR words : "{BEGIN} {letters}" *'
        return Query(exact=_exact(flat, letters), starts=starts, inside=starts)
    return Query(
        exact=_exact(flat, letters),
        starts=" OR ".join([f'words : "{BEGIN} {" ".join(flat)}" *', *_typed(letters, BEGIN)]),
        inside=" OR ".join([_everywhere(groups), *_numbers(text, flat), *_typed(letters, "")]),
    )


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


def _exact(flat: list[str], letters: str) -> str:
    forms = [f'words : "{BEGIN} {" ".join(flat)} {END}"']
    if letters:
        forms += [f'{column} : "{BEGIN}{letters}{END}"' for column in ("pinyin", "initials")]
    return " OR ".join(forms)


def _typed(letters: str, mark: str) -> list[str]:
    if not letters:
        return []
    cuts = {"pinyin": letters[:JOINED_MAX], "initials": letters[:INITIALS_MAX]}
    return [f'{column} : "{mark}{cut}" *' for column, cut in cuts.items()]


def _everywhere(groups: list[list[str]]) -> str:
    """Every group as a phrase, the last token of each possibly unfinished; in any order, in title or author.

    Letters one by one (`h l m`) are initials, not words: looking for five of them as words takes 25 ms.
    """
    if all(len(group[0]) == 1 and group[0].isascii() and len(group) == 1 for group in groups):
        groups = [["".join(group[0] for group in groups)]]
    return "(" + " AND ".join(f'words : "{" ".join(group)}" *' for group in groups) + ")"


def _numbers(text: str, flat: list[str]) -> list[str]:
    """ISBN in any form, class number as far as typed; a call number is known by the class before its slash."""
    found = [f'numbers : "{" ".join(flat)}" *']
    if isbn := isbn13(text):
        found.append(f'numbers : "{isbn}"')
    if "/" in text and (before := words(text.split("/")[0])):
        found.append(f'numbers : "{" ".join(before)}"')
    return found
