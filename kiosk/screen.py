"""What the touchscreen shows, as frozen values without words. PURE.

The station makes one Screen after every change; web_ui turns it into words and pushes it whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from kiosk.activities import Offered
from kiosk.board import Board, Card
from kiosk.domain import Note, Reason
from kiosk.rooms import Passage
from kiosk.signs import Sign
from kiosk.term_count import TermCount


class Place(StrEnum):
    """Which page stands on the screen."""

    IDLE = "idle"
    RETURNS = "returns"
    VISIT = "visit"
    GUIDE = "guide"
    FIND = "find"
    NUMBER = "number"
    NOTICE = "notice"
    STAFF = "staff"
    SAY = "say"
    COUNT = "count"


class Touch(StrEnum):
    """Everything a finger can do. `line` touches name a line of the visit; `key` carries one typed character."""

    LANGUAGE = "language"
    CONTRAST = "contrast"
    HOME = "home"
    GUIDE_BORROW = "guide_borrow"
    GUIDE_RETURN = "guide_return"
    GUIDE_LOANS = "guide_loans"
    FIND = "find"
    NUMBER = "number"
    KEY = "key"
    ERASE = "erase"
    CLEAR = "clear"
    ENTER = "enter"
    FINISH = "finish"
    NOT_ME = "not_me"
    STAY = "stay"
    RENEW = "renew"
    RENEW_ALL = "renew_all"
    GIVE_BACK = "give_back"
    BORROW = "borrow"
    USE = "use"
    SLIP = "slip"
    PRINT = "print"
    STAFF = "staff"
    # In a reading room: "I am leaving", and "I am still here" after a card that signed out.
    LEAVE = "leave"
    STAY_HERE = "stay_here"
    SAY = "say"
    PICK = "pick"
    SKIP = "skip"
    DONE = "done"
    BACK = "back"
    READ = "read"
    # Came to the activity whose place among those of today is `line`.
    ATTEND = "attend"
    # How many pupils of the class that was signed in are here.
    COUNT = "count"
    NEXT_CARD = "next_card"


class LineKind(StrEnum):
    """What became of one book. LOAN: lent at an earlier visit and still out."""

    LENT = "lent"
    RETURNED = "returned"
    RENEWED = "renewed"
    USED = "used"
    REFUSED = "refused"
    EXPLAINED = "explained"
    LOAN = "loan"


class Cue(StrEnum):
    """The sound that goes with a change."""

    YES = "yes"
    NO = "no"
    TICK = "tick"


@dataclass(frozen=True, slots=True)
class Book:
    """What the screen needs to draw a copy or a title. barcode is "" for a title without a copy at hand."""

    barcode: str = ""
    title: str = ""
    author: str = ""
    class_number: str = ""
    call_number: str = ""
    shelf: str = ""
    pinyin: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One book on the screen. `id` is stable within a visit; `lit` asks for attention; offers are the line's touches.

    reason and the facts behind it are set for REFUSED and EXPLAINED lines; days is the length of the loan.
    overdue_days: for LOAN and RETURNED lines, 0 when in time. typed: the reason is about a typed number.
    """

    id: int
    kind: LineKind
    book: Book
    reason: Reason = Reason.OK
    due_on: date | None = None
    days: int | None = None
    days_left: int | None = None
    opens_at: datetime | None = None
    limit: int | None = None
    count: int | None = None
    overdue_days: int = 0
    notes: tuple[Note, ...] = ()
    offers: tuple[Touch, ...] = ()
    lit: bool = False
    proof: str = ""
    entry: str = ""
    typed: bool = False


@dataclass(frozen=True, slots=True)
class RoomView:
    """Whether the patron is in the reading room now: what the card scan has done, since when, and for how long."""

    passage: Passage
    room: str
    since: datetime
    minutes: int


