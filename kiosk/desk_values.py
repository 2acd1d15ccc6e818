"""What the desk is asked with and answers beside receipts. PURE."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.activities import Offered
from kiosk.board import Card as BoardCard
from kiosk.domain import Card, Copy, Loan, Patron, Receipt, Verdict
from kiosk.rooms import Presence
from kiosk.term_count import TermCount


@dataclass(frozen=True, slots=True)
class Who:
    """The patron at the screen: the id, the card that opened the visit, and whether its number was typed."""

    patron_id: str
    card: str = ""
    typed: bool = False
    visit: str = ""
    device: str = ""


NOBODY = Who("")


@dataclass(frozen=True, slots=True)
class Account:
    """What stands on a patron's account: loans with copies, how each could be renewed now, and what more is allowed.

    term: how many were borrowed this term; None for no pupil, no goal, or where it is not known.
    """

    patron: Patron
    out: tuple[tuple[Loan, Copy], ...]
    renewals: tuple[Verdict, ...]
    more: int | None
    holds_ready: tuple[str, ...]
    messages: tuple[str, ...] = ()
    answers: tuple[tuple[str, str], ...] = ()
    term: TermCount | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What a barcode is in this store, before anything is done about it."""

    copy: Copy | None
    loan: Loan | None
    card: Card | None


@dataclass(frozen=True, slots=True)
class Welcome:
    """What a card has opened; in a reading room, whether its patron is in or out now; books for a pupil to take."""

    receipt: Receipt
    presence: Presence | None = None
    activities: tuple[Offered, ...] = ()
    recommended: BoardCard | None = None
