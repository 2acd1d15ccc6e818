"""Writing the sample school into an empty store."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

from kiosk.sample.books import make_books
from kiosk.sample.lending import Lend, TakeBack, plan_lending
from kiosk.sample.people import make_people
from kiosk.store.schema import cards, copies, holds, patrons, titles
from kiosk.store.search import INSERT, index_rows
from kiosk.store.store import Store

COPIES = 8_000

# A few copies that are not where they should be: state -> how many.
_STATES = {"mending": 6, "missing": 8, "lost": 4, "withdrawn": 2}


# How long before the first start the copies on the hold shelf came back.
_BACK_MS = 10 * 60_000


def build(
    store: Store,
    library: Any,
    *,
    seed: int = 7,
    today: date,
    now_ms: int,
    lend: Lend,
    take_back: TakeBack,
) -> None:
    """Fill an empty store: 1,200 pupils, 80 teachers, 8,000 copies, about 900 loans and some holds.

    The same seed, library and day give the same school. `lend` opens each loan, oldest first, with its journal
    entry; `take_back` ends those of the copies on the hold shelf. `library` is library.toml as config.library.Library;
    the first two categories are pupils and teachers.
    """
    dice = Random(seed)
    books = make_books(dice, library, COPIES)
    people = make_people(dice, _categories(library), today)
    plan = plan_lending(dice, library, books, people, today)
    _misplace(dice, books.copies, plan.left)
    with store.begin() as tx:
        tx.conn.execute(titles.insert(), books.titles)
        tx.conn.execute(copies.insert(), books.copies)
        tx.conn.exec_driver_sql(INSERT, index_rows(books.titles))
        tx.conn.execute(patrons.insert(), people.patrons)
        tx.conn.execute(cards.insert(), people.cards)
        tx.conn.execute(holds.insert(), plan.holds)
        for out in plan.loans:
            assert out.opened_ms <= now_ms, "the sample's loans lie before its first day"
            lend(tx, out.patron_id, out.barcode, out.opened_ms, out.due_on)
        for patron_id, barcode in plan.back:
            take_back(tx, patron_id, barcode, now_ms - _BACK_MS)


def _categories(library: Any) -> tuple[str, str]:
    keys = [category.key for category in library.categories]
    pupil = "student" if "student" in keys else keys[0]
    return pupil, "teacher" if "teacher" in keys else keys[-1]


def _misplace(
    dice: Random, rows: list[dict[str, Any]], left: dict[str, list[dict[str, Any]]]
) -> None:
    """Mark some copies that are on the shelf as mending, missing, lost or withdrawn."""
    on_shelf = {c["barcode"] for copies_left in left.values() for c in copies_left[6:]}
    ordinary = [r for r in rows if r["barcode"] in on_shelf and r["copy_type"] == "book"]
    states = [state for state, count in _STATES.items() for _ in range(count)]
    for row, state in zip(dice.sample(ordinary, len(states)), states, strict=True):
        row["state"] = state
