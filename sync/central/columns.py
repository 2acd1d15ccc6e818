"""The columns that the tables of the central record share, and where the tables are gathered."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Text, text

metadata = MetaData()


def of_school(*key: str) -> list[Column[str]]:
    """The school, and what names a row within it."""
    return [Column("school", Text, primary_key=True), *(_text_key(name) for name in key)]


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
