"""The slip of a visit as a short plain text: what a phone shows after it has read the code on the screen."""

from __future__ import annotations

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


def slip_item(line: Line, voice: Voice, today: date, title_length: int = 40) -> str:
    """One book: its title and when it is due, or the code that proves its return."""
    title = line.book.title or line.book.barcode
    if len(title) > title_length:
        title = title[: title_length - 1] + "…"
    if line.kind is LineKind.RETURNED:
        return voice("slip.item_proof", title=title, proof=line.proof) if line.proof else title
    if line.due_on is not None:
        due = voice("line.due", day=tell_day(voice, line.due_on, today))
        return voice("slip.item", title=title, due=due)
    if line.days is not None and line.kind is not LineKind.USED:
        return voice("slip.item", title=title, due=voice("line.due_days", n=line.days))
    return title


def slip_text(visit: VisitView, language: str, library: str, local: datetime) -> str:
    """Plain text of at most MAX_BYTES in UTF-8: titles are shortened first, then the last books are only counted."""
    voice = Voice(language)
    total = sum(len(slip_lines(visit, kind)) for kind in KINDS)
    for title_length in TITLE_LENGTHS:
        text = _compose(visit, voice, (library, local), title_length, total)
        if len(text.encode("utf-8", "replace")) <= MAX_BYTES:
            return text
    for shown in range(total - 1, -1, -1):
        text = _compose(visit, voice, (library, local), TITLE_LENGTHS[-1], shown)
        if len(text.encode("utf-8", "replace")) <= MAX_BYTES:
            return text
    return text


def _compose(
    visit: VisitView, voice: Voice, where: tuple[str, datetime], title_length: int, shown: int
) -> str:
    library, local = where
    parts = [
        library[:40],
        f"{tell_long_date(voice, local.date())} {clock_time(local)}",
        mask_name(visit.name),
    ]
    left = 0
    for kind in KINDS:
        lines = slip_lines(visit, kind)
        visible, left = lines[:shown], left + max(0, len(lines) - shown)
        shown -= len(visible)
        if visible:
            parts.append(voice(f"slip.{kind}"))
            parts += [f"· {slip_item(line, voice, local.date(), title_length)}" for line in visible]
    if left:
        parts.append(voice("slip.more", n=left))
    return "\n".join(parts)
