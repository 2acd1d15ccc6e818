"""What libraries compile, compiled once a worker: a test makes databases and applications of its own, and before this
went most of its time to compiling the same statements, templates and addresses for each.

It changes nothing of what is asked and answered. Programs that tests start know nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule


def share() -> None:
    """Databases and applications made from now on share what is compiled for them."""
    registry.register("sqlite", __name__, "SQLite")
    registry.register("postgresql.psycopg", __name__, "PostgreSQL")
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": Templates()}
    Flask.url_rule_class = Address


_statements: Any = LRUCache(3_000)


class _Alike:
    """SQLAlchemy finds what it has compiled by the statement and its dialect: all of one sort are the same here."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        engine.update_execution_options(compiled_cache=_statements)


class SQLite(_Alike, SQLiteDialect_pysqlite):
    """SQLite as ever."""

    supports_statement_cache = True


class PostgreSQL(_Alike, PGDialect_psycopg):
    """PostgreSQL as ever."""

    supports_statement_cache = True


class Templates(BytecodeCache):
    """Keeps the code of every template for the next application."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._codes[bucket.key, bucket.checksum] = bucket.code


_builders: dict[tuple[Any, ...], Callable[..., tuple[str, str]]] = {}


class Address(Rule):
    """A rule of addresses as ever; the function that writes its addresses is kept for the next application."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        defaults = sorted((self.defaults or {}).items())
        key = (self.rule, self.subdomain, self.host, append_unknown, str(defaults))
        if key not in _builders:
            _builders[key] = super()._compile_builder(append_unknown)
        return _builders[key]
