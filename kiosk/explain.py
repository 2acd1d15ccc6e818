"""A verdict in one plain English sentence, for staff who try the rules out. PURE.

Patrons never see these words; theirs are in the translation catalogue.
"""

from __future__ import annotations

from kiosk.domain import Note, Reason, Verdict

REASONS: dict[Reason, str] = {
    Reason.OK: "nothing stands against it",
    Reason.ALREADY_YOURS: "the patron has this copy on loan already",
    Reason.WINDOW_CLOSED: "no window is open for this patron, act and room",
    Reason.CLOSED_DAY: "the library is closed that day",
    Reason.TERM_OVER: "nothing is lent after a term's return-by date or outside terms",
    Reason.LIMIT_REACHED: "the patron has as many copies on loan as the rules allow",
    Reason.IN_LIBRARY_ONLY: "copies of this type are for use in the library only",
    Reason.NO_RULE: "no loan rule covers this category, grade and copy type",
    Reason.OVERDUE: "the patron has overdue loans to bring back first",
    Reason.CARD_EXPIRED: "the card has expired",
    Reason.CARD_LOST: "the card was reported lost",
    Reason.CARD_REPLACED: "this is an old card: the patron has a new one",
    Reason.CARD_NEEDED: "this category must scan a card; a typed number is not enough",
    Reason.PATRON_BLOCKED: "staff have blocked the patron",
    Reason.ON_HOLD: "another patron is waiting and no other copy is free",
    Reason.ON_LOAN: "the copy is on loan to another patron",
    Reason.COPY_WITHHELD: "staff have withheld the copy (mending or withdrawn)",
    Reason.NOT_YOUR_LOAN: "the patron has no loan of this copy",
    Reason.NO_RENEWALS_LEFT: "the loan has been renewed as often as the rules allow",
    Reason.NOTHING_GAINED: "the new due date would be no later than the present one",
    Reason.UNKNOWN_CARD: "no such card",
    Reason.UNKNOWN_COPY: "no such copy",
    Reason.UNREADABLE: "the scan could not be read",
    Reason.ISBN_NOT_LABEL: "that is the ISBN, not the library's label",
    Reason.TRY_AGAIN: "the act could not be written; scan again",
    Reason.STORE_FULL: "the station's disk is nearly full: returns only",
}

NOTES: dict[Note, str] = {
    Note.WAS_NOT_ON_LOAN: "the copy was not known to be on loan",
    Note.WAS_OVERDUE: "the loan was overdue",
    Note.HOLD_WAITING: "another patron waits for it: put it on the hold shelf",
    Note.HOLD_FILLED: "this fills the patron's hold",
    Note.REAPPEARED: "the copy had been lost or missing",
    Note.CAPPED_BY_TERM: "the term's return-by date made it due earlier",
    Note.CLOCK_UNSURE: "the clock is unsure: days are told, not a date",
    Note.KEPT: "it was lent just before the station stopped, and is lent still",
}


def explain(verdict: Verdict) -> str:
    """Why, with the figures, and what else is worth saying."""
    figures = "" if verdict.limit is None else f" (has {verdict.count}, allowed {verdict.limit})"
    detail = f": {verdict.detail}" if verdict.detail else ""
    notes = "".join(f"; {NOTES[note]}" for note in verdict.notes)
    return f"{REASONS[verdict.reason]}{figures}{detail}{notes}"
