"""One fixed statement of SQLAlchemy's, compiled once and run by the driver itself.

An act of the desk is a dozen statements, of which SQLite needs some 8 us each; what SQLAlchemy does around every
execution takes 50. So the words of a statement, and its typed values on their way in and out (dates, booleans), are
SQLAlchemy's, worked out when it is first run; from then on it is one call of the driver. Statements that are put
together anew each time, or run with many rows, go to `Tx.conn`.
"""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable
from functools import cached_property
from typing import Any

from sqlalchemy import Delete, Insert, Select, Update
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.compiler import SQLCompiler

_DIALECT = sqlite.dialect(paramstyle="named")
Change = Callable[[Any], Any]


class Statement:
    """Parameters that have no value of their own are told, by name, at each run."""

    def __init__(self, made: Select[Any] | Insert | Update | Delete) -> None:
        self._made = made

    def run(self, db: sqlite3.Connection, told: dict[str, Any]) -> list[Any]:
        """The rows, as named tuples of their columns; none of a statement that writes. Raises sqlite3.Error."""
        sql, own, into = self._words
        told |= own
        for name, change in into:
            told[name] = change(told[name])
        found = [list(row) for row in db.execute(sql, told).fetchall()]
        if not found:
            return []
        named, out = self._row
        for at, change in out:
            for row in found:
                row[at] = change(row[at])
        return [named(row) for row in found]

    @cached_property
    def _words(self) -> tuple[str, dict[str, Any], list[tuple[str, Change]]]:
        """The text, the values that stand in it, and what those that are told have to be changed by."""
        compiled = self._made.compile(dialect=_DIALECT)
        assert isinstance(compiled, SQLCompiler), "a statement reads or writes rows"
        own: dict[str, Any] = {}
        into: list[tuple[str, Change]] = []
        for name, bind in compiled.binds.items():
            change = bind.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
            if not bind.required:
                own[name] = change(bind.value) if change else bind.value
            elif change:
                into.append((name, change))
        return compiled.string, own, into

    @cached_property
    def _row(self) -> tuple[Change, list[tuple[int, Change]]]:
        """What gives a row of the driver's its names, and what some of its values are changed by."""
        assert isinstance(self._made, Select), "only what reads has rows"
        columns = self._made.selected_columns
        named: Any = namedtuple("Row", columns.keys())  # type: ignore[misc]
        impls = (column.type.dialect_impl(_DIALECT) for column in columns)
        changes = (impl.result_processor(_DIALECT, None) for impl in impls)
        return named._make, [(at, change) for at, change in enumerate(changes) if change]
