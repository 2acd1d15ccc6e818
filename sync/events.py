"""The values that reconciliation speaks in: events, outcomes, codes, and what the fold answers. PURE.

An *event* is a journal entry as the central record sees it: with the patron it lay beside, and with the interval of
time in which it must have happened. The codes and their meaning are a closed list; every one has words in every
language.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct

from kiosk.domain import Act, CopyState

DESK = "desk"


class Key(NamedTuple):
    """Where an entry stands: the station's own name for it, dense from 1 in each epoch."""

    station: str
    epoch: int
    seq: int

    def __str__(self) -> str:
        return f"{self.station}:{self.epoch}:{self.seq}"


class Outcome(StrEnum):
    """The central record's answer to an entry. There is no "discarded"."""

    ACCEPTED = "accepted"
    EXCEPTED = "excepted"
    CONFLICT = "conflict"
    QUARANTINED = "quarantined"


class Code(StrEnum):
    """What was odd about an entry, or which rule it broke. Closed."""

    IMPLICIT_RETURN = "implicit_return"
    RETURN_NOT_ON_LOAN = "return_not_on_loan"
    PATRON_BLOCKED = "patron_blocked"
    ITEM_REAPPEARED = "item_reappeared"
    CARD_REPLACED = "card_replaced"
    REPEAT_SCAN = "repeat_scan"
    HOLD_BYPASSED = "hold_bypassed"
    HOLD_TAKEN = "hold_taken"
    OVER_LIMIT = "over_limit"
    CLOCK = "clock"
    RENEWED_DESPITE_RECALL = "renewed_despite_recall"
    RENEW_NOT_HOLDER = "renew_not_holder"
    NOT_LENDABLE = "not_lendable"
    FOREIGN_RETURN = "foreign_return"
    FOREIGN_LOAN = "foreign_loan"
    OLD_BARCODE = "old_barcode"
    UNKNOWN_ITEM = "unknown_item"
    UNKNOWN_PATRON = "unknown_patron"
    PATRON_GONE = "patron_gone"
    # These leave open who holds the copy, or whether the act was the person's: somebody decides.
    ORDER_UNKNOWN = "order_unknown"
    RENEW_ORDER_UNKNOWN = "renew_order_unknown"
    CARD_STOLEN = "card_stolen"
    BARCODE_AMBIGUOUS = "barcode_ambiguous"
    ILS_REFUSED = "ils_refused"
    ILS_UNDECIDED = "ils_undecided"
    # These entries could not be read or trusted; their bytes are kept.
    UNKNOWN_KIND = "unknown_kind"
    TAMPER = "tamper"
    UNREADABLE = "unreadable"
    REVOKED = "revoked"
    POISON = "poison"


CONFLICTS = frozenset(
    {
        Code.ORDER_UNKNOWN,
        Code.RENEW_ORDER_UNKNOWN,
        Code.CARD_STOLEN,
        Code.BARCODE_AMBIGUOUS,
        Code.ILS_REFUSED,
        Code.ILS_UNDECIDED,
    }
)
QUARANTINES = frozenset(
    {Code.UNKNOWN_KIND, Code.TAMPER, Code.UNREADABLE, Code.REVOKED, Code.POISON}
)
# Exceptions that need a person; the others are lines of the daily digest.
NEED_A_PERSON = frozenset(
    {Code.HOLD_TAKEN, Code.ITEM_REAPPEARED, Code.UNKNOWN_ITEM, Code.UNKNOWN_PATRON}
)
CASES = CONFLICTS | QUARANTINES | NEED_A_PERSON


def outcome_of(codes: frozenset[Code] | set[Code]) -> Outcome:
    """The one outcome of an entry with these codes."""
    if codes & QUARANTINES:
        return Outcome.QUARANTINED
    if codes & CONFLICTS:
        return Outcome.CONFLICT
    return Outcome.EXCEPTED if codes else Outcome.ACCEPTED


