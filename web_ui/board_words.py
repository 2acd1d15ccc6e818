"""The card that stands on the board of the idle screen, and a pupil's card of books, in words."""

from __future__ import annotations

from datetime import date

from kiosk.board import Board, Card, CardKind, Pick
from kiosk.screen import Book
from web_ui.catalogue import Voice
from web_ui.covers import cover
from web_ui.telling import tell_day

Json = dict[str, object]
# A longer text stands in smaller letters.
SHORT = 40


def board_view(board: Board, voice: Voice, today: date) -> Json:
    card = board.card
    several = board.of > 1
    return {
        "key": board.at,
        "kind": str(card.kind),
        "head": _head(card, voice, today),
        "own_head": bool(card.by),
        "whom": _whom(card, voice),
        "text": card.text,
        "long": len(card.text) > SHORT,
        "details": list(card.details) if card.kind is CardKind.HAPPENING else [],
        "books": [_book(pick, voice) for pick in card.books],
        "tally": voice("board.tally", n=board.at + 1, of=board.of) if several else "",
        "next": voice("touch.next_card"),
    }


def recommended_view(card: Card, voice: Voice, today: date) -> Json:
    """Books to take from the shelf, and who recommends them."""
    for pick in card.books:
        voice.learn(pick.title, pick.pinyin)
        voice.learn_aloud(pick.shelf)
    books = [_book(pick, voice) for pick in card.books]
    return {"head": _head(card, voice, today), "own_head": bool(card.by), "books": books}


def _head(card: Card, voice: Voice, today: date) -> str:
    """What kind of card it is: when it takes place, who recommends it."""
    if card.kind is CardKind.HAPPENING and card.on:
        return voice("board.today") if card.on == today else tell_day(voice, card.on, today)
    if card.kind is CardKind.HAPPENING:
        return voice("board.soon")
    if card.kind is CardKind.TEACHER and card.by:
        return voice("board.by", name=card.by)
    return voice(f"board.{card.kind}")


def _whom(card: Card, voice: Voice) -> str:
    """For which grades it is, or for which class; "" for everybody."""
    first, last = card.grades
    if card.kind is not CardKind.HAPPENING and card.details:
        return voice("board.for_whom", whom=card.details[0])
    if first is None and last is None:
        return ""
    if last is None:
        return voice("board.grade_from", a=first)
    if first is None:
        return voice("board.grade_to", b=last)
    return (
        voice("board.grade", a=first) if first == last else voice("board.grades", a=first, b=last)
    )


def _book(pick: Pick, voice: Voice) -> Json:
    book = Book(title=pick.title, class_number=pick.class_number)
    return {
        "title": pick.title,
        "cover": cover(book),
        "why": pick.why,
        "free": pick.free > 0,
        "own_place": bool(pick.free and pick.shelf),
        "place": (pick.shelf or voice("board.on_shelf")) if pick.free else voice("board.out"),
    }
