"""What is scanned decides: the station's states, its tables of legal moves, and how an act changes the screen. PURE.

Everything here is a value and a table; station.py asks "what now?" here, lets the desk act, and comes back with the
receipt. Who counts the time-outs is not known here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum

from kiosk.activities import FIGURES, Kind, Offered
from kiosk.board import BY_CLOCK, Card, Turned
from kiosk.domain import Patron, Reason, Receipt
from kiosk.rooms import Passage, Presence
from kiosk.say_page import Telling
from kiosk.screen import Line, LineKind, Place, Touch


class Seen(StrEnum):
    """What a scan turned out to be, in the light of the store and of this visit."""

    CARD = "card"
    SAME_CARD = "same_card"
    FREE = "free"
    LENT_NOW = "lent_now"
    OWN = "own"
    OTHERS = "others"
    ISBN = "isbn"
    FINISH = "finish"
    RENEW_ALL = "renew_all"
    LANGUAGE = "language"
    UNKNOWN = "unknown"
    REPEAT = "repeat"


class Move(StrEnum):
    """What the station does about it."""

    OPEN = "open"
    SWITCH = "switch"
    STAY = "stay"
    CHECKOUT = "checkout"
    CHECKIN = "checkin"
    CHECKIN_OWN = "checkin_own"
    CHECKIN_OTHERS = "checkin_others"
    ALREADY = "already"
    EXPLAIN = "explain"
    SOFTLY = "softly"
    FINISH = "finish"
    RENEW_ALL = "renew_all"
    LANGUAGE = "language"


# (is a visit open?, what was seen) -> what happens. The whole of "what is scanned decides"; a test holds it complete.
SCANS: dict[tuple[bool, Seen], Move] = {
    (False, Seen.CARD): Move.OPEN,
    (False, Seen.SAME_CARD): Move.OPEN,
    (False, Seen.FREE): Move.CHECKIN,
    (False, Seen.LENT_NOW): Move.CHECKIN,
    (False, Seen.OWN): Move.CHECKIN,
    (False, Seen.OTHERS): Move.CHECKIN,
    (False, Seen.ISBN): Move.EXPLAIN,
    (False, Seen.FINISH): Move.FINISH,
    (False, Seen.RENEW_ALL): Move.SOFTLY,
    (False, Seen.LANGUAGE): Move.LANGUAGE,
    (False, Seen.UNKNOWN): Move.EXPLAIN,
    (False, Seen.REPEAT): Move.SOFTLY,
    (True, Seen.CARD): Move.SWITCH,
    (True, Seen.SAME_CARD): Move.STAY,
    (True, Seen.FREE): Move.CHECKOUT,
    (True, Seen.LENT_NOW): Move.ALREADY,
    (True, Seen.OWN): Move.CHECKIN_OWN,
    (True, Seen.OTHERS): Move.CHECKIN_OTHERS,
    (True, Seen.ISBN): Move.EXPLAIN,
    (True, Seen.FINISH): Move.FINISH,
    (True, Seen.RENEW_ALL): Move.RENEW_ALL,
    (True, Seen.LANGUAGE): Move.LANGUAGE,
    (True, Seen.UNKNOWN): Move.EXPLAIN,
    (True, Seen.REPEAT): Move.SOFTLY,
}

# What staff see names nobody; but a visit is its patron's: it must be finished before they look.
_ALWAYS = frozenset({Touch.LANGUAGE, Touch.CONTRAST, Touch.HOME, Touch.STAFF})
_DOORS = frozenset(
    {Touch.GUIDE_BORROW, Touch.GUIDE_RETURN, Touch.GUIDE_LOANS, Touch.FIND, Touch.NUMBER, Touch.SAY}
)
_PAD = frozenset({Touch.KEY, Touch.ERASE, Touch.CLEAR, Touch.STAY})
_SAYING = frozenset({Touch.PICK, Touch.SKIP, Touch.DONE, Touch.BACK})

# Which touches each page allows. Anything else is refused and changes nothing.
TOUCHES: dict[Place, frozenset[Touch]] = {
    Place.IDLE: _ALWAYS | _DOORS | {Touch.NEXT_CARD},
    Place.GUIDE: _ALWAYS | _DOORS | {Touch.STAY},
    Place.NOTICE: _ALWAYS | _DOORS | {Touch.STAY},
    Place.RETURNS: _ALWAYS | _DOORS | {Touch.STAY},
    Place.STAFF: _ALWAYS,
    Place.FIND: _ALWAYS | _PAD,
    Place.NUMBER: _ALWAYS | _PAD | {Touch.ENTER},
    # Perhaps in the middle of a visit, which staff must not look into.
    Place.SAY: (_ALWAYS - {Touch.HOME, Touch.STAFF}) | _PAD | _SAYING,
    Place.COUNT: (_ALWAYS - {Touch.HOME, Touch.STAFF}) | _PAD | {Touch.ENTER, Touch.BACK},
    Place.VISIT: (_ALWAYS - {Touch.HOME, Touch.STAFF})
    | {
        Touch.STAY,
        Touch.FINISH,
        Touch.NOT_ME,
        Touch.RENEW,
        Touch.RENEW_ALL,
        Touch.GIVE_BACK,
        Touch.BORROW,
        Touch.USE,
        Touch.SLIP,
        Touch.PRINT,
        Touch.LEAVE,
        Touch.STAY_HERE,
        Touch.SAY,
        Touch.READ,
        Touch.ATTEND,
        Touch.COUNT,
    },
}

# Touches that act on one line; the line must still offer them.
ON_A_LINE = frozenset({Touch.RENEW, Touch.GIVE_BACK, Touch.BORROW, Touch.USE})

# Whoever is in may leave; whoever was signed out may still be there.
_AT_THE_DOOR = {
    Touch.LEAVE: (Passage.IN, Passage.AGAIN),
    Touch.STAY_HERE: (Passage.OUT,),
}

GUIDES = frozenset({Touch.GUIDE_BORROW, Touch.GUIDE_RETURN, Touch.GUIDE_LOANS})

# Lines of loans from before are numbered from here, in the order of `Visit.before`.
FIRST_BEFORE = 1000

MOST_TYPED = 40
# Above any limit of loans: a line that dropped off would make its copy look like one from before.
MOST_LINES = 400

_AVATARS = tuple("🦊🐼🐯🐰🐸🐨🦁🐷🐵🐧🦉🐢🐬🦄🐝🦋🐞🐙🦔🐿🦒🐘🦓🦌")


@dataclass(frozen=True, slots=True)
class Visit:
    """One patron at the screen. `lines` are this visit's, newest first; `receipts` what they came from, by line id.

    before: barcodes on loan when the visit began; they stand below as loans until something happens to them.
    presence: in a reading room that is signed in to, whether they are in. activities: those of today.
    recommended: books for a pupil to take, chosen once, so that nothing on the screen changes by itself.
    """

    id: str
    patron: Patron
    card: str
    typed: bool
    before: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    receipts: tuple[tuple[int, Receipt], ...] = ()
    next_line: int = 1
    presence: Presence | None = None
    activities: tuple[Offered, ...] = ()
    recommended: Card | None = None

    @property
    def session(self) -> Offered | None:
        """The class reading session that was signed in to: what is scanned is read with it."""
        mine = (o for o in self.activities if o.attended and o.of is Kind.SESSION)
        return next(mine, None)

    def line(self, line_id: int) -> Line | None:
        return next((line for line in self.lines if line.id == line_id), None)

    def barcode_before(self, line_id: int) -> str | None:
        """The loan from before that a line number stands for."""
        place = line_id - FIRST_BEFORE
        return self.before[place] if 0 <= place < len(self.before) else None

    def receipt(self, line_id: int) -> Receipt | None:
        return next((receipt for at, receipt in self.receipts if at == line_id), None)


@dataclass(frozen=True, slots=True)
class State:
    """Everything the page depends on but the time, the account and the rules."""

    place: Place = Place.IDLE
    language: str = "zh"
    contrast: bool = False
    visit: Visit | None = None
    returns: tuple[Line, ...] = ()
    notice: Line | None = None
    topic: Touch | None = None
    typed: str = ""
    slip: bool = False
    telling: Telling | None = None
    board: Turned = BY_CLOCK


def allows(state: State, touch: Touch, visit_id: str | None, line_id: int | None) -> bool:
    """May this touch act now? It must be legal here, name the visit it was made in, and a line that offers it."""
    if touch not in TOUCHES[state.place]:
        return False
    if state.visit is None:
        return visit_id is None
    if visit_id != state.visit.id:
        return False
    if touch is Touch.ATTEND:
        told = state.visit.activities
        return line_id is not None and 0 <= line_id < len(told) and not told[line_id].attended
    if touch is Touch.COUNT:
        return state.visit.session is not None
    if touch in _AT_THE_DOOR:
        there = state.visit.presence
        return there is not None and there.passage in _AT_THE_DOOR[touch]
    if touch not in ON_A_LINE:
        return True
    line = state.visit.line(line_id or 0)
    if line is not None:
        return touch in line.offers
    return touch is Touch.RENEW and state.visit.barcode_before(line_id or 0) is not None


def opened(state: State, visit: Visit) -> State:
    """A visit begins: whatever stood on the screen is gone; the language chosen stays."""
    return State(place=Place.VISIT, language=state.language, contrast=state.contrast, visit=visit)


def turned_to(state: State, place: Place, *, topic: Touch | None = None) -> State:
    """Another page without a visit."""
    return State(place=place, language=state.language, contrast=state.contrast, topic=topic)


def saying(state: State, telling: Telling | None) -> State:
    """The next screen of what is being said; None: back to where it began, and nothing of it stays."""
    if telling is None:
        place = Place.VISIT if state.visit else Place.IDLE
        return replace(state, place=place, telling=None, typed="", topic=None)
    turned = replace(state, place=Place.SAY, telling=telling, typed="", slip=False)
    return turned if state.visit else replace(turned, returns=(), notice=None, topic=None)


def counting(state: State, *, on: bool) -> State:
    """Ask how many pupils are here, or go back to the visit."""
    return replace(state, place=Place.COUNT if on else Place.VISIT, typed="", slip=False)


def with_line(state: State, line: Line, receipt: Receipt | None = None) -> State:
    """Put a line on top of the visit; an older line about the same book goes, so a book stands there once."""
    visit = state.visit
    assert visit is not None, "a visit's line without a visit"
    lit = replace(line, id=visit.next_line, lit=True)
    older = tuple(_unlit(old) for old in visit.lines if not _same_book(old, lit))
    kept = (lit, *older)[:MOST_LINES]
    ids = {k.id for k in kept}
    receipts = tuple((at, r) for at, r in visit.receipts if at in ids)
    if receipt:
        receipts = (*receipts, (lit.id, receipt))
    changed = replace(visit, lines=kept, receipts=receipts, next_line=visit.next_line + 1)
    return replace(state, visit=changed, slip=False)


def _unlit(line: Line) -> Line:
    return replace(line, lit=False) if line.lit else line


def _same_book(old: Line, new: Line) -> bool:
    return bool(new.book.barcode) and old.book.barcode == new.book.barcode


def lighting(state: State, barcode: str) -> State:
    """Nothing changed: the line about this book lights up again."""
    visit = state.visit
    if visit is None:
        return state
    lines = tuple(replace(line, lit=line.book.barcode == barcode) for line in visit.lines)
    return replace(state, visit=replace(visit, lines=lines))


def with_return(state: State, line: Line) -> State:
    """A book came back, or something was refused, with nobody at the screen."""
    others = tuple(replace(old, lit=False) for old in state.returns if not _same_book(old, line))
    number = 1 + max((old.id for old in state.returns), default=0)
    lines = (replace(line, id=number, lit=True), *others)[:MOST_LINES]
    return replace(turned_to(state, Place.RETURNS), returns=lines)


def with_notice(state: State, line: Line) -> State:
    """A full-page explanation; between returned books it is a line among them."""
    if state.place is Place.RETURNS:
        return with_return(state, line)
    return replace(turned_to(state, Place.NOTICE), notice=line)


def with_key(state: State, touch: Touch, text: str) -> State:
    """One touch of the on-screen pad. Only what the pad can show is typed."""
    match touch:
        case Touch.KEY:
            key = text[:1].lower()
            fits = key.isascii() and (
                key.isdigit() or (key.isalpha() and state.place in (Place.FIND, Place.SAY))
            )
            most = FIGURES if state.place is Place.COUNT else MOST_TYPED
            typed = (state.typed + key)[:most] if fits else state.typed
        case Touch.ERASE:
            typed = state.typed[:-1]
        case _:
            typed = ""
    return replace(state, typed=typed)


def lent_now(visit: Visit, barcode: str) -> bool:
    """Was this copy lent or renewed in this very visit?"""
    good = (LineKind.LENT, LineKind.RENEWED)
    return any(line.book.barcode == barcode and line.kind in good for line in visit.lines)


def offers(kind: LineKind, reason: Reason, *, own: bool, others: bool) -> tuple[Touch, ...]:
    """What a line offers: own: a loan of this patron's from before; others: it is here, and free."""
    match kind:
        case LineKind.LENT | LineKind.RENEWED:
            return (Touch.GIVE_BACK,)
        case LineKind.RETURNED if own:
            return (Touch.RENEW,)
        case LineKind.RETURNED | LineKind.REFUSED if others:
            return (Touch.BORROW,)
        case LineKind.REFUSED if reason is Reason.IN_LIBRARY_ONLY:
            return (Touch.USE,)
        case _:
            return ()


def avatar(patron_id: str) -> str:
    """The same animal for the same patron, always, so that a child knows its own screen."""
    number = int.from_bytes(hashlib.sha256(patron_id.encode()).digest()[:4], "big")
    return _AVATARS[number % len(_AVATARS)]
