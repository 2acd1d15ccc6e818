"""What staff do at the central record: each act is an entry of the station `desk`, in the act's own transaction.

The entry goes the way of all entries (chain, fold, outcome, feed); the tables of people, cards, labels and holds are
changed beside it, and given positions, so that stations hear of it. Called under the school's lock.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, delete, select, update

from kiosk.domain import Act, CopyState
from sync.central.admitting import admit, choice_of, withdraw
from sync.central.box_tables import box_copies, box_lent
from sync.central.db import CentralError, insert_many, upsert_many
from sync.central.erasing import Erased, erase
from sync.central.late import registered
from sync.central.positions import HELD, publish
from sync.central.queue import CANCELLED
from sync.central.schema import (
    absent,
    acted,
    blocks,
    card_changes,
    cards,
    cases,
    copies,
    entries,
    holdings,
    holds,
    loans,
    old_labels,
    patrons,
    scans,
    seals,
    takings,
    titles,
)
from sync.central.writing import Deed, write_down
from sync.events import Code, Key
from sync.fold import ADMIT, ENDED

LENDABLE = ("lendable", "in_library")
CARD_STATES = ("active", "lost", "stolen", "replaced")


@dataclass(frozen=True, slots=True)
class Desk:
    """Who acts, for which school, and when (UTC ms). staff None: nobody, it is done by rule."""

    conn: Connection
    school: str
    staff: str | None
    now_ms: int

    # Copies.

    def copy_state(self, barcode: str, value: str) -> Key:
        """Say where a copy is (a CopyState), or whether it may leave the library ("lendable", "in_library")."""
        if value not in (*CopyState, *LENDABLE):
            listed = ", ".join((*CopyState, *LENDABLE))
            raise CentralError(f"{value!r} is no state of a copy; write one of: {listed}")
        self._one(copies, copies.c.barcode, barcode, "copy")
        return self._write(Act.COPY_STATE, copy=barcode, value=value)

    def replace_barcode(self, old: str, new: str) -> Key:
        """Put a new label on a copy; everything known of it goes with it, and the old label still leads to it."""
        self._one(copies, copies.c.barcode, old, "copy")
        if self._rows(copies, copies.c.barcode, new):
            raise CentralError(f"there is a copy {new} already; take another label")
        # Seals come again, and where the new label was scanned before, it is written already where that is.
        self._drop(seals, seals.c.barcode.in_((old, new)))
        self._drop(holdings, holdings.c.barcode == new)
        # A copy that gets an old label of its own back bears that alone.
        self._drop(old_labels, and_(old_labels.c.label == new, old_labels.c.barcode == old))
        self._change(old_labels, old_labels.c.barcode == old, barcode=new)
        gone = {"school": self.school, "label": old, "barcode": new}
        upsert_many(self.conn, old_labels, [gone | {"replaced_ms": self.now_ms, "shared_ms": None}])
        self._scanned_once(old, new)
        every = (copies, entries, holdings, loans, cases, holds, scans, absent, acted)
        for table in (*every, box_copies, box_lent):
            self._change(table, table.c.barcode == old, barcode=new)
        registered(self.conn, self.school, cards={}, copies=(new,), now_ms=self.now_ms)
        self._tell(("copy", old), (HELD, old), gone=True)
        return self._write(Act.BARCODE, copy=new, value=old)

    def _scanned_once(self, old: str, new: str) -> None:
        """A stock-taking that has read both labels has read one copy; the new one was of none that it knew."""
        mine = scans.c.school == self.school
        read = select(scans.c.taking).where(mine, scans.c.barcode == old)
        for row in self._rows(scans, scans.c.barcode, new, scans.c.taking.in_(read)):
            self._drop(scans, and_(scans.c.taking == row.taking, scans.c.barcode == new))
            fewer = {row.verdict: takings.c[row.verdict] - 1}
            self._change(takings, takings.c.id == row.taking, **fewer)

    # People.

    def card_state(self, number: str, state: str) -> Key:
        """Say what became of a card: active, lost, stolen or replaced."""
        if state not in CARD_STATES:
            raise CentralError(
                f"{state!r} is no state of a card; write one of: {', '.join(CARD_STATES)}"
            )
        card = self._one(cards, cards.c.number, number, "card")
        # A station need not know more than that whoever holds it may be somebody else.
        shown = "lost" if state == "stolen" else state
        self._change(cards, cards.c.number == number, state=shown)
        change = {"school": self.school, "number": number, "at_ms": self.now_ms, "state": state}
        upsert_many(self.conn, card_changes, [change | {"patron_id": card.patron_id}])
        self._tell(("card", number))
        return self._write(Act.CARD_STATE, patron=card.patron_id, card=number, value=state)

    def issue_card(self, patron: str, number: str) -> Key:
        """Give a patron a card that nobody has; what was done with it before was theirs."""
        self._one(patrons, patrons.c.id, patron, "patron")
        if self._rows(cards, cards.c.number, number):
            raise CentralError(f"there is a card {number} already; take another one")
        told = {"school": self.school, "number": number, "patron_id": patron, "state": "active"}
        insert_many(self.conn, cards, [told])
        change = {"school": self.school, "number": number, "at_ms": self.now_ms, "state": "active"}
        upsert_many(self.conn, card_changes, [change | {"patron_id": patron}])
        self._tell(("card", number))
        key = self._write(Act.CARD_STATE, patron=patron, card=number, value="active")
        lent = {number: patron}
        registered(self.conn, self.school, cards=lent, copies=(), now_ms=self.now_ms)
        return key

    def replace_card(self, old: str, new: str) -> Key:
        """A new card for whoever had the old one, which opens nothing from now on."""
        card = self._one(cards, cards.c.number, old, "card")
        if card.state != "replaced":
            self.card_state(old, "replaced")
        return self.issue_card(card.patron_id, new)

    def erase(self, patron: str) -> Erased:
        """Take a patron out of the record for good; the entry says that it was done, and not to whom."""
        kept = (holds.c.ended_ms.is_(None), holds.c.barcode.isnot(None))
        for hold in self._rows(holds, holds.c.patron_id, patron, *kept):
            self.end_hold(hold.id)
        told = erase(self.conn, self.school, patron, self.now_ms)
        self._write(Act.PEOPLE, value="erased a patron")
        return told

    def note(self, what: str) -> Key:
        """An entry for what staff changed that no verdict reads, such as who may use the console."""
        return self._write(Act.PEOPLE, value=what)

    def block(self, patron: str, why: str) -> Key:
        """Let a patron borrow nothing until unblocked; `why` is shown to staff."""
        row = self._one(patrons, patrons.c.id, patron, "patron")
        if row.blocked is not None:
            raise CentralError(f"the patron {patron} is blocked already: {row.blocked}")
        self._change(patrons, patrons.c.id == patron, blocked=why)
        span = {"school": self.school, "patron_id": patron, "from_ms": self.now_ms, "to_ms": None}
        upsert_many(self.conn, blocks, [span | {"why": why}])
        self._tell(("patron", patron))
        return self._write(Act.BLOCK, patron=patron, value="blocked")

    def unblock(self, patron: str) -> Key:
        row = self._one(patrons, patrons.c.id, patron, "patron")
        if row.blocked is None:
            raise CentralError(f"the patron {patron} is not blocked")
        self._change(patrons, patrons.c.id == patron, blocked=None)
        open_block = and_(blocks.c.patron_id == patron, blocks.c.to_ms.is_(None))
        self._change(blocks, open_block, to_ms=self.now_ms)
        self._tell(("patron", patron))
        return self._write(Act.BLOCK, patron=patron, value="unblocked")

    # Holds.

    def place_hold(self, title: str, patron: str) -> str:
        """Put a patron into the queue for a title; the hold's id."""
        self._one(titles, titles.c.id, title, "title")
        self._one(patrons, patrons.c.id, patron, "patron")
        waiting = self._rows(
            holds,
            holds.c.title_id,
            title,
            holds.c.patron_id == patron,
            holds.c.ended_ms.is_(None),
        )
        if waiting:
            raise CentralError(f"the patron {patron} waits for {title} already")
        name = secrets.token_hex(8)
        row: dict[str, Any] = {"school": self.school, "id": name}
        row |= {"title_id": title, "patron_id": patron}
        row |= {"placed_ms": self.now_ms, "ended_ms": None, "barcode": None}
        insert_many(self.conn, holds, [row])
        self._tell(("hold", name))
        self._write(Act.HOLD, patron=patron, value=f"placed {name}")
        return name

    def end_hold(self, name: str, how: str = CANCELLED) -> Key:
        """Take somebody out of the queue; a copy that was kept for them goes to whoever is next."""
        hold = self._one(holds, holds.c.id, name, "hold")
        if hold.ended_ms is not None:
            raise CentralError(f"the hold {name} has ended already")
        gone = {"ended_ms": self.now_ms, "barcode": None, "last_barcode": hold.barcode, "how": how}
        self._change(holds, holds.c.id == name, **gone)
        self._tell(("hold", name), gone=True)
        key = self._write(
            Act.HOLD, copy=hold.barcode, patron=hold.patron_id, value=f"{ENDED} {name}"
        )
        self._change(holds, holds.c.id == name, ended_by=str(key))
        return key

    def unfill_hold(self, patron: str, entry: str) -> bool:
        """A checkout is taken back: its patron waits again, in the old place. True where they had waited."""
        mine = and_(holds.c.patron_id == patron, holds.c.ended_by == entry)
        query = select(holds.c.id).where(holds.c.school == self.school, mine)
        name = self.conn.execute(query).scalar()
        if name is None:
            return False
        waits = {"ended_ms": None, "how": "", "ended_by": None, "last_barcode": None}
        self._change(holds, holds.c.id == name, **waits)
        self._tell(("hold", name))
        return True

    # Cases.

    def settle(self, case: str, choice: str) -> Key:
        """Answer an open case; `choice` is one that it offers (see cases.choices)."""
        row = self._one(cases, cases.c.id, case, "case")
        if not row.is_open:
            raise CentralError(
                f"the case {case} is not open (any more); see: central cases show {case}"
            )
        key = self._write(Act.SETTLE, copy=row.barcode, case=case, choice=choice, facts=row.facts)
        if choice == ADMIT and row.code == Code.REVOKED.value:
            admit(self.conn, self.school, row, key, self.now_ms)
        elif row.barcode is None:
            # An entry kept unread is on no copy, so no fold closes its case.
            closed = {"is_open": False, "settled_by": str(key), "closed_ms": self.now_ms}
            self._change(cases, cases.c.id == case, **closed)
        self._change(cases, cases.c.id == case, settled_staff=self.staff)
        return key

    def undo(self, case: str) -> Key:
        """Take the settlement of a case back: the question is open again."""
        row = self._one(cases, cases.c.id, case, "case")
        if row.settled_by is None:
            raise CentralError(f"nobody has settled the case {case}")
        key = self._write(Act.SETTLE, copy=row.barcode, case=case, undoes=row.settled_by)
        if row.code == Code.REVOKED.value and self._admitted(row.settled_by):
            withdraw(self.conn, self.school, row, self.now_ms)
        elif row.barcode is None:
            again = {"is_open": True, "settled_by": None, "closed_ms": None, "reopened": True}
            self._change(cases, cases.c.id == case, **again)
        return key

    def _admitted(self, settled_by: str) -> bool:
        return choice_of(self.conn, self.school, settled_by) == ADMIT

    # How it is written.

    def write(self, deeds: Sequence[Deed]) -> list[Key]:
        """An entry for each of these, all in this transaction; each on another copy, if on any."""
        return write_down(self.conn, self.school, deeds, staff=self.staff, now_ms=self.now_ms)

    def _write(
        self,
        act: Act,
        *,
        copy: str | None = None,
        patron: str | None = None,
        card: str | None = None,
        **more: Any,
    ) -> Key:
        return self.write([Deed(act, copy, patron, card, more)])[0]

    def _rows(self, table: Any, column: Any, value: str, *more: Any) -> Any:
        query = select(table).where(table.c.school == self.school, column == value, *more)
        return self.conn.execute(query).all()

    def _one(self, table: Any, column: Any, value: str, what: str) -> Any:
        found = self._rows(table, column, value)
        if not found:
            raise CentralError(f"there is no {what} {value}")
        return found[0]

    def _change(self, table: Any, where: Any, **values: Any) -> None:
        self.conn.execute(update(table).where(table.c.school == self.school, where).values(values))

    def _drop(self, table: Any, where: Any) -> None:
        self.conn.execute(delete(table).where(table.c.school == self.school, where))

    def _tell(self, *keys: tuple[str, str], gone: bool = False) -> None:
        publish(self.conn, self.school, keys, self.now_ms if gone else None)
