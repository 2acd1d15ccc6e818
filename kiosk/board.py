"""The board of the idle screen: what the library has put up, one card at a time; and a pupil's card of books. PURE.

Which card stands is a function of the posts and the clock, so that the screen stays one of state: cards follow each
other every CARD_MS, and a finger on the board turns to the next and lets that one stand as long.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from kiosk.activities import Activity, Kind
from kiosk.domain import Patron
from kiosk.posts import BookList, Event, Notice, Post

CARD_MS = 10_000
# How far ahead something is announced.
AHEAD_DAYS = 14
# So that whoever waits a minute or two has seen all of it.
NOTICES, MESSAGES, HAPPENINGS, LISTS = 5, 2, 4, 4
BOOKS, CARDS_OF_A_LIST = 3, 2
# Books that a visit has room for.
RECOMMENDED = 2
# Characters that fit on one card large enough to be read from two metres; Latin letters are half as wide.
FITS, FITS_LATIN = 90, 170
_EVERY = (None, None)
_ENDS = "。！？；!?;\n"


class CardKind(StrEnum):
    NOTICE = "notice"
    HAPPENING = "happening"
    TEACHER = "teacher"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Pick:
    """A title of a list as this library holds it. free: its copies on the shelf now; why: what is said of it."""

    title: str
    author: str = ""
    class_number: str = ""
    shelf: str = ""
    pinyin: str = ""
    free: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """text: a notice, or the name of what takes place or of a list. by: who recommends it. grades: for whom.

    on: the day of what takes place, None if the clock is unsure of what is today; details: its time, place and whom.
    """

    kind: CardKind
    text: str = ""
    by: str = ""
    grades: tuple[int | None, int | None] = (None, None)
    on: date | None = None
    details: tuple[str, ...] = ()
    books: tuple[Pick, ...] = ()


@dataclass(frozen=True, slots=True)
class Board:
    """The card that stands, which of how many it is, and the step of the clock that it belongs to."""

    card: Card
    at: int
    of: int
    step: int


@dataclass(frozen=True, slots=True)
class Posted:
    """What the station's store has for the board. lists: in their order, with the titles that the library holds."""

    notices: tuple[Post[Notice], ...] = ()
    events: tuple[Post[Event], ...] = ()
    activities: tuple[Post[Activity], ...] = ()
    lists: tuple[tuple[BookList, tuple[Pick, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Turned:
    """Where a finger has left the board: at this step, at this moment. As it begins, the clock alone decides."""

    step: int = 0
    at_ms: int = 0

    def step_at(self, at_ms: int) -> int:
        return self.step + (at_ms - self.at_ms) // CARD_MS

    def next(self, at_ms: int) -> Turned:
        return Turned(self.step_at(at_ms) + 1, at_ms)


NOTHING = Posted()
BY_CLOCK = Turned()


def board(cards: tuple[Card, ...], step: int) -> Board | None:
    """The card whose turn it is; None: nothing is put up."""
    if not cards:
        return None
    at = step % len(cards)
    return Board(cards[at], at, len(cards), step)


def cards(
    posted: Posted, messages: tuple[str, ...], today: date | None, *, english: bool
) -> tuple[Card, ...]:
    """All cards in their order: notices, what takes place, recommended lists, new books. today None: it is unsure."""
    told = [_in(post.body.text, post.body.text_en, english) for post in posted.notices[:NOTICES]]
    told += messages[:MESSAGES]
    notices = [Card(CardKind.NOTICE, part) for text in told for part in parts(text)]
    happenings = [*_events(posted, english), *_activities(posted, english)]
    if today is not None:
        # What lasts for days takes place today, whenever it began.
        happenings = [replace(one, on=max(one.on or today, today)) for one in happenings]
    happenings.sort(key=lambda one: one.on or date.max)
    if today is None:
        happenings = [replace(one, on=None) for one in happenings]
    lists = [card for body, picks in posted.lists for card in _of_list(body, picks)]
    return (*notices, *happenings[:HAPPENINGS], *lists)


def lists_for(patron: Patron, lists: Iterable[BookList]) -> list[BookList]:
    """Those meant for this pupil: of the class first, then of the grade, for everybody, and new books."""
    grade = patron.grade
    if grade is None:
        return []
    meant = (body for body in lists if body.is_for(grade))
    mine = [body for body in meant if body.class_name in ("", patron.class_name)]
    # Equals stay as they came: the newest first.
    return sorted(mine, key=lambda b: (b.why == "new", not b.class_name, _grades(b) == _EVERY))


def recommended(body: BookList, picks: Iterable[Pick], day: date) -> Card | None:
    """A card with few of a list's titles, all on the shelf, others each day; None where none is."""
    near = [pick for pick in picks if pick.free]
    if not near:
        return None
    first = day.toordinal() * RECOMMENDED % len(near)
    books = (*near[first:], *near[:first])[:RECOMMENDED]
    return Card(_kind(body), body.name, body.recommender, books=books)


def parts(text: str) -> Iterator[str]:
    """A text in pieces that fit on a card, cut behind a sentence where there is one."""
    left = text.strip()
    while left:
        room = FITS if any("\u3400" <= c <= "\u9fff" for c in left[:FITS]) else FITS_LATIN
        piece = left if len(left) <= room else left[: _cut(left[:room])]
        yield piece.strip()
        left = left[len(piece) :].strip()


def _cut(piece: str) -> int:
    sentence = max(piece.rfind(end) for end in _ENDS) + 1
    word = piece.rfind(" ") + 1
    return next((at for at in (sentence, word) if at > len(piece) // 3), len(piece))


def _events(posted: Posted, english: bool) -> Iterator[Card]:
    for post in posted.events:
        said = post.body
        details = tuple(filter(None, (said.time, said.place, said.whom)))
        name = _in(said.name, said.name_en, english)
        yield Card(CardKind.HAPPENING, name, on=post.from_on, details=details, grades=_grades(said))


def _activities(posted: Posted, english: bool) -> Iterator[Card]:
    for post in posted.activities:
        said = post.body
        if said.of is Kind.SESSION:
            # A class knows of its own; nobody else is to come.
            continue
        details = tuple(filter(None, (said.time, said.place, said.class_name)))
        name = _in(said.name, said.name_en, english)
        yield Card(CardKind.HAPPENING, name, on=post.from_on, details=details, grades=_grades(said))


def _of_list(body: BookList, picks: tuple[Pick, ...]) -> Iterator[Card]:
    # Whoever reads this wants to go and take one: what is on the shelf comes first.
    near = sorted(picks, key=lambda pick: pick.free == 0)[: BOOKS * CARDS_OF_A_LIST]
    details = (body.class_name,) if body.class_name else ()
    for at in range(0, len(near), BOOKS):
        books = tuple(near[at : at + BOOKS])
        yield Card(
            _kind(body), body.name, body.recommender, _grades(body), details=details, books=books
        )


def _kind(body: BookList) -> CardKind:
    return CardKind.NEW if body.why == "new" else CardKind.TEACHER


def _grades(body: Notice | Event | BookList | Activity) -> tuple[int | None, int | None]:
    return body.grade_from, body.grade_to


def _in(text: str, text_en: str, english: bool) -> str:
    return (text_en or text) if english else text
