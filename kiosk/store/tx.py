"""What the desk reads and writes inside one transaction. Plain statements; no rule is applied here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Row,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from kiosk.domain import Card, CardState, Copy, CopyState, Hold, Loan, Now, Patron, Title
from kiosk.store.schema import cards, copies, holds, loans, messages, meta, patrons, posts, titles

_LOAN_FIELDS = tuple(Loan.__dataclass_fields__)
_PATRON = select(patrons).where(patrons.c.id == bindparam("id"))
_CARD = select(cards).where(cards.c.number == bindparam("number"))
_TITLE_COLUMNS = (
    titles.c.title,
    titles.c.author,
    titles.c.class_number,
    titles.c.isbn,
    titles.c.pinyin,
)
_COPIES = select(copies, *_TITLE_COLUMNS).join(titles, titles.c.id == copies.c.title_id)
_COPY = _COPIES.where(copies.c.barcode == bindparam("barcode"))
# The copy with its loan, if it has one, in a single row: every scan of a book asks for both.
_ON_LOAN = tuple(loans.c[name].label(f"loan_{name}") for name in _LOAN_FIELDS)
_COPY_AND_LOAN = _COPY.outerjoin(loans, loans.c.barcode == copies.c.barcode).add_columns(*_ON_LOAN)
_COPIES_OF_ISBN = _COPIES.where(titles.c.isbn == bindparam("isbn"))
_LOAN = select(loans).where(loans.c.barcode == bindparam("barcode"))
_LOANS_OUT = (
    select(loans, copies, *_TITLE_COLUMNS)
    .join(copies, copies.c.barcode == loans.c.barcode)
    .join(titles, titles.c.id == copies.c.title_id)
    .where(loans.c.patron_id == bindparam("patron_id"))
    .order_by(loans.c.due_on, loans.c.opened_ms, loans.c.barcode)
)
_HOLDS = (
    select(holds)
    .where(holds.c.title_id == bindparam("title_id"))
    .order_by(holds.c.placed_ms, holds.c.n)
)
# Copies that the queue could be served from: on the shelf, lendable by state, not promised to anybody.
_FREE = (
    select(func.count())
    .select_from(copies)
    .outerjoin(loans, loans.c.barcode == copies.c.barcode)
    .outerjoin(
        holds, and_(holds.c.title_id == copies.c.title_id, holds.c.barcode == copies.c.barcode)
    )
    .where(
        copies.c.title_id == bindparam("title_id"),
        copies.c.state == CopyState.ON_SHELF.value,
        loans.c.barcode.is_(None),
        holds.c.n.is_(None),
    )
)
_HOLDS_READY = (
    select(titles.c.title)
    .join(holds, holds.c.title_id == titles.c.id)
    .where(holds.c.patron_id == bindparam("patron_id"), holds.c.barcode.isnot(None))
    .order_by(holds.c.placed_ms)
)
_MESSAGES = (
    select(messages.c.text, messages.c.from_ms, messages.c.to_ms)
    .where(messages.c.patron_id == bindparam("patron_id"))
    .order_by(messages.c.from_ms.desc(), messages.c.id)
)
_META = select(meta.c.value).where(meta.c.key == bindparam("key"))

# Statements that write are made once too: putting one together costs more than SQLite takes to run it. A parameter
# may not have the name of a column that is set, hence the underscores.
_OF_BARCODE: BindParameter[str] = bindparam("barcode_")
_NEW_META = upsert(meta)
_SET_META = _NEW_META.on_conflict_do_update(
    index_elements=["key"], set_={"value": _NEW_META.excluded.value}
)
_OPEN_LOAN = insert(loans)
_CLOSE_LOAN = delete(loans).where(loans.c.barcode == _OF_BARCODE)
_RENEW_LOAN = (
    update(loans)
    .where(loans.c.barcode == _OF_BARCODE)
    .values(
        due_on=bindparam("due_on"),
        renewals=loans.c.renewals + 1,
        excused_on=None,
        entry=bindparam("entry"),
    )
)
_EXCUSE_LOAN = (
    update(loans).where(loans.c.barcode == _OF_BARCODE).values(excused_on=bindparam("until"))
)
_SET_LAST_ENTRY = (
    update(copies).where(copies.c.barcode == _OF_BARCODE).values(last_entry=bindparam("entry"))
)


class Tx:
    """One open transaction. `conn` is for the journal, the imports and the search, which speak SQL themselves."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn

    def patron(self, patron_id: str) -> Patron | None:
        row = self.conn.execute(_PATRON, {"id": patron_id}).first()
        return _patron(row) if row else None

    def card(self, number: str) -> Card | None:
        row = self.conn.execute(_CARD, {"number": number}).first()
        return _card(row) if row else None

    def copy(self, barcode: str) -> Copy | None:
        row = self.conn.execute(_COPY, {"barcode": barcode}).first()
        return _copy(row) if row else None

    def copy_and_loan(self, barcode: str) -> tuple[Copy | None, Loan | None]:
        row = self.conn.execute(_COPY_AND_LOAN, {"barcode": barcode}).first()
        if row is None:
            # The central record may tell of a loan before it tells of the copy.
            return None, self.loan(barcode)
        lent = Loan(*row[-len(_LOAN_FIELDS) :]) if row.loan_barcode else None
        return _copy(row), lent

    def every_copy(self) -> list[Copy]:
        """In the order of their labels."""
        return [_copy(row) for row in self.conn.execute(_COPIES.order_by(copies.c.barcode))]

    def every_patron(self) -> list[tuple[Patron, tuple[Card, ...]]]:
        """Class by class in the order of their numbers, each with all cards ever given out, the good ones first."""
        theirs: dict[str, list[Card]] = {}
        for row in self.conn.execute(select(cards).order_by(cards.c.state, cards.c.number)):
            theirs.setdefault(row.patron_id, []).append(_card(row))
        rows = self.conn.execute(select(patrons).order_by(patrons.c.class_name, patrons.c.id))
        return [(_patron(row), tuple(theirs.get(row.id, ()))) for row in rows]

    def copies_of_isbn(self, isbn: str) -> list[Copy]:
        return [_copy(row) for row in self.conn.execute(_COPIES_OF_ISBN, {"isbn": isbn})]

    def loan(self, barcode: str) -> Loan | None:
        row = self.conn.execute(_LOAN, {"barcode": barcode}).first()
        return _loan(row) if row else None

    def loans_out(self, patron_id: str) -> list[tuple[Loan, Copy]]:
        """The patron's open loans with their copies, the first due in front."""
        rows = self.conn.execute(_LOANS_OUT, {"patron_id": patron_id})
        return [(_loan(row), _copy(row)) for row in rows]

    def holds(self, title_id: str) -> tuple[Hold, ...]:
        rows = self.conn.execute(_HOLDS, {"title_id": title_id})
        return tuple(Hold(r.title_id, r.patron_id, r.placed_ms, r.barcode) for r in rows)

    def holds_ready(self, patron_id: str) -> tuple[str, ...]:
        """Titles that wait on the hold shelf for this patron."""
        return tuple(self.conn.execute(_HOLDS_READY, {"patron_id": patron_id}).scalars())

    def messages(self, patron_id: str, now: Now) -> tuple[str, ...]:
        """What the library has to say to this patron now ("": to everybody), the newest first.

        An unsure clock hides nothing.
        """
        return tuple(
            row.text
            for row in self.conn.execute(_MESSAGES, {"patron_id": patron_id})
            if not now.sure or row.from_ms <= now.at_ms < (row.to_ms or now.at_ms + 1)
        )

    def forget_post(self, name: str, patron_id: str) -> None:
        """The patron has read what was for their eyes."""
        self.conn.execute(delete(posts).where(posts.c.id == name, posts.c.patron_id == patron_id))

    def free_copies(self, title_id: str) -> int:
        return self.conn.execute(_FREE, {"title_id": title_id}).scalar_one()

    def open_loan(self, loan: Loan, entry: str) -> None:
        self.conn.execute(
            _OPEN_LOAN,
            {
                "barcode": loan.barcode,
                "patron_id": loan.patron_id,
                "opened_ms": loan.opened_ms,
                "due_on": loan.due_on,
                "renewals": loan.renewals,
                "excused_on": loan.excused_on,
                "entry": entry,
            },
        )

    def close_loan(self, barcode: str) -> None:
        self.conn.execute(_CLOSE_LOAN, {"barcode_": barcode})

    def renew_loan(self, barcode: str, due_on: date | None, entry: str) -> None:
        told = {"barcode_": barcode, "due_on": due_on, "entry": entry}
        self.conn.execute(_RENEW_LOAN, told)

    def excuse_loan(self, barcode: str, until: date) -> None:
        self.conn.execute(_EXCUSE_LOAN, {"barcode_": barcode, "until": until})

    def fill_hold(self, title_id: str, patron_id: str) -> None:
        """The patron has the copy: the place in the queue is used."""
        self.conn.execute(
            delete(holds).where(holds.c.title_id == title_id, holds.c.patron_id == patron_id)
        )

    def keep_for_hold(self, title_id: str, barcode: str, *, returned_by: str | None) -> None:
        """Set the returned copy aside for the first in the queue who has none waiting (provisional, as told).

        A copy that stands on the hold shelf already, and is scanned again, stays with the patron it was kept for.
        """
        if self.conn.execute(select(holds.c.n).where(holds.c.barcode == barcode)).first():
            return
        first = (
            select(func.min(holds.c.n))
            .where(
                holds.c.title_id == title_id,
                holds.c.barcode.is_(None),
                holds.c.patron_id != (returned_by or ""),
            )
            .scalar_subquery()
        )
        self.conn.execute(update(holds).where(holds.c.n == first).values(barcode=barcode))

    def release_hold(self, barcode: str) -> None:
        """The copy leaves the hold shelf again; whoever waited keeps the place in the queue."""
        self.conn.execute(update(holds).where(holds.c.barcode == barcode).values(barcode=None))

    def set_last_entry(self, barcode: str, entry: str) -> None:
        self.conn.execute(_SET_LAST_ENTRY, {"barcode_": barcode, "entry": entry})

    def found_again(self, barcode: str) -> None:
        self.conn.execute(
            update(copies).where(copies.c.barcode == barcode).values(state=CopyState.ON_SHELF.value)
        )

    def value(self, key: str) -> str | None:
        return self.conn.execute(_META, {"key": key}).scalar()

    def set_value(self, key: str, value: str) -> None:
        self.conn.execute(_SET_META, {"key": key, "value": value})


