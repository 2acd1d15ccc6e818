"""What the desk did last with a copy is taken back: by another entry, which names the first. Nothing is taken out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import select

from kiosk.domain import Act, CopyState, Note, Reason, Receipt, Verdict
from kiosk.entry import Entry, parse
from sync.central.counter import Counter, Override, entry_of_desk
from sync.central.db import CentralError
from sync.central.deeds import Deed
from sync.central.desk import Desk
from sync.central.facts import copy_of, loan_of
from sync.central.schema import entries, loans

# Of a copy's newest entries, so many are looked through for what a loan was before.
_BACK = 50


def may_undo(entry: Entry, last_entry: str | None) -> bool:
    """Whether this entry of the desk is one that can be taken back, and nothing has happened to its copy since."""
    if not entry.allowed or entry.copy is None or entry.key != last_entry or entry.undoes:
        return False
    lost = entry.act is Act.COPY_STATE and entry.value == CopyState.LOST.value
    returned = entry.act is Act.CHECKIN and Note.WAS_NOT_ON_LOAN.value not in entry.notes
    return entry.act in (Act.CHECKOUT, Act.RENEWAL, Act.CLAIM) or returned or lost


def undo(desk: Desk, name: str) -> str:
    """Take the entry back; the key of the one that does. Raises CentralError where that cannot be (any more)."""
    return _Undo(desk, name).run()


class _Undo:
    def __init__(self, desk: Desk, name: str) -> None:
        row = entry_of_desk(desk, name)
        if row is None:
            raise CentralError(f"there is no entry {name} of the desk")
        entry = parse(row.body)
        copy = copy_of(desk.conn, desk.school, entry.copy or "")
        if copy is None or not may_undo(entry, copy.last_entry):
            raise CentralError(f"{name} cannot be taken back (any more)")
        self._desk, self._name, self._entry, self._copy = desk, name, entry, copy
        self._counter = Counter(desk)

    def run(self) -> str:
        match self._entry.act:
            case Act.CHECKOUT:
                return self._checkout().entry
            case Act.RENEWAL:
                return self._renewal().entry
            case Act.CLAIM:
                return self._claim()
            case Act.COPY_STATE:
                self._desk.copy_state(self._copy.barcode, CopyState.ON_SHELF.value)
                return self._reopened().entry
            case _:
                return self._reopened().entry

    def _checkout(self) -> Receipt:
        holder = self._holder()
        waited = self._desk.unfill_hold(holder, self._name)
        facts = self._counter.facts(holder, self._copy.barcode)
        verdict = self._counter.verdict(Act.CHECKIN, facts, Override(""))
        if waited and Note.HOLD_WAITING not in verdict.notes:
            verdict = replace(verdict, notes=(*verdict.notes, Note.HOLD_WAITING))
        return self._counter.write(Act.CHECKIN, facts, verdict, undoes=self._name)

    def _reopened(self) -> Receipt:
        """The loan stands again as it was."""
        query = select(loans).where(
            loans.c.school == self._desk.school,
            loans.c.barcode == self._copy.barcode,
            loans.c.closed_by == self._name,
        )
        row = self._desk.conn.execute(query).first()
        if row is None or row.patron is None:
            raise CentralError(f"{self._name} ended no loan of anybody we know")
        return self._as_it_was(row.patron, row.due_on, row.renewals)

    def _renewal(self) -> Receipt:
        for entry in self._before():
            if entry.act in (Act.CHECKOUT, Act.RENEWAL) and entry.allowed:
                due = date.fromisoformat(entry.due_on) if entry.due_on else None
                return self._as_it_was(self._holder(), due, entry.renewals or 0)
        raise CentralError(f"{self._name}: nothing tells what was there before")

    def _as_it_was(self, patron: str, due_on: date | None, renewals: int) -> Receipt:
        facts = self._counter.facts(patron, self._copy.barcode)
        verdict = Verdict(True, Reason.OK, due_on=due_on)
        return self._counter.write(
            Act.RENEWAL, facts, verdict, undoes=self._name, renewals=renewals
        )

    def _claim(self) -> str:
        more = {"value": self._entry.value, "undoes": self._name}
        deed = Deed(Act.CLAIM, self._copy.barcode, self._holder() or None, more=more)
        return str(self._desk.write([deed])[0])

    def _holder(self) -> str:
        loan = loan_of(self._desk.conn, self._desk.school, self._copy.barcode)
        return loan.patron_id if loan else ""

    def _before(self) -> Sequence[Entry]:
        """The newest entries on the copy before this one, the newest first."""
        query = (
            select(entries.c.body)
            .where(entries.c.school == self._desk.school, entries.c.barcode == self._copy.barcode)
            .order_by(entries.c.lo.desc(), entries.c.seq.desc())
            .limit(_BACK)
        )
        found = [parse(body) for body in self._desk.conn.execute(query).scalars()]
        return [entry for entry in found if entry.key != self._name]
