"""The lending desk: checkout, checkin, renew, use. Each act reads, decides and writes in one transaction.

It applies no rule itself (policy does) and knows nothing of screens. Refusals are journalled too: staff must be able
to see what the station told the patron.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import TypeVar

from kiosk.account import read_account
from kiosk.attending import offered
from kiosk.board import Posted
from kiosk.calendar import Rules
from kiosk.desk_values import NOBODY, Account, Look, Welcome, Who
from kiosk.domain import (
    Act,
    Copy,
    CopyState,
    Facts,
    Loan,
    Note,
    Now,
    Reason,
    Receipt,
    Verdict,
)
from kiosk.door import Door
from kiosk.errors import StoreFull
from kiosk.finding import never_lent
from kiosk.journal import Journal, Occurrence, Written, lent_lately
from kiosk.policy import (
    decide_checkin,
    decide_checkout,
    decide_renewal,
    decide_use,
    decide_visit,
)
from kiosk.say_page import ANSWERS, FORMS, Telling
from kiosk.saying import Saying, Words, written
from kiosk.store.board import read_board, read_recommended
from kiosk.store.posts import standing
from kiosk.store.store import Store
from kiosk.store.tx import Tx
from kiosk.voice_posts import Answer, Questionnaire

Done = TypeVar("Done")
_FULL = Verdict(allowed=False, reason=Reason.STORE_FULL)
_SAID = Verdict(allowed=True, reason=Reason.OK)


class Desk:
    """`rules` gives the rules in force, whole; `room` is where this station stands."""

    def __init__(
        self, store: Store, journal: Journal, rules: Callable[[], Rules], *, room: str
    ) -> None:
        self._store = store
        self._journal = journal
        self._rules = rules
        self._room = room
        self.door = Door(store, journal, rules, room=room)

    def welcome(
        self, number: str, now: Now, *, visit: str, typed: bool, device: str = ""
    ) -> Welcome:
        """A card was scanned or its number typed: open the visit, or say why not; in a reading room it signs in or out.

        A blocked or expired patron may come in, to return books and see loans; a lost card opens nothing.
        """
        return self._from_reserve(
            lambda: self._welcome(number, now, visit=visit, typed=typed, device=device)
        )

    def _welcome(self, number: str, now: Now, *, visit: str, typed: bool, device: str) -> Welcome:
        with self._store.begin() as tx:
            card = tx.card(number)
            patron = tx.patron(card.patron_id) if card else None
            facts = Facts(patron=patron, card=card, typed=typed)
            verdict = decide_visit(facts, self._rules(), now, room=self._room)
            what = Occurrence(
                Act.VISIT,
                # The number of an unknown card is a person's too: it lies beside the entry, and can be erased.
                patron_id=patron.id if patron else f"card:{number}",
                card=number if patron else None,
                visit=visit,
                device=device or None,
            )
            written = self._append(tx, what, verdict, now)
            receipt = Receipt(Act.VISIT, verdict, written.key, written.proof, patron=patron)
            if not verdict.allowed or patron is None:
                return Welcome(receipt)
            who = Who(patron.id, number, typed, visit, device)
            presence = self.door.pass_by(tx, patron, who, now)
            kept_in = never_lent(self._rules().library)
            books = read_recommended(tx, patron, now, never_lent=kept_in)
            return Welcome(receipt, presence, offered(tx, patron, now), books)

    def look(self, text: str) -> Look:
        """Find the copy, its loan, or the card that this text is the barcode of."""
        with self._store.read() as tx:
            copy, loan = tx.copy_and_loan(text)
            return Look(copy, loan, None if copy else tx.card(text))

    def only_free_copy(self, isbn: str) -> Copy | None:
        """The one copy on the shelf that a scanned ISBN can mean; None if there is none or more than one."""
        with self._store.read() as tx:
            free = [
                copy
                for copy in tx.copies_of_isbn(isbn)
                if copy.state not in (CopyState.MENDING, CopyState.WITHDRAWN)
                and tx.loan(copy.barcode) is None
            ]
        return free[0] if len(free) == 1 else None

    def checkout(self, who: Who, barcode: str, now: Now, *, undoes: str | None = None) -> Receipt:
        """Lend the copy to the patron, or say why not; the same with and without the central record."""
        try:
            with self._store.begin() as tx:
                facts = self._facts(tx, tx.copy_and_loan(barcode), who)
                verdict = self._checked(facts, decide_checkout, now)
                written = self._enter(tx, (Act.CHECKOUT, facts, who), verdict, now, undoes=undoes)
                if verdict.allowed and facts.copy:
                    self._lend(tx, facts.copy, who.patron_id, verdict, now, written.key)
        except StoreFull:
            return Receipt(Act.CHECKOUT, _FULL, "", "")
        return _receipt(Act.CHECKOUT, verdict, written, facts, undoes)

    def checkin(
        self, barcode: str, now: Now, who: Who = NOBODY, *, undoes: str | None = None
    ) -> Receipt:
        """Take the copy back, whoever had it; always an entry, for it may have been lent where nobody has told us."""
        return self._from_reserve(lambda: self._checkin(barcode, now, who, undoes))

    def _checkin(self, barcode: str, now: Now, who: Who, undoes: str | None) -> Receipt:
        with self._store.begin() as tx:
            held = tx.copy_and_loan(barcode)
            loan = held[1]
            owner = replace(who, patron_id=loan.patron_id if loan else "")
            facts = self._facts(tx, held, owner)
            verdict = self._checked(facts, decide_checkin, now)
            written = self._enter(tx, (Act.CHECKIN, facts, owner), verdict, now, undoes=undoes)
            if verdict.allowed and facts.copy:
                self._take_back(tx, facts, verdict)
            elif facts.loan:
                # A refused return may never make the loan overdue.
                opens = verdict.opens_at
                tx.excuse_loan(barcode, opens.date() if opens else date.max)
        return _receipt(Act.CHECKIN, verdict, written, facts, undoes)

    def renew(self, who: Who, barcode: str, now: Now) -> Receipt:
        """Lengthen the patron's own loan, or say why not."""
        try:
            with self._store.begin() as tx:
                facts = self._facts(tx, tx.copy_and_loan(barcode), who)
                verdict = self._checked(facts, decide_renewal, now)
                written = self._enter(tx, (Act.RENEWAL, facts, who), verdict, now)
                if verdict.allowed:
                    tx.renew_loan(barcode, verdict.due_on, written.key)
        except StoreFull:
            return Receipt(Act.RENEWAL, _FULL, "", "")
        return _receipt(Act.RENEWAL, verdict, written, facts)

    def renew_returned(self, who: Who, returned: Receipt, now: Now) -> Receipt:
        """Turn a return just made into a renewal: the loan stands again as it was, and is lengthened.

        Refused like any renewal, and ON_LOAN when something has happened to the copy since; then it stays returned.
        """
        if returned.loan is None or returned.copy is None:
            raise AssertionError("only a return of a loan can be turned into a renewal")
        loan, barcode = returned.loan, returned.copy.barcode
        try:
            with self._store.begin() as tx:
                now_facts = self._facts(tx, tx.copy_and_loan(barcode), who)
                loans = ((loan, returned.copy.copy_type), *now_facts.loans)
                facts = replace(now_facts, loan=loan, loans=loans)
                untouched = now_facts.copy and now_facts.copy.last_entry == returned.entry
                verdict = (
                    self._checked(facts, decide_renewal, now)
                    if untouched
                    else Verdict(allowed=False, reason=Reason.ON_LOAN)
                )
                undoes = returned.entry if verdict.allowed else None
                written = self._enter(tx, (Act.RENEWAL, facts, who), verdict, now, undoes=undoes)
                if verdict.allowed:
                    again = replace(
                        loan, due_on=verdict.due_on, renewals=loan.renewals + 1, excused_on=None
                    )
                    tx.release_hold(barcode)
                    tx.open_loan(again, written.key)
        except StoreFull:
            return Receipt(Act.RENEWAL, _FULL, "", "")
        return _receipt(Act.RENEWAL, verdict, written, facts, undoes)

    def use(self, who: Who, barcode: str, now: Now, *, session: str | None = None) -> Receipt:
        """Note that the copy is being read in the library; session: the activity that it is read in."""
        try:
            with self._store.begin() as tx:
                facts = self._facts(tx, tx.copy_and_loan(barcode), who)
                verdict = self._checked(facts, decide_use, now)
                written = self._enter(tx, (Act.USE, facts, who), verdict, now, value=session)
        except StoreFull:
            return Receipt(Act.USE, _FULL, "", "")
        return _receipt(Act.USE, verdict, written, facts)

    def note_scan(self, text: str, reason: Reason, now: Now, who: Who = NOBODY) -> Receipt:
        """A scan that fits nothing: staff must be able to see it."""
        verdict = Verdict(allowed=False, reason=reason)
        what = Occurrence(
            Act.SCAN,
            # With nobody at the screen, what was read may be somebody's card of a kind that we do not know.
            patron_id=who.patron_id or f"scan:{text}",
            visit=who.visit or None,
            device=who.device or None,
            text=text if who.patron_id else None,
        )
        with self._store.begin() as tx:
            written = self._append(tx, what, verdict, now)
        return Receipt(Act.SCAN, verdict, written.key, written.proof)

    def say(self, kind: Saying, words: Words, now: Now, who: Who = NOBODY) -> Receipt:
        """Keep what a reader says to the library. With NOBODY, nothing in the entry leads to anybody.

        Not even the visit or the scanner is named then. What was read is not shown again.
        """
        what = Occurrence(
            Act.SAY,
            patron_id=who.patron_id or None,
            visit=who.visit or None if who.patron_id else None,
            value=kind.value,
            said=written(words),
        )
        with self._store.begin() as tx:
            done = self._append(tx, what, _SAID, now)
            if kind is Saying.READ:
                tx.forget_post(words.post, who.patron_id)
        return Receipt(Act.SAY, _SAID, done.key, done.proof)

    def begin_telling(self, now: Now, grade: int | None) -> Telling:
        """What a reader of this grade may be asked now, and what the library has answered to everybody."""
        with self._store.read() as tx:
            forms = [f for f in standing(tx, Questionnaire, now) if f.body.is_for(grade)]
            answers = standing(tx, Answer, now)
        return Telling(forms=tuple(forms[:FORMS]), answers=tuple(answers[:ANSWERS]))

    def have(self, isbn: str) -> tuple[Copy, bool] | None:
        """A copy of this book and whether one is in now; None where the library has none."""
        with self._store.read() as tx:
            held = [c for c in tx.copies_of_isbn(isbn) if c.state is not CopyState.WITHDRAWN]
            free = [c for c in held if tx.loan(c.barcode) is None]
        return ((free or held)[0], bool(free)) if held else None

    def account(self, patron_id: str, now: Now) -> Account:
        """What the patron has out, and what may be done about it now."""
        with self._store.read() as tx:
            return read_account(tx, patron_id, self._rules(), now, room=self._room)

    def lent_lately(self, from_ms: int, to_ms: int) -> dict[str, int]:
        """Which entries at the end of the journal lent a copy in this time, and when by this station's clock."""
        return lent_lately(self._store, from_ms, to_ms)

    def messages(self, now: Now) -> tuple[str, ...]:
        """What the library has to say to everybody."""
        with self._store.read() as tx:
            return tx.messages("", now)

    def board(self, now: Now) -> Posted:
        """What is put up for everybody to read while nobody is at the screen."""
        with self._store.read() as tx:
            return read_board(tx, now)

    def _from_reserve(self, act: Callable[[], Done]) -> Done:
        """Do what brings books back for as long as the reserve lasts; raises StoreFull when it is used up."""
        while True:
            try:
                return act()
            except StoreFull:
                if not self._store.give_room():
                    raise

    def _facts(self, tx: Tx, held: tuple[Copy | None, Loan | None], who: Who) -> Facts:
        copy, loan = held
        holds = tx.holds(copy.title.id) if copy else ()
        return Facts(
            patron=tx.patron(who.patron_id) if who.patron_id else None,
            card=tx.card(who.card) if who.card else None,
            typed=who.typed,
            copy=copy,
            loan=loan,
            loans=tx.loans_of(who.patron_id) if who.patron_id else (),
            holds=holds,
            free_copies=tx.free_copies(copy.title.id) if copy and holds else 1,
            store_full=self._store.nearly_full(),
        )

    def _checked(self, facts: Facts, decide: Callable[..., Verdict], now: Now) -> Verdict:
        if facts.copy is None:
            return Verdict(allowed=False, reason=Reason.UNKNOWN_COPY)
        return decide(facts, self._rules(), now, room=self._room)

    def _enter(
        self,
        tx: Tx,
        act: tuple[Act, Facts, Who],
        verdict: Verdict,
        now: Now,
        *,
        undoes: str | None = None,
        value: str | None = None,
    ) -> Written:
        kind, facts, who = act
        what = Occurrence(
            kind,
            copy=facts.copy.barcode if facts.copy else None,
            patron_id=who.patron_id or None,
            # A book is brought back by anybody: its return says nothing of the borrower's card.
            card=who.card or None if kind is not Act.CHECKIN else None,
            visit=who.visit or None,
            device=who.device or None,
            renewals=facts.loan.renewals + 1 if kind is Act.RENEWAL and facts.loan else None,
            after=facts.copy.last_entry if facts.copy else None,
            undoes=undoes,
            value=value,
        )
        written = self._append(tx, what, verdict, now)
        if facts.copy:
            tx.set_last_entry(facts.copy.barcode, written.key)
        return written

    def _append(self, tx: Tx, what: Occurrence, verdict: Verdict, now: Now) -> Written:
        return self._journal.append(tx, what, verdict, now=now, rules_digest=self._rules().digest)

    def _lend(
        self, tx: Tx, copy: Copy, patron_id: str, verdict: Verdict, now: Now, entry: str
    ) -> None:
        tx.open_loan(Loan(copy.barcode, patron_id, now.at_ms, verdict.due_on), entry)
        if Note.HOLD_FILLED in verdict.notes:
            tx.fill_hold(copy.title.id, patron_id)
        if Note.REAPPEARED in verdict.notes:
            tx.found_again(copy.barcode)

    def _take_back(self, tx: Tx, facts: Facts, verdict: Verdict) -> None:
        copy, loan = facts.copy, facts.loan
        assert copy is not None, "only a known copy is taken back"
        tx.close_loan(copy.barcode)
        if Note.HOLD_WAITING in verdict.notes:
            by = loan.patron_id if loan else None
            tx.keep_for_hold(copy.title.id, copy.barcode, returned_by=by)
        if Note.REAPPEARED in verdict.notes:
            tx.found_again(copy.barcode)


def _receipt(
    act: Act, verdict: Verdict, written: Written, facts: Facts, undoes: str | None = None
) -> Receipt:
    return Receipt(
        act,
        verdict,
        written.key,
        written.proof,
        copy=facts.copy,
        patron=facts.patron,
        loan=facts.loan,
        undoes=undoes,
    )
