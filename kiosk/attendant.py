"""One scan or touch at a time: asks the tables of visit.py what it means, lets the desk act, keeps the state.

No thread, no clock, no drawing: those are station.py's. Whoever calls hands in the time of the scan.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from drivers.scan import Scan
from kiosk.barcodes import Barcode, Kind, classify, shown
from kiosk.calendar import Rules
from kiosk.desk import Desk
from kiosk.desk_values import NOBODY, Who
from kiosk.domain import Act, Copy, Now, Reason, Receipt
from kiosk.doorman import came, counted, left, lend_or_use, passage_undone, told_again
from kiosk.errors import StoreFull
from kiosk.recognise import what_is
from kiosk.repeats import Repeats
from kiosk.say_page import Step, Telling
from kiosk.say_turn import say_on, wish
from kiosk.saying import Saying, Words
from kiosk.screen import Cue, Line, LineKind, Place, Touch
from kiosk.show import explained, kept_line, line_of, number_allowed
from kiosk.visit import (
    SCANS,
    Move,
    Seen,
    State,
    Visit,
    allows,
    counting,
    lighting,
    opened,
    saying,
    turned_to,
    with_key,
    with_line,
    with_notice,
    with_return,
)

# How long after a loan its patron may still stand there with the book, wondering whether the station noticed.
CUT_OFF_MS = 10 * 60_000


@dataclass(frozen=True, slots=True)
class Finger:
    """One touch: what, the visit and line it was made on, one typed character, and when."""

    touch: Touch
    visit: str | None
    line: int | None
    text: str
    now: Now


class Attendant:
    """Keeps `state`, and `cue` with its running number. `leaving` is called before a visit's screen is blanked.

    began_ms: when the station started (UTC ms).
    """

    def __init__(
        self,
        desk: Desk,
        rules: Callable[[], Rules],
        *,
        repeat_ms: int,
        leaving: Callable[[Visit], None],
        began_ms: int,
    ) -> None:
        self._desk = desk
        self._rules = rules
        self._leaving = leaving
        self._lent_before = desk.lent_lately(began_ms - CUT_OFF_MS, began_ms)
        self._repeats = Repeats(repeat_ms)
        self._ticked = ""
        self.state = State(language=self.usual_language)
        self.cue: tuple[Cue | None, int] = (None, 0)

    @property
    def usual_language(self) -> str:
        return self._rules().library.screen.language

    @property
    def undisturbed(self) -> bool:
        """Is this the idle screen as it always looks?"""
        return self.state == State(language=self.usual_language)

    def close(self, *, walked_away: bool = False) -> None:
        """End the visit or leave the page; whatever was on the screen is gone, the language chosen too."""
        visit = self.state.visit
        if visit:
            self._leaving(visit)
            if not walked_away:
                self._repeats.person_acted(visit.card)
        self.state = State(language=self.usual_language)

    def apologise(self, error: Exception) -> None:
        """The store did not answer; nothing was done, and "please scan again" must not meet a deaf ear.

        Where the disk is full, scanning again is of no use, and nobody is told to.
        """
        self._repeats.forget()
        full = isinstance(error, StoreFull)
        self._say(explained(Reason.STORE_FULL if full else Reason.TRY_AGAIN), Cue.NO)

    def scan(self, scan: Scan, now: Now) -> bool:
        """Decide and do one scan; `now` is the time it was read. False for a repeat: nobody did anything."""
        if self.state.place is Place.STAFF:
            self.state = turned_to(self.state, Place.IDLE)
        if self.state.place is Place.COUNT:
            self.state = counting(self.state, on=False)
        barcode = classify(scan.text, self._rules().library.barcodes)
        seen = self._what_is(barcode, scan)
        if self.state.telling and self._heard_isbn(barcode, seen):
            return True
        move = SCANS[self.state.visit is not None, seen]
        who = self._who(scan.device)
        match move:
            case Move.OPEN | Move.SWITCH:
                self._welcome(barcode.text, now, typed=False, device=scan.device)
            case Move.CHECKOUT:
                self._lend(who, barcode.text, now)
            case Move.CHECKIN:
                self._check_in_idle(barcode.text, now, who)
            case Move.CHECKIN_OWN:
                self._put(self._desk.checkin(barcode.text, now, who), now, own=True)
            case Move.CHECKIN_OTHERS:
                self._put(self._desk.checkin(barcode.text, now, who), now, others=True)
            case Move.ALREADY:
                self.state = lighting(self.state, barcode.text)
                self._tick(barcode.text)
            case Move.EXPLAIN:
                self._explain(barcode, now, who)
            case Move.STAY:
                self.state = told_again(lighting(self.state, barcode.text))
                self._tick(barcode.text)
            case Move.SOFTLY:
                self.state = lighting(self.state, barcode.text)
                self._tick(barcode.text)
            case Move.FINISH:
                self.close()
            case Move.RENEW_ALL:
                self._renew_all(now)
            case Move.LANGUAGE:
                self._turn_language()
        return move is not Move.SOFTLY

    def _heard_isbn(self, barcode: Barcode, seen: Seen) -> bool:
        """Somebody is saying something: the book wished for is meant so, anything else ends what is said."""
        state = self.state
        if seen is Seen.ISBN and state.telling and state.telling.step is Step.BOOK:
            self.state = saying(state, wish(self._desk, self._rules(), state, barcode.text))
            self._sound(Cue.YES)
            return True
        if seen not in (Seen.REPEAT, Seen.LANGUAGE):
            self.state = saying(state, None)
        return False

    def _what_is(self, barcode: Barcode, scan: Scan) -> Seen:
        if self._repeats.again(barcode.text, scan.at_ms):
            return Seen.REPEAT
        return what_is(barcode, self.state.visit, self._desk)

    def _who(self, device: str) -> Who:
        visit = self.state.visit
        if visit is None:
            return replace(NOBODY, device=device)
        return Who(visit.patron.id, visit.card, visit.typed, visit.id, device)

    def _welcome(self, number: str, now: Now, *, typed: bool, device: str = "") -> None:
        # Whoever stood here before is gone from the screen before the next name is looked up.
        if self.state.visit:
            self.close()
        # "To borrow it, scan your card": then the same book is scanned again, and is meant.
        self._repeats.person_acted(number, keep_card=True)
        visit_id = uuid.uuid4().hex[:12]
        welcome = self._desk.welcome(number, now, visit=visit_id, typed=typed, device=device)
        receipt = welcome.receipt
        if not receipt.verdict.allowed or receipt.patron is None:
            self._say(explained(receipt.verdict.reason, typed=typed), Cue.NO)
            return
        account = self._desk.account(receipt.patron.id, now)
        kept = [(loan, copy) for loan, copy in account.out if self._was_cut_off(copy, now)]
        before = tuple(pair[0].barcode for pair in account.out if pair not in kept)
        visit = Visit(
            visit_id,
            receipt.patron,
            number,
            typed,
            before,
            presence=welcome.presence,
            activities=welcome.activities,
            recommended=welcome.recommended,
        )
        self.state = opened(self.state, visit)
        for loan, copy in reversed(kept):
            self.state = with_line(self.state, kept_line(loan, copy))
        self._sound(Cue.YES)

    def _was_cut_off(self, copy: Copy, now: Now) -> bool:
        """Was this lent so shortly before the station started that its patron may think it was not?

        Scanned again it is then not taken back: the visit goes on as if the station had never stopped. Told by the
        station's own journal: the time in a loan may be the central record's, of another clock.
        """
        lent_ms = self._lent_before.get(copy.last_entry or "")
        return lent_ms is not None and 0 <= now.at_ms - lent_ms <= CUT_OFF_MS

    def _check_in_idle(self, barcode: str, now: Now, who: Who) -> None:
        receipt = self._desk.checkin(barcode, now, who)
        line = line_of(receipt, today=now.local.date())
        self.state = with_return(self.state, line)
        self._sound(Cue.YES if receipt.verdict.allowed else Cue.NO)

    def _explain(self, barcode: Barcode, now: Now, who: Who) -> None:
        reason = {Kind.ISBN: Reason.ISBN_NOT_LABEL, Kind.RUBBISH: Reason.UNREADABLE}.get(
            barcode.kind, Reason.UNKNOWN_COPY
        )
        self._desk.note_scan(shown(barcode.text), reason, now, who)
        copy = self._desk.only_free_copy(barcode.text) if barcode.kind is Kind.ISBN else None
        self._say(
            explained(reason, copy, text=shown(barcode.text), offer=self.state.visit is not None),
            Cue.NO,
        )

    def _say(self, line: Line, cue: Cue) -> None:
        self.state = (
            with_line(self.state, line) if self.state.visit else with_notice(self.state, line)
        )
        self._sound(cue)

    def _lend(self, who: Who, barcode: str, now: Now) -> None:
        visit = self.state.visit
        assert visit is not None, "a loan without a visit"
        self._put(lend_or_use(self._desk, self._rules(), visit, who, (barcode, now)), now)

    def _put(self, receipt: Receipt, now: Now, *, own: bool = False, others: bool = False) -> None:
        """Show what the desk did with a book of this visit."""
        line = line_of(receipt, own=own, others=others, today=now.local.date())
        self.state = with_line(self.state, line, receipt)
        self._sound(Cue.YES if receipt.verdict.allowed else Cue.NO)

    def touch(self, finger: Finger) -> bool:
        """Decide and do one touch; False when its visit has ended or the page does not offer it."""
        if not allows(self.state, finger.touch, finger.visit, finger.line):
            return False
        if finger.touch is Touch.NUMBER and not number_allowed(self._rules()):
            return False
        if finger.touch is Touch.SAY and self._rules().library.voice is None:
            return False
        self._on_touch(finger)
        return True

    def _on_touch(self, finger: Finger) -> None:
        match finger.touch:
            case Touch.LANGUAGE:
                self._turn_language()
            case Touch.CONTRAST:
                self.state = replace(self.state, contrast=not self.state.contrast)
            case Touch.HOME:
                self.state = turned_to(self.state, Place.IDLE)
            case Touch.GUIDE_BORROW | Touch.GUIDE_RETURN | Touch.GUIDE_LOANS:
                self.state = turned_to(self.state, Place.GUIDE, topic=finger.touch)
            case Touch.FIND:
                self.state = turned_to(self.state, Place.FIND)
            case Touch.STAFF:
                self.state = turned_to(self.state, Place.STAFF)
            case Touch.NUMBER:
                self.state = turned_to(self.state, Place.NUMBER)
            case Touch.KEY | Touch.ERASE | Touch.CLEAR:
                self.state = with_key(self.state, finger.touch, finger.text)
            case Touch.COUNT:
                self.state = counting(self.state, on=True)
            case Touch.BACK if self.state.place is Place.COUNT:
                self.state = counting(self.state, on=False)
            case Touch.ENTER if self.state.place is Place.COUNT:
                self.state = counted(self.state, self._desk, self._who(""), finger.now)
                self._sound(Cue.NO if self.state.place is Place.COUNT else Cue.YES)
            case Touch.ENTER:
                if self.state.typed:
                    self._welcome(self.state.typed, finger.now, typed=True)
            case Touch.NOT_ME:
                passage_undone(self.state, self._desk, self._who(""), finger.now)
                self.close()
            case Touch.FINISH:
                self.close()
            case Touch.LEAVE:
                self.state = left(self.state, self._desk, self._who(""), finger.now)
            case Touch.ATTEND:
                self.state = came(
                    self.state, self._desk, self._who(""), (finger.line or 0, finger.now)
                )
                self._sound(Cue.YES)
            case Touch.STAY_HERE:
                self.state = passage_undone(self.state, self._desk, self._who(""), finger.now)
            case Touch.NEXT_CARD:
                turned = self.state.board.next(finger.now.at_ms)
                self.state = replace(self.state, board=turned)
            case Touch.STAY | Touch.PRINT:
                pass
            case Touch.RENEW_ALL:
                self._renew_all(finger.now)
            case Touch.SLIP:
                self.state = replace(self.state, slip=not self.state.slip)
            case Touch.SAY | Touch.PICK | Touch.SKIP | Touch.DONE | Touch.BACK:
                self._say_on(finger)
            case Touch.READ:
                self._desk.say(Saying.READ, Words(post=finger.text), finger.now, self._who(""))
            case Touch.RENEW | Touch.GIVE_BACK | Touch.BORROW | Touch.USE:
                self._on_line(finger.touch, finger.line or 0, finger.now)

    def _say_on(self, finger: Finger) -> None:
        told = say_on(self._desk, self._rules(), self.state, finger.touch, finger.text, finger.now)
        if told is None or told.step is not Step.SEND or told.kind is None:
            self.state = saying(self.state, told)
            return
        if not told.named and self.state.visit:
            # Between two entries of one visit it would be known whose it is.
            chosen = (self.state.language, self.state.contrast)
            self.close()
            self.state = replace(self.state, language=chosen[0], contrast=chosen[1])
        self._desk.say(told.kind, told.words, finger.now, self._who("") if told.named else NOBODY)
        self.state = saying(self.state, Telling(Step.THANKS, named=told.named))
        self._sound(Cue.YES)

    def _on_line(self, touch: Touch, number: int, now: Now) -> None:
        visit = self.state.visit
        assert visit is not None, "a line without a visit"
        desk, who = self._desk, self._who("")
        line, receipt = visit.line(number), visit.receipt(number)
        barcode = line.book.barcode if line else visit.barcode_before(number)
        assert barcode is not None, "allows() let a line through that is not there"
        match touch:
            case Touch.RENEW if line and receipt and line.kind is LineKind.RETURNED:
                renewed = desk.renew_returned(who, receipt, now)
                # Not renewed, it stays returned, and lies here free to be borrowed anew.
                self._put(renewed, now, others=not renewed.verdict.allowed)
            case Touch.RENEW:
                self._put(desk.renew(who, barcode, now), now)
            case Touch.GIVE_BACK:
                undoes = receipt.entry if receipt and receipt.act is Act.CHECKOUT else None
                self._put(desk.checkin(barcode, now, who, undoes=undoes), now)
            case Touch.BORROW:
                self._put(desk.checkout(who, barcode, now), now)
            case _:
                self._put(desk.use(who, barcode, now), now)

    def _renew_all(self, now: Now) -> None:
        """Renew every loan from before that may be renewed; each is an act of its own."""
        visit = self.state.visit
        assert visit is not None, "renew all without a visit"
        account = self._desk.account(visit.patron.id, now)
        shown_already = {line.book.barcode for line in visit.lines}
        for (loan, _), verdict in zip(
            reversed(account.out), reversed(account.renewals), strict=True
        ):
            if verdict.allowed and loan.barcode not in shown_already:
                self._put(self._desk.renew(self._who(""), loan.barcode, now), now)

    def _turn_language(self) -> None:
        self.state = replace(self.state, language="en" if self.state.language == "zh" else "zh")

    def _tick(self, text: str) -> None:
        # What is left under the scanner ticks once, not for as long as it lies there.
        if self.cue[0] is not Cue.TICK or self._ticked != text:
            self._ticked = text
            self._sound(Cue.TICK)

    def _sound(self, cue: Cue) -> None:
        self.cue = (cue, self.cue[1] + 1)
