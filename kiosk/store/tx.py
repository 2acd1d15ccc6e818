"""What the desk reads and writes inside one transaction. Plain statements; no rule is applied here."""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
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
from kiosk.store.statement import Statement

_LOAN_FIELDS = tuple(Loan.__dataclass_fields__)
_PATRONS = select(*(patrons.c[name] for name in Patron.__dataclass_fields__))
_PATRON = Statement(_PATRONS.where(patrons.c.id == bindparam("id")))
_EVERY_PATRON = Statement(_PATRONS.order_by(patrons.c.class_name, patrons.c.id))
_CARDS = select(cards)
_CARD = Statement(_CARDS.where(cards.c.number == bindparam("number")))
_EVERY_CARD = Statement(_CARDS.order_by(cards.c.state, cards.c.number))
_COPIES = select(
    copies,
    titles.c.title,
    titles.c.author,
    titles.c.class_number,
    titles.c.isbn,
    titles.c.pinyin,
).join(titles, titles.c.id == copies.c.title_id)
_EVERY_COPY = Statement(_COPIES.order_by(copies.c.barcode))
_COPIES_OF_ISBN = Statement(_COPIES.where(titles.c.isbn == bindparam("isbn")))
# A loan stands behind whatever else is in its row: the copy with its loan, if it has one, is what every scan asks for.
_LENT = tuple(loans.c[name].label(f"loan_{name}") for name in _LOAN_FIELDS)
_LOAN = Statement(select(*_LENT).where(loans.c.barcode == bindparam("barcode")))
_COPY_AND_LOAN = Statement(
    _COPIES.outerjoin(loans, loans.c.barcode == copies.c.barcode)
    .add_columns(*_LENT)
    .where(copies.c.barcode == bindparam("barcode"))
)
_LOANS_OUT = Statement(
    _COPIES.join(loans, loans.c.barcode == copies.c.barcode)
    .add_columns(*_LENT)
    .where(loans.c.patron_id == bindparam("patron_id"))
    .order_by(loans.c.due_on, loans.c.opened_ms, loans.c.barcode)
)
_LOANS_OF = Statement(
    select(copies.c.copy_type, *_LENT)
    .join(copies, copies.c.barcode == loans.c.barcode)
    .where(loans.c.patron_id == bindparam("patron_id"))
)
_HOLDS = Statement(
    select(*(holds.c[name] for name in Hold.__dataclass_fields__))
    .where(holds.c.title_id == bindparam("title_id"))
    .order_by(holds.c.placed_ms, holds.c.n)
)
# Copies that the queue could be served from: on the shelf, lendable by state, not promised to anybody.
_FREE = Statement(
    select(func.count().label("free"))
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
_HOLDS_READY = Statement(
    select(titles.c.title)
    .join(holds, holds.c.title_id == titles.c.id)
    .where(holds.c.patron_id == bindparam("patron_id"), holds.c.barcode.isnot(None))
    .order_by(holds.c.placed_ms)
)
_MESSAGES = Statement(
    select(messages.c.text, messages.c.from_ms, messages.c.to_ms)
    .where(messages.c.patron_id == bindparam("patron_id"))
    .order_by(messages.c.from_ms.desc(), messages.c.id)
)
_META = Statement(select(meta.c.value).where(meta.c.key == bindparam("key")))

# A parameter may not have the name of a column that is set, hence the underscore.
_OF_BARCODE: BindParameter[str] = bindparam("barcode_")
_NEW_META = upsert(meta)
_SET_META = Statement(
    _NEW_META.on_conflict_do_update(
        index_elements=["key"], set_={"value": _NEW_META.excluded.value}
    )
)
_OPEN_LOAN = Statement(insert(loans))
_CLOSE_LOAN = Statement(delete(loans).where(loans.c.barcode == bindparam("barcode")))
_RENEW_LOAN = Statement(
    update(loans)
    .where(loans.c.barcode == _OF_BARCODE)
    .values(
        due_on=bindparam("due_on"),
        renewals=loans.c.renewals + 1,
        excused_on=None,
        entry=bindparam("entry"),
    )
)
_EXCUSE_LOAN = Statement(
    update(loans).where(loans.c.barcode == _OF_BARCODE).values(excused_on=bindparam("until"))
)
_SET_LAST_ENTRY = Statement(
    update(copies).where(copies.c.barcode == _OF_BARCODE).values(last_entry=bindparam("entry"))
)
_FOUND_AGAIN = Statement(
    update(copies).where(copies.c.barcode == _OF_BARCODE).values(state=CopyState.ON_SHELF.value)
)
_FILL_HOLD = Statement(
    delete(holds).where(
        holds.c.title_id == bindparam("title_id"), holds.c.patron_id == bindparam("patron_id")
    )
)
_HOLD_OF = Statement(select(holds.c.n).where(holds.c.barcode == bindparam("barcode")))
_KEEP_FOR_HOLD = Statement(
    update(holds)
    .where(
        holds.c.n
        == select(func.min(holds.c.n))
        .where(
            holds.c.title_id == bindparam("title_id_"),
            holds.c.barcode.is_(None),
            holds.c.patron_id != bindparam("returned_by"),
        )
        .scalar_subquery()
    )
    .values(barcode=bindparam("barcode"))
)
_RELEASE_HOLD = Statement(update(holds).where(holds.c.barcode == _OF_BARCODE).values(barcode=None))
_FORGET_POST = Statement(
    delete(posts).where(posts.c.id == bindparam("id"), posts.c.patron_id == bindparam("patron_id"))
)


class Tx:
    """One open transaction: `run` and `first` for statements that are fixed.

    `conn` is for the imports, the search and the feed, which speak SQL themselves; `db`, the driver's own, is below it.
    """

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        driver = conn.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection), "a station's store is SQLite's"
        self.db = driver

    def run(self, statement: Statement, **told: Any) -> list[Any]:
        """All rows that it gives; none where it writes."""
        return statement.run(self.db, told)

    def first(self, statement: Statement, **told: Any) -> Any:
        """The first row; None where there is none."""
        return next(iter(statement.run(self.db, told)), None)

    def patron(self, patron_id: str) -> Patron | None:
        row = self.first(_PATRON, id=patron_id)
        return Patron(*row) if row else None

    def card(self, number: str) -> Card | None:
        row = self.first(_CARD, number=number)
        return _card(row) if row else None

    def copy(self, barcode: str) -> Copy | None:
        return self.copy_and_loan(barcode)[0]

    def copy_and_loan(self, barcode: str) -> tuple[Copy | None, Loan | None]:
        row = self.first(_COPY_AND_LOAN, barcode=barcode)
        if row is None:
            # The central record may tell of a loan before it tells of the copy.
            return None, self.loan(barcode)
        return _copy(row), _loan(row) if row.loan_barcode else None

    def every_copy(self) -> list[Copy]:
        """In the order of their labels."""
        return [_copy(row) for row in self.run(_EVERY_COPY)]

    def every_patron(self) -> list[tuple[Patron, tuple[Card, ...]]]:
        """Class by class in the order of their numbers, each with all cards ever given out, the good ones first."""
        theirs: dict[str, list[Card]] = {}
        for row in self.run(_EVERY_CARD):
            theirs.setdefault(row.patron_id, []).append(_card(row))
        return [(Patron(*row), tuple(theirs.get(row.id, ()))) for row in self.run(_EVERY_PATRON)]

    def copies_of_isbn(self, isbn: str) -> list[Copy]:
        return [_copy(row) for row in self.run(_COPIES_OF_ISBN, isbn=isbn)]

    def loan(self, barcode: str) -> Loan | None:
        row = self.first(_LOAN, barcode=barcode)
        return _loan(row) if row else None

    def loans_out(self, patron_id: str) -> list[tuple[Loan, Copy]]:
        """The patron's open loans with their copies, the first due in front."""
        return [(_loan(row), _copy(row)) for row in self.run(_LOANS_OUT, patron_id=patron_id)]

    def loans_of(self, patron_id: str) -> tuple[tuple[Loan, str], ...]:
        """The patron's open loans as a decision looks at them: with the types of their copies, in no order."""
        rows = self.run(_LOANS_OF, patron_id=patron_id)
        return tuple((_loan(row), row.copy_type) for row in rows)

    def holds(self, title_id: str) -> tuple[Hold, ...]:
        return tuple(Hold(*row) for row in self.run(_HOLDS, title_id=title_id))

    def holds_ready(self, patron_id: str) -> tuple[str, ...]:
        """Titles that wait on the hold shelf for this patron."""
        return tuple(row.title for row in self.run(_HOLDS_READY, patron_id=patron_id))

    def messages(self, patron_id: str, now: Now) -> tuple[str, ...]:
        """What the library has to say to this patron now ("": to everybody), the newest first.

        An unsure clock hides nothing.
        """
        return tuple(
            row.text
            for row in self.run(_MESSAGES, patron_id=patron_id)
            if not now.sure or row.from_ms <= now.at_ms < (row.to_ms or now.at_ms + 1)
        )

    def forget_post(self, name: str, patron_id: str) -> None:
        """The patron has read what was for their eyes."""
        self.run(_FORGET_POST, id=name, patron_id=patron_id)

    def free_copies(self, title_id: str) -> int:
        free: int = self.first(_FREE, title_id=title_id).free
        return free

    def open_loan(self, loan: Loan, entry: str) -> None:
        told = {name: getattr(loan, name) for name in _LOAN_FIELDS}
        self.run(_OPEN_LOAN, **told, entry=entry)

    def close_loan(self, barcode: str) -> None:
        self.run(_CLOSE_LOAN, barcode=barcode)

    def renew_loan(self, barcode: str, due_on: date | None, entry: str) -> None:
        self.run(_RENEW_LOAN, barcode_=barcode, due_on=due_on, entry=entry)

    def excuse_loan(self, barcode: str, until: date) -> None:
        self.run(_EXCUSE_LOAN, barcode_=barcode, until=until)

    def fill_hold(self, title_id: str, patron_id: str) -> None:
        """The patron has the copy: the place in the queue is used."""
        self.run(_FILL_HOLD, title_id=title_id, patron_id=patron_id)

    def keep_for_hold(self, title_id: str, barcode: str, *, returned_by: str | None) -> None:
        """Set the returned copy aside for the first in the queue who has none waiting (provisional, as told).

        A copy that stands on the hold shelf already, and is scanned again, stays with the patron it was kept for.
        """
        if self.first(_HOLD_OF, barcode=barcode):
            return
        by = returned_by or ""
        self.run(_KEEP_FOR_HOLD, title_id_=title_id, barcode=barcode, returned_by=by)

    def release_hold(self, barcode: str) -> None:
        """The copy leaves the hold shelf again; whoever waited keeps the place in the queue."""
        self.run(_RELEASE_HOLD, barcode_=barcode)

    def set_last_entry(self, barcode: str, entry: str) -> None:
        self.run(_SET_LAST_ENTRY, barcode_=barcode, entry=entry)

    def found_again(self, barcode: str) -> None:
        self.run(_FOUND_AGAIN, barcode_=barcode)

    def value(self, key: str) -> str | None:
        row = self.first(_META, key=key)
        return row.value if row else None

    def set_value(self, key: str, value: str) -> None:
        self.run(_SET_META, key=key, value=value)


def _card(row: Any) -> Card:
    return Card(row.number, row.patron_id, CardState(row.state))


def _copy(row: Any) -> Copy:
    title = Title(row.title_id, row.title, row.author, row.class_number, row.isbn, row.pinyin)
    return Copy(
        row.barcode, title, row.copy_type, CopyState(row.state), row.shelf, row.room,
        row.call_number, row.last_entry, row.lendable,
    )  # fmt: skip


def _loan(row: Any) -> Loan:
    return Loan(*row[-len(_LOAN_FIELDS) :])
