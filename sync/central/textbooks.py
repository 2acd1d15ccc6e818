"""Textbooks of a term: which there are, what the classes need, what was ordered and came. Counted, not barcoded.

The lists are in textbook_lists, who gets one in textbook_hands. A term is named by its first day (see terms).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

from sqlalchemy import Connection, and_, delete, func, select, update

from sync.central.classes import sizes
from sync.central.db import CentralError, insert_many, one_of, upsert_many
from sync.central.desk import Desk
from sync.central.textbook_lists import COUNTED, Textbook, book_of, order_is, order_of
from sync.central.textbook_tables import textbook_classes, textbook_orders, textbooks

MOST_COPIES = 99_999
_ONE = textbook_classes.c


# The books themselves.


def add_book(desk: Desk, book: Textbook) -> str:
    """Enter a textbook; its id."""
    name = book.id or secrets.token_hex(6)
    insert_many(desk.conn, textbooks, [{"school": desk.school, **asdict(replace(book, id=name))}])
    desk.note(f"textbook {name}: entered")
    return name


def change_book(desk: Desk, book: Textbook) -> None:
    """Correct what is known of a textbook."""
    book_of(desk.conn, desk.school, book.id)
    upsert_many(desk.conn, textbooks, [{"school": desk.school, **asdict(book)}])
    told = {"subject": book.subject, "title": book.title}
    mine = (textbook_orders.c.school == desk.school, textbook_orders.c.textbook == book.id)
    desk.conn.execute(update(textbook_orders).where(*mine).values(told))
    desk.note(f"textbook {book.id}: corrected")


# What a term needs.


def plan(
    desk: Desk, term: str, name: str, class_names: Sequence[str], *, teachers: int = 0
) -> None:
    """These classes use the textbook this term, as many copies as they have pupils today, and so many for teachers.

    Classes that are not named use it no longer, unless some of it was handed out there. Copies of a textbook that is
    used again which were left of an earlier term are carried over.
    """
    conn, school = desk.conn, desk.school
    book = book_of(conn, school, name)
    key = {"school": school, "term": term, "textbook": name}
    of_it = and_(_ONE.school == school, _ONE.term == term, _ONE.textbook == name)
    untouched = and_(of_it, _ONE.handed == 0, _ONE.teachers_handed == 0)
    kept = one_of(conn, _ONE.class_name, class_names)
    conn.execute(delete(textbook_classes).where(untouched, ~kept))
    rows = [
        {**key, "class_name": one, "pupils": count, "teachers": teachers}
        for one, count in sizes(conn, school, class_names).items()
    ]
    upsert_many(conn, textbook_classes, rows)
    if not conn.execute(select(textbook_orders.c.term).where(order_is(school, term, name))).all():
        carried = left_over(conn, school, term, name) if book.reused else 0
        told = {"subject": book.subject, "title": book.title, "carried": carried}
        insert_many(conn, textbook_orders, [key | told])
    desk.note(f"textbook {name}, term {term}: for {len(rows)} classes")


def left_over(conn: Connection, school: str, term: str, name: str) -> int:
    """How many copies were left in the store room at the end of the newest term before this one."""
    before = (
        select(textbook_orders.c.term)
        .where(
            textbook_orders.c.school == school,
            textbook_orders.c.textbook == name,
            textbook_orders.c.term < term,
        )
        .order_by(textbook_orders.c.term.desc())
        .limit(1)
    )
    last = conn.execute(before).scalar()
    if last is None:
        return 0
    return max(0, order_of(conn, school, last, name).in_store)


def note_order(desk: Desk, term: str, name: str, counts: Mapping[str, int]) -> None:
    """Say how many are spare, carried over, ordered or delivered; what is not named stays."""
    unfit = [n for n, value in counts.items() if n not in COUNTED or not 0 <= value <= MOST_COPIES]
    if unfit:
        raise CentralError(f"{', '.join(unfit)}: write a number from 0 to {MOST_COPIES}")
    changed = update(textbook_orders).where(order_is(desk.school, term, name)).values(**counts)
    if counts and desk.conn.execute(changed).rowcount == 0:
        raise CentralError(f"the textbook {name} is not planned for the term {term}")
    told = ", ".join(f"{what} {count}" for what, count in counts.items())
    desk.note(f"textbook {name}, term {term}: {told}")


def note_need(desk: Desk, term: str, name: str, class_name: str, **counts: int) -> None:
    """Say how many pupils or teachers of a class need it, or that teachers' copies were handed out."""
    at = {"school": desk.school, "term": term, "class_name": class_name, "textbook": name}
    if any(not 0 <= value <= MOST_COPIES for value in counts.values()):
        raise CentralError(f"write a number from 0 to {MOST_COPIES}")
    where = and_(*(_ONE[column] == value for column, value in at.items()))
    changed = update(textbook_classes).where(where).values(**counts)
    if desk.conn.execute(changed).rowcount == 0:
        raise CentralError(f"the class {class_name} does not use the textbook {name} this term")
    told = ", ".join(f"{what} {count}" for what, count in counts.items())
    desk.note(f"textbook {name}, term {term}, class {class_name}: {told}")


def drop(desk: Desk, term: str, name: str) -> None:
    """Take a textbook out of a term. Raises CentralError once any of it was handed out."""
    of_it = and_(_ONE.school == desk.school, _ONE.term == term, _ONE.textbook == name)
    handed = select(func.coalesce(func.sum(_ONE.handed + _ONE.teachers_handed), 0)).where(of_it)
    if desk.conn.execute(handed).scalar_one():
        raise CentralError(f"the textbook {name} was handed out already; take it back first")
    desk.conn.execute(delete(textbook_classes).where(of_it))
    desk.conn.execute(delete(textbook_orders).where(order_is(desk.school, term, name)))
    desk.note(f"textbook {name}, term {term}: dropped")
