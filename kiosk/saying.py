"""What a reader says to the library: its kinds, and the one text that lies beside the entry. PURE.

The entry itself carries the kind and a commitment; who said it and every word can be erased.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

MOST_CHARACTERS = 500
MOST_ANSWERS = 50


class Saying(StrEnum):
    """READ: somebody has seen the librarian's answer, which need not be shown again."""

    SUGGESTION = "suggestion"
    COMPLAINT = "complaint"
    PURCHASE = "purchase"
    ANSWERS = "answers"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Words:
    """What was said. sentence: one of those to choose from; note: typed letters; isbn, title: the book wished for.

    form: the questionnaire; answers: its questions by number, each with what was chosen (stars 1 to 5, a choice by
    number from 0, or letters); a question left out is not there. post: the answer that was read.
    """

    sentence: str = ""
    note: str = ""
    isbn: str = ""
    title: str = ""
    form: str = ""
    answers: tuple[tuple[int, int | str], ...] = ()
    post: str = ""


def written(words: Words) -> str:
    """The one text of these words: the same on every machine, what is empty left out."""
    told = {name: value for name, value in asdict(words).items() if value}
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def read(text: str) -> Words | None:
    """The words in this text, cut to size; None where nobody of ours wrote it."""
    try:
        told: dict[str, Any] = json.loads(text)
        answers = [(int(at), _answer(value)) for at, value in told.pop("answers", [])]
        known = {name: _text(told[name]) for name in _TEXTS if name in told}
    except (ValueError, TypeError, AttributeError, RecursionError, OverflowError):
        return None
    return Words(**known, answers=tuple(answers[:MOST_ANSWERS]))


_TEXTS = ("sentence", "note", "isbn", "title", "form", "post")


def _answer(value: object) -> int | str:
    return value if isinstance(value, int) else _text(value)


def _text(value: object) -> str:
    """Cut to size, without what no database takes: NUL, and halves of a letter."""
    whole = str(value).replace("\0", "").encode(errors="ignore").decode()
    return whole[:MOST_CHARACTERS]


NOTHING_SAID = Words()