@dataclass(frozen=True, slots=True)
class VisitView:
    """The patron at the screen. lines: newest first, then the loans from before (kind LOAN).

    answers: (id, text) of what the library answered this patron, and was not read yet.
    speaks: what happens is said aloud as well.
    lent: copies lent in this visit; out: all copies out now; more: how many more may be lent (None: no rule).
    """

    id: str
    name: str
    class_name: str
    grade: int | None
    avatar: str
    young: bool
    lines: tuple[Line, ...]
    lent: int
    out: int
    more: int | None
    renewable: int
    expires_on: date | None = None
    blocked: bool = False
    holds_ready: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    in_room: RoomView | None = None
    answers: tuple[tuple[str, str], ...] = ()
    activities: tuple[Offered, ...] = ()
    speaks: bool = False
    term: TermCount | None = None
    recommended: Card | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One title found by search: how many copies are in, out, and when the first is expected back."""

    book: Book
    copies: int
    available: int
    in_library_only: bool
    expected_on: date | None


@dataclass(frozen=True, slots=True)
class FindView:
    """The search page: what was typed so far, and the best titles."""

    typed: str
    results: tuple[Found, ...]
    total: int


@dataclass(frozen=True, slots=True)
class SayView:
    """A screen of saying something. options: (what is sent, words); they are the library's own, in its language.

    progress: (question, of how many). chosen: what is about to be sent, in words. can_name: somebody is at the screen.
    """

    step: str
    kind: str = ""
    question: str = ""
    question_kind: str = ""
    progress: tuple[int, int] | None = None
    options: tuple[tuple[str, str], ...] = ()
    answers: tuple[tuple[str, str], ...] = ()
    typed: str = ""
    writes: bool = False
    have: tuple[str, str, bool] | None = None
    chosen: str = ""
    can_name: bool = False


class Printed(StrEnum):
    """How the printing of a slip goes. NO_PAPER and NOT_READY may yet become DONE, for as long as it is kept."""

    WAITING = "waiting"
    DONE = "done"
    NO_PAPER = "no_paper"
    NOT_READY = "not_ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SlipView:
    """The slip of a visit is on screen, as a QR code; `printer` says whether it can be printed on paper here.

    printed: None as long as nobody has asked for paper, and there is some.
    """

    visit: str
    printer: bool
    printed: Printed | None = None


@dataclass(frozen=True, slots=True)
class OpenHours:
    """The window line in the header. open: lending is possible now, until `until`; else `next` says when it opens.

    returns: books are taken back now.
    """

    open: bool
    until: datetime | None = None
    minutes_left: int | None = None
    next: datetime | None = None
    closure: str = ""
    sure: bool = True
    returns: bool = True


@dataclass(frozen=True, slots=True)
class Status:
    """Small marks for staff: entries not yet sent, whether the line to the central record is up, trouble in words.

    urgent: something does not work until a person has seen to it.
    """

    unsent: int = 0
    online: bool | None = None
    trouble: tuple[str, ...] = ()
    store_full: bool = False
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Screen:
    """All of the touchscreen at one moment. `n` grows with every change; `cue_n` with every sound.

    ends_in_ms of total_ms: the countdown of the present place (None: no time-out runs).
    signs: every part of the station, while staff look at them.
    topic: which guide (Touch.GUIDE_*). notice: a full-page explanation (unknown card, ISBN, unreadable, ...).
    """

    n: int
    place: Place
    language: str
    local: datetime
    hours: OpenHours
    library: str
    library_en: str
    visit: VisitView | None = None
    returns: tuple[Line, ...] = ()
    notice: Line | None = None
    find: FindView | None = None
    number: str = ""
    number_allowed: bool = False
    topic: Touch | None = None
    slip: SlipView | None = None
    cue: Cue | None = None
    cue_n: int = 0
    ends_in_ms: int | None = None
    total_ms: int | None = None
    contrast: bool = False
    status: Status = Status()
    signs: tuple[Sign, ...] = ()
    messages: tuple[str, ...] = ()
    say: SayView | None = None
    can_say: bool = False
    board: Board | None = None
