"""The columns that the tables of the central record share, and where the tables are gathered."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Text, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

metadata = MetaData()


class SchoolId(TypeDecorator[str]):
    """The id of a school. PostgreSQL plans a query for any school, not for the one that is asked for.

    It counts its tables seldom, and believes that a school which has come since has no rows: then every index that
    begins with the school seems as good as the one that leads to the row.
    """

    impl = Text
    cache_ok = True

    def bind_expression(self, bindparam: Any) -> Any:
        return _AnySchool(bindparam)


class LongText(Text):
    """Texts of hundreds of letters, full of what JSON must escape: they are sent to PostgreSQL as they are."""


class _AnySchool(FunctionElement[str]):
    inherit_cache = True


@compiles(_AnySchool)
def _told(element: _AnySchool, compiler: Any, **how: Any) -> str:
    return str(compiler.process(element.clauses, **how))


@compiles(_AnySchool, "postgresql")
def _asked_first(element: _AnySchool, compiler: Any, **how: Any) -> str:
    return f"(SELECT {compiler.process(element.clauses, **how)})"


def of_school(*key: str) -> list[Column[str]]:
    """The school, and what names a row within it."""
    return [Column("school", SchoolId, primary_key=True), *(_text_key(name) for name in key)]


def _text_key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def place() -> tuple[Column[str], Column[int], Column[int]]:
    """The key of an entry within its school."""
    return (
        Column("station", Text, primary_key=True),
        Column("epoch", Integer, primary_key=True, autoincrement=False),
        Column("seq", BigInteger, primary_key=True, autoincrement=False),
    )


def where(name: str, condition: str, *columns: str) -> Index:
    """An index over the rows that the condition holds for."""
    some = text(condition)
    return Index(name, *columns, postgresql_where=some, sqlite_where=some)
