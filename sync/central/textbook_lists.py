"""The lists of textbooks: a term's orders by subject, a class's needs, and which classes still wait for something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, case, func, select, tuple_

from sync.central.db import CentralError, one_of
from sync.central.textbook_tables import textbook_classes, textbook_orders, textbooks

PAGE = 50
COUNTED = ("spare", "carried", "ordered", "delivered")
_ONE = textbook_classes.c
_WANTED = _ONE.pupils + _ONE.teachers


@dataclass(frozen=True, slots=True)
class Textbook:
    """A textbook. grade None: of no grade in particular. reused: pupils bring it back at the end of term."""

    id: str
    title: str
    subject: str
    grade: int | None = None
    publisher: str = ""
    isbn: str = ""
    reused: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """A textbook in a term, over all classes. handed: to pupils and teachers; returned: what came back of it."""

    book: Textbook
    pupils: int = 0
    teachers: int = 0
    spare: int = 0
    carried: int = 0
    ordered: int = 0
    delivered: int = 0
    handed: int = 0
    returned: int = 0

    @property
    def needed(self) -> int:
        return self.pupils + self.teachers + self.spare

    @property
    def to_order(self) -> int:
        """What has still to be ordered."""
        return max(0, self.needed - self.carried - self.ordered)

    @property
    def short(self) -> int:
        """What is not there yet of what is needed."""
        return max(0, self.needed - self.carried - self.delivered)

    @property
    def in_store(self) -> int:
        """What lies in the store room; below nothing where more was handed out than was noted as come."""
        return self.carried + self.delivered - self.handed + self.returned


@dataclass(frozen=True, slots=True)
class Need:
    """A textbook in one class. out: what has not been handed out yet."""

    book: Textbook
    class_name: str
    pupils: int
    teachers: int
    handed: int
    returned: int
    teachers_handed: int

    @property
    def out(self) -> int:
        return max(0, self.pupils - self.handed) + max(0, self.teachers - self.teachers_handed)

    @property
    def not_back(self) -> int:
        """Of a textbook that is used again: what pupils still have."""
        return self.handed - self.returned if self.book.reused else 0


def book_of(conn: Connection, school: str, name: str) -> Textbook:
    """Raises CentralError where there is none."""
    query = select(textbooks).where(textbooks.c.school == school, textbooks.c.id == name)
    row = conn.execute(query).first()
    if row is None:
        raise CentralError(f"there is no textbook {name}")
    return _book(row)


def _book(row: Any) -> Textbook:
    return Textbook(
        row.id, row.title, row.subject, row.grade, row.publisher, row.isbn, bool(row.reused)
    )


def order_is(school: str, term: str, name: str) -> Any:
    one = textbook_orders.c
    return and_(one.school == school, one.term == term, one.textbook == name)


def orders(
    conn: Connection,
    school: str,
    term: str,
    *,
    subject: str = "",
    after: tuple[str, str, str] | None = None,
    most: int = PAGE,
) -> tuple[list[Order], tuple[str, str, str] | None]:
    """A page of the term's textbooks by subject and title, and the key after which the next one begins."""
    listed = conn.execute(orders_query(school, term, subject, after, most)).all()
    found, more = listed[:most], len(listed) > most
    names = [row.textbook for row in found]
    sums = _sums(conn, school, term, names)
    books = _books(conn, school, names)
    told = [_order(row, books[row.textbook], sums.get(row.textbook)) for row in found]
    last = found[-1] if more else None
    return told, (last.subject, last.title, last.textbook) if last else None


def orders_query(
    school: str, term: str, subject: str, after: tuple[str, str, str] | None, most: int
) -> Select[Any]:
    one = textbook_orders.c
    query = select(textbook_orders).where(one.school == school, one.term == term)
    if subject:
        query = query.where(one.subject == subject)
    if after:
        query = query.where(tuple_(one.subject, one.title, one.textbook) > tuple_(*after))
    return query.order_by(one.subject, one.title, one.textbook).limit(most + 1)


def order_of(conn: Connection, school: str, term: str, name: str) -> Order:
    """Raises CentralError where the term does not have it."""
    row = conn.execute(select(textbook_orders).where(order_is(school, term, name))).first()
    if row is None:
        raise CentralError(f"the textbook {name} is not planned for the term {term}")
    return _order(row, book_of(conn, school, name), _sums(conn, school, term, [name]).get(name))