def _patron(row: Row[Any]) -> Patron:
    return Patron(
        id=row.id,
        name=row.name,
        category=row.category,
        grade=row.grade,
        class_name=row.class_name,
        expires_on=row.expires_on,
        blocked=row.blocked,
    )


def _card(row: Row[Any]) -> Card:
    return Card(row.number, row.patron_id, CardState(row.state))


def _copy(row: Row[Any]) -> Copy:
    title = Title(row.title_id, row.title, row.author, row.class_number, row.isbn, row.pinyin)
    return Copy(
        barcode=row.barcode,
        title=title,
        copy_type=row.copy_type,
        state=CopyState(row.state),
        shelf=row.shelf,
        room=row.room,
        call_number=row.call_number,
        last_entry=row.last_entry,
        lendable=row.lendable,
    )


def _loan(row: Row[Any]) -> Loan:
    return Loan(
        barcode=row.barcode,
        patron_id=row.patron_id,
        opened_ms=row.opened_ms,
        due_on=row.due_on,
        renewals=row.renewals,
        excused_on=row.excused_on,
        boxed=row.boxed,
    )


def with_types(out: Iterable[tuple[Loan, Copy]]) -> tuple[tuple[Loan, str], ...]:
    """The loans as a decision looks at them."""
    return tuple((loan, copy.copy_type) for loan, copy in out)
