"""The words of the lending desk as frozen values and closed enums. PURE.

Everything that decides (calendar, policy, visit) speaks in these; nothing here reads a clock, a file or a table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Act(StrEnum):
    """What a person did at the desk. `SCAN` is a scan that fitted nothing: staff must be able to see it.

    The second group is what staff did at the central record; its entries are those of the station `desk`.
    """

    CHECKOUT = "checkout"
    CHECKIN = "checkin"
    RENEWAL = "renewal"
    USE = "use"
    VISIT = "visit"
    SCAN = "scan"
    # What a reader says to the library: `value` is the kind (see saying.py), the words lie beside the entry.
    SAY = "say"
    # In and out of a reading room. `value`: the room with its closing time; the sign-in that a sign-out ends.
    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"
    # Came to a reading activity: `value` is its id, as it is of a use in a class's reading session.
    ATTEND = "attend"

    COPY_STATE = "copy_state"
    CARD_STATE = "card_state"
    BLOCK = "block"
    HOLD = "hold"
    # "I returned it": `value` says returned, or refused once the copy was searched for in vain.
    CLAIM = "claim"
    BARCODE = "barcode"
    SETTLE = "settle"
    FORWARD = "forward"
    # A patron erased, a school year begun, an account changed: `value` says what, without a name.
    PEOPLE = "people"


class Reason(StrEnum):
    """Why the desk allowed or refused. Closed: every one has words in every language."""

    OK = "ok"
    ALREADY_YOURS = "already_yours"
    WINDOW_CLOSED = "window_closed"
    CLOSED_DAY = "closed_day"
    TERM_OVER = "term_over"
    LIMIT_REACHED = "limit_reached"
    IN_LIBRARY_ONLY = "in_library_only"
    NO_RULE = "no_rule"
    OVERDUE = "overdue"
    CARD_EXPIRED = "card_expired"
    CARD_LOST = "card_lost"
    CARD_REPLACED = "card_replaced"
    CARD_NEEDED = "card_needed"
    PATRON_BLOCKED = "patron_blocked"
    ON_HOLD = "on_hold"
    ON_LOAN = "on_loan"
    COPY_WITHHELD = "copy_withheld"
    NOT_YOUR_LOAN = "not_your_loan"
    NO_RENEWALS_LEFT = "no_renewals_left"
    NOTHING_GAINED = "nothing_gained"
    UNKNOWN_CARD = "unknown_card"
    UNKNOWN_COPY = "unknown_copy"
    UNREADABLE = "unreadable"
    ISBN_NOT_LABEL = "isbn_not_label"
    STORE_FULL = "store_full"
    TRY_AGAIN = "try_again"


class Note(StrEnum):
    """What else is worth saying about an allowed act."""

    WAS_NOT_ON_LOAN = "was_not_on_loan"
    WAS_OVERDUE = "was_overdue"
    HOLD_WAITING = "hold_waiting"
    HOLD_FILLED = "hold_filled"
    REAPPEARED = "reappeared"
    CAPPED_BY_TERM = "capped_by_term"
    CLOCK_UNSURE = "clock_unsure"
    KEPT = "kept"


class CopyState(StrEnum):
    """Where staff say a copy is, apart from loans. LOST and MISSING copies that turn up are lent and reported."""

    ON_SHELF = "on_shelf"
    MENDING = "mending"
    LOST = "lost"
    MISSING = "missing"
    WITHDRAWN = "withdrawn"


class CardState(StrEnum):
    """REPLACED: its patron has another card by now; LOST: whoever holds it may be somebody else."""

    ACTIVE = "active"
    LOST = "lost"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class RuleRef:
    """The line of configuration that decided: file name and dotted key, e.g. library.toml, loan_rules[2].limit."""

    file: str
    key: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}"


@dataclass(frozen=True, slots=True)
class Patron:
    """Who borrows. `id` is the library's own number for the person; cards come and go."""

    id: str
    name: str
    category: str
    grade: int | None = None
    class_name: str = ""
    expires_on: date | None = None
    blocked: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A patron's card; `number` is what the scanner reads, leading zeros kept."""

    number: str
    patron_id: str
    state: CardState = CardState.ACTIVE


@dataclass(frozen=True, slots=True)
class Title:
    """A work. `pinyin` is one toned syllable per character of `title`, parted by spaces ("" where there is none)."""

    id: str
    title: str
    author: str = ""
    class_number: str = ""
    isbn: str = ""
    pinyin: str = ""


@dataclass(frozen=True, slots=True)
class Copy:
    """The thing with the barcode. `last_entry` is the key (station:epoch:seq) of the last entry known on it.

    lendable: staff have not said of this very copy that it stays in the library.
    """

    barcode: str
    title: Title
    copy_type: str
    state: CopyState = CopyState.ON_SHELF
    shelf: str = ""
    room: str = ""
    call_number: str = ""
    last_entry: str | None = None
    lendable: bool = True


@dataclass(frozen=True, slots=True)
class Loan:
    """A copy out to a patron. due_on is None where the clock was unsure at checkout: such a loan is never overdue.

    excused_on: a return was refused, or its patron says that it was returned; the loan may not become overdue before
    this date.
    boxed: it went out in a class box, and counts against no limit of its patron.
    """

    barcode: str
    patron_id: str
    opened_ms: int
    due_on: date | None
    renewals: int = 0
    excused_on: date | None = None
    boxed: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """A place in the queue for a title; `barcode` is set when a copy waits on the hold shelf for this patron."""

    title_id: str
    patron_id: str
    placed_ms: int
    barcode: str | None = None


@dataclass(frozen=True, slots=True)
class Now:
    """One reading of the clock. `local` is aware, in the library's zone; `sure` says whether it may be believed."""

    at_ms: int
    local: datetime
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a decision may look at, read in one transaction.

    loans: the patron's open loans, each with the type of its copy.
    loan: the open loan of the copy, whoever holds it. holds: the queue for the title, first in front.
    """

    patron: Patron | None = None
    card: Card | None = None
    typed: bool = False
    copy: Copy | None = None
    loan: Loan | None = None
    loans: tuple[tuple[Loan, str], ...] = ()
    holds: tuple[Hold, ...] = ()
    free_copies: int = 1
    store_full: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """The desk's answer. `rule` decided; `opens_at` says when a missed window opens next (aware, local).

    days: length of the loan in days, always told; due_on: None where the clock is unsure.
    limit and count: for LIMIT_REACHED and OVERDUE, the number in the rule and the patron's own.
    """

    allowed: bool
    reason: Reason
    rule: RuleRef | None = None
    due_on: date | None = None
    days: int | None = None
    opens_at: datetime | None = None
    limit: int | None = None
    count: int | None = None
    detail: str = ""
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the desk did: the verdict, on what and for whom, and the key and proof code of the entry."""

    act: Act
    verdict: Verdict
    entry: str
    proof: str
    copy: Copy | None = None
    patron: Patron | None = None
    loan: Loan | None = None
    undoes: str | None = None
