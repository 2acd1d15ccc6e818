"""The words of a visit's slip: whole for paper, and as a short plain text for the phone that reads the code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from kiosk.screen import Line, LineKind, VisitView
from web_ui.catalogue import Voice
from web_ui.telling import clock_time, tell_day, tell_long_date

MAX_BYTES = 600
"""More than this and the code is too fine for a phone's camera at arm's length."""
KINDS = (LineKind.LENT, LineKind.RENEWED, LineKind.RETURNED, LineKind.USED, LineKind.LOAN)
TITLE_LENGTHS = (40, 18, 12)


def mask_name(name: str) -> str:
    """李小满 -> 李**: enough for the owner, too little for a finder."""
    return f"{name[:1]}**" if name else ""


def slip_lines(visit: VisitView, kind: LineKind) -> list[Line]:
    """The visit's books of one kind, in the order in which they were scanned."""
    lines = [line for line in visit.lines if line.kind is kind]
    return lines if kind is LineKind.LOAN else lines[::-1]


@dataclass(frozen=True, slots=True)
class SlipWords:
    """All words of a slip. parts: a heading with its books, each a title and what is said of it ("" for nothing)."""

    library: str
    when: str
    name: str
    parts: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    thanks: str


def slip_words(visit: VisitView, voice: Voice, library: str, local: datetime) -> SlipWords:
    """Nothing is shortened here: whoever prints it has room, or folds the lines."""
    parts = [
        (voice(f"slip.{kind}"), tuple(_book(line, voice, local.date()) for line in lines))
        for kind in KINDS
        if (lines := slip_lines(visit, kind))
    ]
    return SlipWords(
        library=library,
        when=f"{tell_long_date(voice, local.date())} {clock_time(local)}",
        name=mask_name(visit.name),
        parts=tuple(parts),
        thanks=voice("slip.thanks"),
    )


def one_line(book: tuple[str, str], voice: Voice) -> str:
    """A book of a slip as one sentence."""
    title, told = book
    return voice("slip.item", title=title, due=told) if told else title


def _book(line: Line, voice: Voice, today: date) -> tuple[str, str]:
    """Its title, and when it is due or the code that proves its return."""
    title = line.book.title or line.book.barcode
    if line.kind is LineKind.RETURNED:
        return title, voice("slip.proof", proof=line.proof) if line.proof else ""
    if line.due_on is not None:
        return title, voice("line.due", day=tell_day(voice, line.due_on, today))
    if line.days is not None and line.kind is not LineKind.USED:
        return title, voice("line.due_days", n=line.days)
    return title, ""


def slip_text(visit: VisitView, language: str, library: str, local: datetime) -> str:
    """Plain text of at most MAX_BYTES in UTF-8: titles are shortened first, then the last books are only counted."""
    voice = Voice(language)
    words = slip_words(visit, voice, library[:40], local)
    total = sum(len(books) for _, books in words.parts)
    for title_length in TITLE_LENGTHS:
        text = _compose(words, voice, title_length, total)
        if len(text.encode("utf-8", "replace")) <= MAX_BYTES:
            return text
    for shown in range(total - 1, -1, -1):
        text = _compose(words, voice, TITLE_LENGTHS[-1], shown)
        if len(text.encode("utf-8", "replace")) <= MAX_BYTES:
            return text
    return text


def _compose(words: SlipWords, voice: Voice, title_length: int, shown: int) -> str:
    rows = [words.library, words.when, words.name]
    left = 0
    for head, books in words.parts:
        visible, left = books[:shown], left + max(0, len(books) - shown)
        shown -= len(visible)
        if visible:
            rows.append(head)
            short = [(_shortened(title, title_length), told) for title, told in visible]
            rows += [f"· {one_line(book, voice)}" for book in short]
    if left:
        rows.append(voice("slip.more", n=left))
    return "\n".join(rows)


def _shortened(title: str, length: int) -> str:
    return title if len(title) <= length else title[: length - 1] + "…"