class Event(Struct, frozen=True, gc=False):
    """One entry on one copy. Instants are UTC milliseconds; the true time lies in [lo, hi], `est` is the best guess.

    patron: id, or None for nobody and for somebody who was erased. label: the barcode as scanned.
    as_of_ms: how new the station's knowledge of the central record was (None: it had none).
    hold_waiting, hold_filled: what the station saw and did about the queue. codes: what is odd about the patron or the
    card, found before the fold (see standing). override: staff decided it against the rules, knowing them.
    """

    key: Key
    act: Act
    allowed: bool
    lo: int
    est: int
    hi: int
    wall_ms: int
    label: str
    patron: str | None = None
    due_on: date | None = None
    days: int | None = None
    renewals: int | None = None
    hold_waiting: bool = False
    hold_filled: bool = False
    after: Key | None = None
    undoes: Key | None = None
    as_of_ms: int | None = None
    value: str | None = None
    case: str | None = None
    choice: str | None = None
    facts: str | None = None
    codes: frozenset[Code] = frozenset()
    override: bool = False


@dataclass(frozen=True, slots=True)
class HoldSpan:
    """A place in the queue for the copy's title, as the central record knows it (UTC ms; ended_ms None: waiting)."""

    patron: str
    placed_ms: int
    ended_ms: int | None = None

    def waits_at(self, at_ms: int) -> bool:
        return self.placed_ms < at_ms and (self.ended_ms is None or at_ms < self.ended_ms)

    def waited_until(self, at_ms: int, patron: str | None) -> bool:
        """The same, but with the hold that this patron's own checkout at that moment has filled."""
        filled = self.patron == patron and self.ended_ms == at_ms and self.placed_ms < at_ms
        return filled or self.waits_at(at_ms)


class Span(Struct, frozen=True, gc=False, array_like=True):
    """A loan from its opening to its end. closed_lo: the earliest moment at which the copy can have been back.

    how: "" while open, else "returned", "unseen" (it was lent or used elsewhere), "undone", or "settled".
    claimed_by: the entry by which the patron says that it was returned, while nobody has settled that; claimed_ms: its
    time.
    """

    opened_by: Key
    patron: str | None
    opened_ms: int
    due_on: date | None
    renewals: int = 0
    closed_by: Key | None = None
    closed_ms: int | None = None
    closed_lo: int | None = None
    how: str = ""
    claimed_by: Key | None = None
    claimed_ms: int | None = None


class Mark(Struct, frozen=True, gc=False, array_like=True):
    """The last event that settled who holds the copy: what a later one is compared with."""

    key: Key
    lo: int
    hi: int
    holder: str | None


@dataclass(frozen=True, slots=True)
class Doubt:
    """A question that the entries leave open. keys: the entries it rests on; patrons: who may hold the copy."""

    code: Code
    keys: tuple[Key, ...]
    patrons: tuple[str | None, ...]
    hi: int
    lo: int


class Holding(Struct, frozen=True, gc=False, array_like=True):
    """A copy after some of its events: the state the fold carries on from, small enough to be kept as a seal.

    loan: the open loan; ended: the last one closed (a return may yet be turned into a renewal). kept_for: on the hold
    shelf for whoever was first. lendable: staff have not said "in the library only".
    """

    loan: Span | None = None
    ended: Span | None = None
    state: CopyState = CopyState.ON_SHELF
    lendable: bool = True
    kept_for: str | None = None
    place: str = ""
    seen_ms: int = 0
    mark: Mark | None = None
    doubt: Doubt | None = None
    last: Key | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A question for a person. `id` names it for ever; `facts` is the digest of what it rests on.

    live: it changes who holds the copy now; otherwise a later event has answered it. settled_by: the entry that
    settled it on these very facts. reopened: it was settled once, on other facts.
    """

    id: str
    code: Code
    keys: tuple[Key, ...]
    patrons: tuple[str | None, ...]
    facts: str
    live: bool = True
    settled_by: Key | None = None
    reopened: bool = False

    @property
    def open(self) -> bool:
        return self.live and self.settled_by is None


class Folded(Struct, frozen=True, gc=False):
    """What a copy's entries say. `codes` holds an entry of every event; an empty set is `accepted`.

    spans: the loans opened or touched by these events, in order. possible: who may hold the copy, when in doubt.
    """

    holding: Holding
    spans: tuple[Span, ...]
    codes: dict[Key, frozenset[Code]]
    cases: tuple[Case, ...]
    order: tuple[Key, ...]

    @property
    def possible(self) -> tuple[str | None, ...]:
        doubt = self.holding.doubt
        return doubt.patrons if doubt else ()
