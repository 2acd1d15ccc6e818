"""A copy's entries in order -> where it is, who holds it, its loans, what was odd, what a person must decide. PURE.

This is the only implementation of "what happened to this copy": the central record's tables, its cases and the
simulator's expectations are all made by it. The answer depends on the set of events alone, not on how or when they
arrived. What left the library has left: no event is ever refused here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter

from msgspec import Struct
from msgspec.structs import astuple, replace

from kiosk.domain import Act, CopyState
from sync.cases import OF_ORDER, Questions
from sync.events import (
    CASES,
    DESK,
    Code,
    Doubt,
    Event,
    Folded,
    Holding,
    HoldSpan,
    Key,
    Mark,
    Span,
)
from sync.links import Links
from sync.surroundings import Copy as Copy
from sync.surroundings import surroundings
from sync.timeline import in_order

REPEAT_MS = 10 * 60_000
_GONE = (CopyState.LOST, CopyState.MISSING, CopyState.WITHDRAWN)
_ASKED = CASES - set(OF_ORDER)
_SAID_BY_STAFF = (Act.SETTLE, Act.CLAIM)
# What only the desk says: in a station's journal these change nothing.
_DESKS = frozenset((*_SAID_BY_STAFF, Act.HOLD, Act.COPY_STATE, Act.FORWARD))
_ACTS = (Act.CHECKOUT, Act.CHECKIN, Act.RENEWAL, Act.USE)
# What a settlement of each kind of case may choose; the first is proposed where nothing speaks for another.
STAYS, RETURNED, NOT_THEIRS, NOTED, WITHDRAW, ADMIT = (
    "stays returned not_theirs noted withdraw admit".split()
)


# What staff say of a claim and of the hold shelf. FOUND: a return of a copy that stood on its shelf all the time.
CLAIMED, FOUND = "returned", "found"
KEPT, FREED, ENDED = "kept freed ended".split()


def fold(events: Iterable[Event], copy: Copy, start: Holding | None = None) -> Folded:
    """Fold the events of one copy, carrying on from `start` where a seal holds what came before."""
    return _Fold(list(events), copy, start or Holding(state=copy.state)).run()


class _Now(Struct):
    """A holding while entries change it; the fields are those of Holding."""

    loan: Span | None
    ended: Span | None
    state: CopyState
    lendable: bool
    kept_for: str | None
    place: str
    seen_ms: int
    mark: Mark | None
    doubt: Doubt | None
    last: Key | None


_STATE = attrgetter(*Holding.__struct_fields__)


class _Fold:
    """One run over one copy's events. `run` may be called once."""

    def __init__(self, events: list[Event], copy: Copy, start: Holding) -> None:
        self._copy = copy
        self._now = _Now(*astuple(start))
        self._ordered = in_order(events)
        self._links = Links(events)
        self._codes: dict[Key, set[Code]] = {event.key: set() for event in events}
        self._spans: dict[Key, Span] = {}
        said = [event for event in events if event.act in _SAID_BY_STAFF and _may_be_said(event)]
        self._questions = Questions([event.case for event in said if event.act is Act.SETTLE])
        self._undone = {e.undoes for e in said if e.undoes and e.key > e.undoes}

    def run(self) -> Folded:
        if self._now.loan:
            self._spans[self._now.loan.opened_by] = self._now.loan
        for event in self._ordered:
            if event.act in _DESKS and not _may_be_said(event):
                pass
            elif event.act is Act.SETTLE:
                self._settle(event)
            elif event.allowed:
                self._odd(event)
                _STEPS[event.act](self, event)
            self._now.last = event.key
        self._ask()
        return Folded(
            holding=Holding(*_STATE(self._now)),
            spans=tuple(self._spans.values()),
            codes={key: frozenset(codes) for key, codes in self._codes.items()},
            cases=self._questions.all(),
            order=tuple(event.key for event in self._ordered),
        )

    # What happened.

    def checkout(self, event: Event) -> None:
        now = self._now
        if self._repeats(event):
            self._codes[event.key].add(Code.REPEAT_SCAN)
            return
        if not event.override:
            self._hold_passed_over(event)
        self._reappear(event)
        if not now.lendable and not event.override:
            self._codes[event.key].add(Code.NOT_LENDABLE)
        if now.loan:
            self._codes[event.key].add(Code.IMPLICIT_RETURN)
            self._close(event, "unseen")
        span = Span(event.key, event.patron, event.est, self._due(event))
        self._hold(event, event.patron)
        self._open(span)
        self._now.kept_for = None

    def checkin(self, event: Event) -> None:
        now = self._now
        self._reappear(event)
        if now.loan:
            undone = event.undoes == now.loan.opened_by
            self._close(event, "undone" if undone else "returned")
        else:
            self._codes[event.key].add(Code.RETURN_NOT_ON_LOAN)
        if self._copy.foreign:
            self._codes[event.key].add(Code.FOREIGN_RETURN)
        self._hold(event, None)
        kept = self._first_waiting(event) if event.hold_waiting else None
        self._now.kept_for = kept
        self._seen(event)

    def use(self, event: Event) -> None:
        self._reappear(event)
        if self._now.loan:
            self._codes[event.key].add(Code.IMPLICIT_RETURN)
            self._close(event, "unseen")
        self._hold(event, None)
        self._seen(event)

    def renewal(self, event: Event) -> None:
        now = self._now
        ended = now.ended
        if event.undoes and ended and ended.closed_by == event.undoes and now.loan is None:
            # A return turned into a renewal: the loan stands again as it was, and is lengthened.
            again = replace(ended, closed_by=None, closed_ms=None, closed_lo=None, how="")
            self._hold(event, event.patron)
            self._open(self._lengthened(again, event))
            self._now.kept_for = self._now.ended = None
        elif now.loan and now.loan.patron == event.patron:
            self._open(self._lengthened(now.loan, event))
        else:
            self._codes[event.key].add(Code.RENEW_NOT_HOLDER)
            if now.mark and self._links.unordered(event, now.mark):
                self._doubt(Code.RENEW_ORDER_UNKNOWN, event, event.patron, now.mark)
            return
        if any(h.waits_at(event.est) and h.patron != event.patron for h in self._unseen(event)):
            self._codes[event.key].add(Code.RENEWED_DESPITE_RECALL)

    def staff_state(self, event: Event) -> None:
        """Staff said where the copy is, or that it may not be lent."""
        value = event.value or ""
        if value in ("in_library", "lendable"):
            self._now.lendable = value == "lendable"
            return
        if value in list(CopyState):
            state = CopyState(value)
            if state is not CopyState.ON_SHELF and self._now.loan:
                self._close(event, "settled")
                self._hold(event, None)
            self._now.state = state

    def forwarded(self, event: Event) -> None:
        """What another library system answered when an entry was handed on to it."""
        refused = {"refused": Code.ILS_REFUSED, "undecided": Code.ILS_UNDECIDED}
        code = refused.get((event.value or "").partition(":")[0])
        if code:
            self._codes[event.key].add(code)

    def nothing(self, event: Event) -> None:
        """An entry that leaves the copy where it is."""

    def claim(self, event: Event) -> None:
        """The patron says that it was returned; or the copy was searched for, and not found."""
        if event.key in self._undone or event.undoes or self._now.loan is None:
            return
        said = event.value == CLAIMED
        by, at = (event.key, event.est) if said else (None, None)
        self._open(replace(self._now.loan, claimed_by=by, claimed_ms=at))

    def hold_shelf(self, event: Event) -> None:
        """The centre set the copy aside for somebody, or took it from the hold shelf again."""
        verb = (event.value or "").partition(" ")[0]
        if verb == KEPT and self._now.loan is None:
            self._now.kept_for = event.patron
        elif verb in (FREED, ENDED):
            self._now.kept_for = None

    # Who settled what.

    def _settle(self, event: Event) -> None:
        if event.key in self._undone or event.undoes or event.case is None:
            return
        self._refresh_questions()
        same = self._questions.settle(event)
        if same is None:
            return
        choice, _, chosen = (event.choice or "").partition(" ")
        if choice == RETURNED and self._now.loan:
            self._close(event, "settled")
            self._hold(event, None)
        elif choice == STAYS and chosen:
            self._let_stand(event, chosen)
        elif choice == NOT_THEIRS and self._now.loan:
            self._open(replace(self._now.loan, patron=None))
            self._hold(event, None)
        elif choice == WITHDRAW:
            self._now.state = CopyState.WITHDRAWN
        if same:
            self._now.doubt = None

    def _let_stand(self, event: Event, opened_by: str) -> None:
        """The loan that this entry opened is the one that counts."""
        span = next((s for k, s in self._spans.items() if str(k) == opened_by), None)
        if span is None or (self._now.loan and span.opened_by == self._now.loan.opened_by):
            return
        if self._now.loan:
            self._close(event, "settled")
        self._hold(event, span.patron)
        self._open(replace(span, closed_by=None, closed_ms=None, closed_lo=None, how=""))

    # What was odd.

    def _odd(self, event: Event) -> None:
        if event.act in _ACTS:
            self._codes[event.key] |= surroundings(event, self._copy)

    def _repeats(self, event: Event) -> bool:
        loan = self._now.loan
        if loan is None or loan.patron != event.patron or loan.patron is None:
            return False
        near = event.est - loan.opened_ms <= REPEAT_MS
        return near and loan.opened_by.station == event.key.station

    def _reappear(self, event: Event) -> None:
        if self._now.state in _GONE:
            self._codes[event.key].add(Code.ITEM_REAPPEARED)
            self._now.state = CopyState.ON_SHELF

    def _hold_passed_over(self, event: Event) -> None:
        kept = self._now.kept_for
        if kept and kept != event.patron:
            self._codes[event.key].add(Code.HOLD_TAKEN)
        elif self._copy.holds and not event.hold_filled:
            unseen = [h for h in self._unseen(event) if h.waited_until(event.est, event.patron)]
            if unseen and all(h.patron != event.patron for h in unseen):
                self._codes[event.key].add(Code.HOLD_BYPASSED)

    def _unseen(self, event: Event) -> list[HoldSpan]:
        """Holds that were placed after what the station knew of the central record."""
        known = event.as_of_ms
        return [h for h in self._copy.holds if known is None or h.placed_ms > known]

    def _first_waiting(self, event: Event) -> str | None:
        waiting = [h for h in self._copy.holds if h.waits_at(event.est)]
        return min(waiting, key=lambda h: (h.placed_ms, h.patron)).patron if waiting else None

    # Loans.

    def _open(self, span: Span) -> None:
        self._spans[span.opened_by] = span
        self._now.loan = span

    def _close(self, event: Event, how: str) -> None:
        loan = self._now.loan
        assert loan is not None, "only an open loan can be closed"
        # Found on the shelf: it was back when its patron said so.
        claimed = loan.claimed_ms if event.value == FOUND else None
        est, lo = (event.est, event.lo) if claimed is None else (claimed, claimed)
        # An event that knew of the loan came after it, whatever its clock says.
        closed_ms = max(est, loan.opened_ms)
        opened = (loan.opened_by, loan.patron, loan.opened_ms, loan.due_on, loan.renewals)
        claim = (loan.claimed_by, loan.claimed_ms)
        ended = Span(*opened, event.key, closed_ms, lo, how, *claim)
        self._spans[loan.opened_by] = ended
        self._now.loan, self._now.ended = None, ended

    def _lengthened(self, span: Span, event: Event) -> Span:
        return replace(
            span,
            due_on=self._due(event),
            renewals=max(0, span.renewals + 1 if event.renewals is None else event.renewals),
        )

    def _due(self, event: Event) -> date | None:
        """The date the person was told; where the clock was wrong or unsure, never an earlier one than is right."""
        wrong = Code.CLOCK in self._codes[event.key] or event.due_on is None
        if not wrong or event.days is None:
            return event.due_on
        day = datetime.fromtimestamp(event.est / 1000, UTC).astimezone(self._copy.zone).date()
        right = day + timedelta(days=event.days)
        return max(right, event.due_on) if event.due_on else right

    def _seen(self, event: Event) -> None:
        self._now.place, self._now.seen_ms = event.key.station, event.est

    # What the order leaves open.

    def _hold(self, event: Event, holder: str | None) -> None:
        """The event settles who holds the copy: compare it with the last one that did."""
        mark, doubt = self._now.mark, self._now.doubt
        if mark and mark.holder != holder and self._links.unordered(event, mark):
            self._doubt(Code.ORDER_UNKNOWN, event, holder, mark)
        elif doubt and event.act is not Act.SETTLE and self._answers(event, doubt):
            self._now.doubt = None
        self._now.mark = Mark(event.key, event.lo, event.hi, holder)

    def _doubt(self, code: Code, event: Event, holder: str | None, mark: Mark) -> None:
        doubt = self._now.doubt
        keys = tuple(dict.fromkeys((*(doubt.keys if doubt else ()), mark.key, event.key)))
        patrons = tuple(dict.fromkeys((*(doubt.patrons if doubt else ()), mark.holder, holder)))
        lo = min(event.lo, mark.lo, doubt.lo if doubt else mark.lo)
        hi = max(event.hi, mark.hi, doubt.hi if doubt else mark.hi)
        self._now.doubt = Doubt(code, keys, patrons, hi, lo)

    def _answers(self, event: Event, doubt: Doubt) -> bool:
        """Whether the event certainly came after everything that the doubt rests on."""
        return event.lo > doubt.hi or all(self._links.linked(event, key) for key in doubt.keys)

    # Cases.

    def _ask(self) -> None:
        """Note the questions of order on the entries they rest on, where they are open or a person settled them."""
        self._refresh_questions()
        for case in self._questions.all():
            if case.code not in OF_ORDER:
                continue
            for key in case.keys if case.open or case.settled_by else ():
                if key in self._codes:
                    self._codes[key].add(case.code)
                    self._codes[key] -= {Code.IMPLICIT_RETURN, Code.RENEW_NOT_HOLDER}

    def _refresh_questions(self) -> None:
        for event in self._ordered:
            asked = self._codes[event.key] & _ASKED
            if asked:
                self._questions.about(event, asked)
        self._questions.leave_open(self._now.doubt)


def _may_be_said(event: Event) -> bool:
    return event.key.station == DESK


_STEPS: dict[Act, Callable[[_Fold, Event], None]] = {
    Act.CHECKOUT: _Fold.checkout,
    Act.CHECKIN: _Fold.checkin,
    Act.RENEWAL: _Fold.renewal,
    Act.USE: _Fold.use,
    Act.VISIT: _Fold.nothing,
    Act.SCAN: _Fold.nothing,
    Act.SAY: _Fold.nothing,
    Act.SIGN_IN: _Fold.nothing,
    Act.SIGN_OUT: _Fold.nothing,
    Act.ATTEND: _Fold.nothing,
    Act.COPY_STATE: _Fold.staff_state,
    Act.CARD_STATE: _Fold.nothing,
    Act.BLOCK: _Fold.nothing,
    Act.HOLD: _Fold.hold_shelf,
    Act.CLAIM: _Fold.claim,
    Act.BARCODE: _Fold.nothing,
    Act.SETTLE: _Fold.nothing,
    Act.FORWARD: _Fold.forwarded,
    Act.PEOPLE: _Fold.nothing,
}
