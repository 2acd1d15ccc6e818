"""One book on the screen in words: what became of it, why, and what to do with it now."""

from __future__ import annotations

from datetime import datetime
from typing import Any, assert_never

from kiosk.domain import Note, Reason
from kiosk.screen import Book, Line, LineKind, Touch
from web_ui.catalogue import Voice, messages, placeholders
from web_ui.covers import cover
from web_ui.telling import tell_day, tell_when

WITH_LIBRARIAN = frozenset(
    {
        Reason.ON_LOAN,
        Reason.COPY_WITHHELD,
        Reason.UNKNOWN_COPY,
        Reason.UNKNOWN_CARD,
        Reason.CARD_LOST,
        Reason.CARD_REPLACED,
    }
)
"""The words of these reasons say already where the thing goes: to a person."""
OF_A_NUMBER = frozenset({Reason.UNKNOWN_CARD, Reason.CARD_LOST, Reason.CARD_REPLACED})
NO_BOOK = frozenset(
    {
        Reason.UNREADABLE,
        Reason.TRY_AGAIN,
        Reason.ISBN_NOT_LABEL,
        Reason.UNKNOWN_CARD,
        Reason.CARD_LOST,
        Reason.CARD_REPLACED,
    }
)
"""Reasons after which no book of ours need be in the patron's hand."""


def line_view(line: Line, voice: Voice, local: datetime) -> dict[str, object]:
    """A line as the page draws it: codes beside words. `tone` is yes, no, look or loan."""
    book = line.book
    voice.learn(book.title, book.pinyin)
    voice.learn_aloud(book.shelf)
    return {
        "id": line.id,
        "kind": str(line.kind),
        "reason": str(line.reason),
        "notes": [str(note) for note in line.notes],
        "lit": line.lit,
        "tone": tone(line),
        "head": line_head(line, voice),
        "title": book.title,
        "author": book.author,
        "shelf": book.shelf,
        "barcode": book.barcode,
        "call_number": book.call_number or book.class_number,
        "cover": cover(book) if book.title else None,
        "due": line_due(line, voice, local),
        "late": voice("line.late") if is_late(line) else "",
        "todo": line_todo(line, voice, local),
        "place": line_place(line, voice),
        "remarks": line_remarks(line, voice),
        "proof": line.proof,
        "proof_told": voice("line.proof", proof=line.proof)
        if line.proof and line.kind is LineKind.RETURNED
        else "",
        "offers": [offer_view(touch, line, voice) for touch in line.offers],
    }


def tone(line: Line) -> str:
    match line.kind:
        case LineKind.LENT | LineKind.RETURNED | LineKind.RENEWED | LineKind.USED:
            return "yes"
        case LineKind.REFUSED:
            return "no"
        case LineKind.EXPLAINED:
            return "look"
        case LineKind.LOAN:
            return "loan"
        case _:
            assert_never(line.kind)


def line_head(line: Line, voice: Voice) -> str:
    """What to read first: the result, or the reason."""
    if tone(line) not in ("no", "look") or line.reason is Reason.OK:
        return voice(f"line_kind.{line.kind}")
    facts: dict[str, Any] = {}
    if line.limit is not None:
        facts["limit"] = line.limit
    if line.count is not None:
        facts["count"] = line.count
    number = line.limit if line.reason is Reason.LIMIT_REACHED else line.count
    key = _words_of(line)
    return _with_facts(voice, f"{key}.head", f"{key}.head_bare", facts, number)


def line_todo(line: Line, voice: Voice, local: datetime) -> str:
    """After a refusal or an explanation: what the patron can do instead."""
    if tone(line) not in ("no", "look") or line.reason is Reason.OK:
        return ""
    facts: dict[str, Any] = {}
    if line.opens_at is not None:
        facts["when"] = tell_when(voice, line.opens_at, local)
    key = _words_of(line)
    return _with_facts(voice, f"{key}.todo", f"{key}.bare", facts, None)


def _words_of(line: Line) -> str:
    """Where the words of a reason stand. Explained and not refused, a full store has not even taken a return.

    Who typed a number holds no card that the words could speak of.
    """
    if line.typed and line.reason in OF_A_NUMBER:
        return f"reason.{line.reason}.typed"
    if line.reason is Reason.STORE_FULL and line.kind is LineKind.EXPLAINED:
        return "reason.store_full.return"
    return f"reason.{line.reason}"


def line_due(line: Line, voice: Voice, local: datetime) -> str:
    """When the book is to be back, as people tell it; a loan that is late says so."""
    match line.kind:
        case LineKind.RETURNED | LineKind.USED | LineKind.EXPLAINED:
            return ""
        case LineKind.LENT | LineKind.RENEWED | LineKind.LOAN | LineKind.REFUSED:
            if is_late(line):
                return voice("line.overdue", n=line.overdue_days)
            return _due(line, voice, local)
        case _:
            assert_never(line.kind)


def is_late(line: Line) -> bool:
    """Is it a loan that should have been back by now?"""
    return line.kind is LineKind.LOAN and line.overdue_days > 0


def _due(line: Line, voice: Voice, local: datetime) -> str:
    if line.due_on is None:
        counts = line.kind is not LineKind.REFUSED and line.days is not None
        return voice("line.due_days", n=line.days) if counts else ""
    if voice.young and (line.due_on - local.date()).days > 0:
        return voice("line.due_days", n=(line.due_on - local.date()).days)
    if line.due_on == local.date():
        return voice("line.due_today")
    return voice("line.due", day=tell_day(voice, line.due_on, local.date()))


def line_remarks(line: Line, voice: Voice) -> list[str]:
    """What else is worth saying; where the book goes is said elsewhere."""
    said = {Note.HOLD_WAITING} if line.kind is LineKind.RETURNED else set()
    return [voice(f"note.{note}") for note in line.notes if note not in said]


def line_place(line: Line, voice: Voice) -> str:
    """Where the book goes now; "" where it stays with the patron or the reason says it already.

    A refused line with a due date is a loan that stands (a renewal that was refused): nothing to put away.
    """
    match line.kind:
        case LineKind.RETURNED:
            if Note.HOLD_WAITING in line.notes:
                return voice("line.put_hold")
            return _shelf_or_cart(line.book, voice, "line.put")
        case LineKind.USED:
            return _shelf_or_cart(line.book, voice, "line.used_put", "line.used_cart")
        case LineKind.REFUSED:
            if (
                line.due_on is not None
                or not line.book.title
                or line.reason in WITH_LIBRARIAN | NO_BOOK
            ):
                return ""
            return _shelf_or_cart(line.book, voice, "line.back")
        case LineKind.LENT | LineKind.RENEWED | LineKind.EXPLAINED | LineKind.LOAN:
            return ""
        case _:
            assert_never(line.kind)


def _shelf_or_cart(book: Book, voice: Voice, key: str, cart: str = "") -> str:
    return voice(key, shelf=book.shelf) if book.shelf else voice(cart or f"{key}_cart")


def offer_view(touch: Touch, line: Line, voice: Voice) -> dict[str, object]:
    """A button on the line."""
    if touch is Touch.RENEW and line.days:
        label = voice("line.renew_days", n=line.days)
    else:
        label = voice(f"touch.{touch}")
    return {"touch": str(touch), "line": line.id, "label": label}


def _with_facts(
    voice: Voice, key: str, bare: str, facts: dict[str, Any], number: int | None
) -> str:
    """The message with its facts, or the bare one where a fact is not known."""
    known = placeholders(messages(voice.language)[key]) <= facts.keys()
    return voice(key, number, **facts) if known else voice(bare)
