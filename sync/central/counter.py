"""The counter: staff check out, take back, renew, and note use in the library; each act is an entry of the desk.

Decided by the rules that hold at stations, on the facts that the record has; a person may set them aside with a reason.
What lies on the counter is here: a copy that is on loan to somebody else is taken back first. Refusals are entries too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from kiosk.domain import Act, Copy, Facts, Loan, Reason, Receipt, Verdict
from kiosk.entry import parse, proof
from kiosk.overriding import NEVER, decide_override, objections
from kiosk.policy import DECIDE
from kiosk.questions import Ask
from sync.central.deeds import Deed, told
from sync.central.desk import Desk
from sync.central.facts import copy_of, facts_of, loan_of, loans_of, now_at, rules_of
from sync.central.read import key_of
from sync.central.schema import entries
from sync.events import DESK as DESK
from sync.fold import FOUND as FOUND
from sync.fold import REPEAT_MS

# The same copy again within this time was read twice, not handed over twice.
TWICE_MS = 3_000
LONGEST_WHY = 200
LENDING = (Act.CHECKOUT, Act.CHECKIN, Act.RENEWAL, Act.USE)


@dataclass(frozen=True, slots=True)
class Override:
    """Why staff set the rules aside, and until when they lend, where that is their choice too."""

    why: str
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Beyond:
    """What speaks against an act. possible: staff may set it aside; due_on: until when they would usually lend then."""

    against: tuple[Verdict, ...]
    possible: bool
    due_on: date | None = None


class Counter:
    """One desk in one transaction. Raises CentralError where no rules are in force."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.rules = rules_of(desk.conn, desk.school)
        self.now = now_at(self.rules, desk.now_ms)
        self.room = self.rules.library.library.room

    def scan(self, patron: str, label: str) -> list[Receipt]:
        """A copy was scanned while this patron is at the counter; nothing where it was only read twice.

        On the shelf: lent. Theirs from before: taken back. Somebody else's: taken back; scanned again, it is lent.
        """
        copy = self._copy(label)
        if copy is None:
            return [self._unknown(label, patron)]
        if self._twice(copy):
            return []
        loan = loan_of(self.desk.conn, self.desk.school, copy.barcode)
        if loan is None or (loan.patron_id == patron and self._lent_here_just_now(copy, loan)):
            return self.checkout(patron, copy.barcode)
        return [self.checkin(copy.barcode)]

    def checkout(
        self, patron: str, barcode: str, override: Override | None = None
    ) -> list[Receipt]:
        """Lend the copy, or say why not. Out to somebody else, it is taken back first: two receipts."""
        facts = self.facts(patron, barcode)
        first = []
        if facts.loan and facts.loan.patron_id != patron:
            first = [self.checkin(barcode)]
            facts = self.facts(patron, barcode)
        return [*first, self._do(Act.CHECKOUT, facts, override)]

    def checkin(
        self, label: str, override: Override | None = None, *, found: bool = False
    ) -> Receipt:
        """Take the copy back, whoever had it; an entry also where it was not on loan.

        found: it stood on its shelf, as its patron had said; it was back when they said so.
        """
        copy = self._copy(label)
        if copy is None:
            return self._unknown(label, None)
        loan = loan_of(self.desk.conn, self.desk.school, copy.barcode)
        facts = self.facts(loan.patron_id if loan else "", copy.barcode)
        verdict = self.verdict(Act.CHECKIN, facts, override)
        why = override.why if override and verdict.allowed else None
        return self.write(Act.CHECKIN, facts, verdict, override=why, value=FOUND if found else None)

    def give_back(self, label: str) -> Receipt | None:
        """A copy was scanned with nobody at the counter; None where it was only read twice."""
        copy = self._copy(label)
        return None if copy and self._twice(copy) else self.checkin(label)

    def renew(self, patron: str, barcode: str, override: Override | None = None) -> Receipt:
        """Lengthen the patron's own loan, or say why not."""
        return self._do(Act.RENEWAL, self.facts(patron, barcode), override)

    def renew_all(self, patron: str) -> list[Receipt]:
        """Renew what may be renewed; each is an act of its own. What may not be is left as it is."""
        out = loans_of(self.desk.conn, self.desk.school, patron)
        each = [self.facts(patron, copy.barcode) for _, copy in out]
        return [
            self._do(Act.RENEWAL, facts, None)
            for facts in each
            if self.verdict(Act.RENEWAL, facts, None).allowed
        ]

    def use(self, patron: str, barcode: str, override: Override | None = None) -> Receipt:
        """Note that the copy is being read in the library; patron "": by nobody we know."""
        return self._do(Act.USE, self.facts(patron, barcode), override)

    def beyond(self, act: Act, patron: str, barcode: str) -> Beyond:
        """What an override would set aside; nothing is done."""
        facts = self.facts(patron, barcode)
        ask = Ask(act, facts, self.rules, self.now, self.room)
        against = objections(ask) if facts.copy else (Verdict(False, Reason.UNKNOWN_COPY),)
        can = facts.copy is not None and all(o.reason not in NEVER for o in against)
        usual = self.verdict(act, facts, Override("")).due_on if can else None
        return Beyond(against, possible=can, due_on=usual)

    # How it is done.

    def _do(self, act: Act, facts: Facts, override: Override | None) -> Receipt:
        verdict = self.verdict(act, facts, override)
        renewals = facts.loan.renewals + 1 if act is Act.RENEWAL and facts.loan else None
        why = override.why if override and verdict.allowed else None
        return self.write(act, facts, verdict, renewals=renewals, override=why)

    def verdict(self, act: Act, facts: Facts, override: Override | None = None) -> Verdict:
        """What the rules, or staff beyond them, say of an act; nothing is done."""
        if facts.copy is None:
            return Verdict(False, Reason.UNKNOWN_COPY)
        if override is None:
            return DECIDE[act](facts, self.rules, self.now, room=self.room)
        return decide_override(
            act, facts, self.rules, self.now, room=self.room, due_on=override.due_on
        )

    def write(self, act: Act, facts: Facts, verdict: Verdict, **more: Any) -> Receipt:
        """Do what was decided; more: further fields of the entry."""
        copy, patron = facts.copy, facts.patron
        deed = Deed(
            act,
            copy.barcode if copy else None,
            # Whoever had it may have been erased meanwhile.
            patron.id if patron else None,
            more={**told(verdict), **{k: v for k, v in more.items() if v is not None}},
        )
        name = str(self.desk.write([deed])[0])
        undoes = more.get("undoes")
        return Receipt(act, verdict, name, self._proof(name), copy, patron, facts.loan, undoes)

    def _unknown(self, label: str, patron: str | None) -> Receipt:
        """Nothing of ours bears this label. Outside of a visit it may be anybody's card: it stays out of the entry."""
        verdict = Verdict(False, Reason.UNKNOWN_COPY)
        more = told(verdict) | ({"text": label} if patron else {})
        deed = Deed(Act.SCAN, None, patron or f"scan:{label}", more=more)
        name = str(self.desk.write([deed])[0])
        return Receipt(Act.SCAN, verdict, name, self._proof(name))

    def _copy(self, label: str) -> Copy | None:
        return copy_of(self.desk.conn, self.desk.school, label)

    def facts(self, patron: str, barcode: str) -> Facts:
        conn, school = self.desk.conn, self.desk.school
        return facts_of(conn, school, patron or None, copy_of(conn, school, barcode))

    def _proof(self, name: str) -> str:
        row = entry_of_desk(self.desk, name)
        return proof(row.hash) if row else ""

    def _twice(self, copy: Copy) -> bool:
        row = entry_of_desk(self.desk, copy.last_entry or "")
        if row is None:
            return False
        entry = parse(row.body)
        near = 0 <= self.desk.now_ms - entry.wall_ms <= TWICE_MS
        return near and entry.staff == self.desk.staff and entry.act in LENDING and entry.allowed

    def _lent_here_just_now(self, copy: Copy, loan: Loan) -> bool:
        key = key_of(copy.last_entry)
        near = 0 <= self.desk.now_ms - loan.opened_ms <= REPEAT_MS
        return near and key is not None and key.station == DESK


def entry_of_desk(desk: Desk, name: str) -> Any:
    """The row (hash, body) of an entry of the desk, by its key; None where there is none."""
    key = key_of(name)
    if key is None or key.station != DESK:
        return None
    query = select(entries.c.hash, entries.c.body).where(
        entries.c.school == desk.school,
        entries.c.station == key.station,
        entries.c.epoch == key.epoch,
        entries.c.seq == key.seq,
    )
    return desk.conn.execute(query).first()