def needs_of_book(conn: Connection, school: str, term: str, name: str) -> list[Need]:
    """The classes that use a textbook this term."""
    where = and_(_ONE.school == school, _ONE.term == term, _ONE.textbook == name)
    return _needs(conn, where)


def needs_of_class(conn: Connection, school: str, term: str, class_name: str) -> list[Need]:
    """The textbooks of a class this term, by subject."""
    where = and_(_ONE.school == school, _ONE.term == term, _ONE.class_name == class_name)
    return _needs(conn, where)


@dataclass(frozen=True, slots=True)
class ClassSum:
    """A class over all its textbooks of a term. out: still to be handed out; not_back: of those used again."""

    class_name: str
    books: int
    needed: int
    out: int
    not_back: int


def class_sums(
    conn: Connection, school: str, term: str, *, after: str = "", most: int = PAGE
) -> tuple[list[ClassSum], str]:
    """A page of the classes with what they still wait for, and the name after which the next begins ("": none)."""
    names = [str(n) for n in conn.execute(class_names_query(school, term, after, most)).scalars()]
    told = _class_sums(conn, school, term, names[:most])
    return told, names[most - 1] if len(names) > most else ""


def class_names_query(school: str, term: str, after: str, most: int) -> Select[Any]:
    where = (_ONE.school == school, _ONE.term == term, _ONE.class_name > after)
    query = select(_ONE.class_name).where(*where).distinct()
    return query.order_by(_ONE.class_name).limit(most + 1)


def _class_sums(conn: Connection, school: str, term: str, names: Sequence[str]) -> list[ClassSum]:
    lacking = _positive(_ONE.pupils - _ONE.handed) + _positive(_ONE.teachers - _ONE.teachers_handed)
    out_there = case((textbooks.c.reused, _ONE.handed - _ONE.returned), else_=0)
    query = (
        select(
            _ONE.class_name,
            func.count().label("books"),
            func.sum(_WANTED).label("needed"),
            func.sum(lacking).label("lacking"),
            func.sum(out_there).label("not_back"),
        )
        .select_from(textbook_classes.join(textbooks, _its_book()))
        .where(
            _ONE.school == school, _ONE.term == term, one_of(conn, _ONE.class_name, names)
        )
        .group_by(_ONE.class_name)
        .order_by(_ONE.class_name)
    )  # fmt: skip
    return [
        ClassSum(r.class_name, r.books, int(r.needed), int(r.lacking), int(r.not_back))
        for r in conn.execute(query)
    ]


def _positive(value: Any) -> Any:
    return case((value > 0, value), else_=0)


def _its_book() -> Any:
    return and_(textbooks.c.school == _ONE.school, textbooks.c.id == _ONE.textbook)


def _needs(conn: Connection, where: Any) -> list[Need]:
    query = (
        select(textbooks, *(c for c in textbook_classes.columns if c.name not in ("school", "term")))
        .select_from(textbook_classes.join(textbooks, _its_book()))
        .where(where)
        .order_by(textbooks.c.subject, textbooks.c.title, _ONE.class_name)
        .limit(1_000)
    )  # fmt: skip
    return [
        Need(_book(r), r.class_name, r.pupils, r.teachers, r.handed, r.returned, r.teachers_handed)
        for r in conn.execute(query)
    ]


def _sums(conn: Connection, school: str, term: str, names: Sequence[str]) -> dict[str, Any]:
    query = (
        select(
            _ONE.textbook,
            func.sum(_ONE.pupils).label("pupils"),
            func.sum(_ONE.teachers).label("teachers"),
            func.sum(_ONE.handed + _ONE.teachers_handed).label("handed"),
            func.sum(_ONE.returned).label("returned"),
        )
        .where(_ONE.school == school, _ONE.term == term, one_of(conn, _ONE.textbook, names))
        .group_by(_ONE.textbook)
    )
    return {row.textbook: row for row in conn.execute(query)}


def _books(conn: Connection, school: str, names: Sequence[str]) -> dict[str, Textbook]:
    query = select(textbooks).where(
        textbooks.c.school == school, one_of(conn, textbooks.c.id, names)
    )
    return {row.id: _book(row) for row in conn.execute(query)}


def _order(row: Any, book: Textbook, sums: Any) -> Order:
    counted = ("pupils", "teachers", "handed", "returned")
    return Order(
        book,
        **{name: int(getattr(sums, name)) if sums else 0 for name in counted},
        **{name: getattr(row, name) for name in COUNTED},
    )
