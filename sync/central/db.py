"""The central record's database: SQLite or PostgreSQL behind one small door, and rows written many at a time."""

from __future__ import annotations

import contextlib
import functools
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import json
from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Engine,
    LargeBinary,
    Table,
    Text,
    bindparam,
    cast,
    column,
    create_engine,
    event,
    func,
    literal,
    select,
)
from sqlalchemy import Connection as Connection
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from kiosk.errors import KioskError
from sync.central.columns import LongText
from sync.central.schema import metadata, schools

LOCK_WAIT_MS = 20_000
_FIRST_COUNT = 1_000
_PG_TYPES = {
    "TEXT": "text",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "BYTEA": "bytea",
}

_LONG = (LongText, LargeBinary)

Rows = Sequence[Mapping[str, Any]]
Names = tuple[str, ...]
Values = tuple[Any, ...]

# What drivers say when it is the database that fails, not the statement.
_DOWN = (
    "unable to open",
    "is locked",
    "disk I/O error",
    "is full",
    "connection failed",
    "connection is bad",
    "the connection is closed",
    "the connection is lost",
    "server closed the connection",
    "terminating connection",
    "readonly database",
)
# What PostgreSQL says by its codes, in whatever language its words are: no connection, no resources, it was shut down,
# its disk; two that were in each other's way; it may only be read. Not 57014: what a limit of time has stopped may be
# too large, and is halved.
_PG_DOWN = ("08", "53", "57P", "58", "40", "25006", "55P03")


class CentralError(KioskError):
    """What cannot be done with the central record now, in words, and the remedy."""


class NoSuchSchool(CentralError):
    """A school that the central record does not have."""


class Database:
    """`begin` writes (for one school, one at a time), `read` reads; both are short and never held over the network."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self.postgres = self.engine.dialect.name == "postgresql"
        self._written: Counter[str] = Counter()
        self._counted_at: dict[str, int] = {}

    @contextlib.contextmanager
    def begin(self, school: str | None = None) -> Iterator[Connection]:
        """A transaction under the school's lock: positions given in it are seen in their order."""
        with self.in_words(), self.engine.connect() as conn:
            if not self.postgres:
                conn.exec_driver_sql("BEGIN IMMEDIATE")
            if school is not None:
                row = select(schools.c.id).where(schools.c.id == school).with_for_update()
                if conn.execute(row).first() is None:
                    raise NoSuchSchool(f"there is no school {school!r}; see: central school list")
            yield conn
            conn.commit()

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view, however many statements are asked."""
        with self.in_words(), self.engine.connect() as conn:
            if self.postgres:
                conn.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            else:
                conn.exec_driver_sql("BEGIN")
            yield conn

    @contextlib.contextmanager
    def in_words(self) -> Iterator[None]:
        """Trouble with the database itself, in our words; mistakes of our own stay what they are."""
        try:
            yield
        except DBAPIError as error:
            said = str(error.orig)
            if error.connection_invalidated or _is_down(error.orig, said):
                raise CentralError(
                    f"the database {self._name} does not answer ({said.strip()}); "
                    "see that it runs, and its folder's rights"
                ) from error
            if "is not a database" in said:
                raise CentralError(
                    f"{self._name} is no database; correct database.url in central.toml, or put a backup in its place"
                ) from error
            raise

    @property
    def _name(self) -> str:
        return self.engine.url.render_as_string(hide_password=True)

    def note_written(self, what: str, rows: int) -> None:
        """So many rows of this sort are committed. Called outside of a transaction.

        PostgreSQL counts new tables a minute late, and until then reads them whole for a few rows: it is told to count
        now, the seldomer the more there is. Each sort has tables of its own, so one tells nothing of another.
        """
        self._written[what] += rows
        if self.postgres and self._written[what] >= self._counted_at.get(what, _FIRST_COUNT):
            self._counted_at[what] = self._written[what] * 4
            with self.in_words(), self.engine.connect() as conn:
                # How many rows there are is what matters; PostgreSQL looks closer by itself, some time later.
                conn.exec_driver_sql("SET LOCAL default_statistics_target = 10")
                conn.exec_driver_sql(f"ANALYZE {', '.join(metadata.tables)}")
                conn.commit()

    def close(self) -> None:
        self.engine.dispose()


def _is_down(error: object, said: str) -> bool:
    code = getattr(error, "sqlstate", None) or ""
    return code.startswith(_PG_DOWN) or any(sign in said for sign in _DOWN)


def _engine(url: str) -> Engine:
    try:
        address = make_url(url)
    except Exception as error:
        raise CentralError(
            f"{url!r} is no database address: see central.toml, database.url"
        ) from error
    if address.get_backend_name() == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
        engine = create_engine(address, pool_size=8, pool_pre_ping=True, pool_use_lifo=True)

        @event.listens_for(engine, "connect")
        def without_jit(raw: Any, _record: object) -> None:
            # To compile a report's query takes PostgreSQL a quarter of the time that it asks for, and gains nothing.
            raw.execute("SET jit = off")
            raw.commit()

        return engine
    engine = create_engine(
        address, pool_use_lifo=True, connect_args={"timeout": LOCK_WAIT_MS / 1000}
    )

    @event.listens_for(engine, "connect")
    def prepare(raw: sqlite3.Connection, _record: object) -> None:
        raw.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
            "cache_size=-65536",
            # 64 MB of log before it is folded into the file: a batch of a large record writes up to 20.
            "wal_autocheckpoint=16000",
        ):
            raw.execute(f"PRAGMA {pragma}")

    return engine


@contextlib.contextmanager
def ahead(conn: Connection) -> Iterator[None]:
    """Rows written in here are sent to PostgreSQL without waiting for each: it writes while we go on.

    Nothing may be read in here. At the end all are written, or the trouble is raised.
    """
    if not is_postgres(conn):
        yield
        return
    from psycopg import Error

    raw = conn.connection.driver_connection
    assert raw is not None, "the connection is open"
    try:
        with raw.pipeline():
            yield
    except Error as error:
        raise DBAPIError(None, None, error, connection_invalidated=raw.closed) from error


def by_keys(conn: Connection) -> None:
    """Until this transaction ends, rows are looked up by their keys: for statements about few rows of large tables.

    PostgreSQL keeps its way of asking a statement. One that it found while a table was small reads all of the table
    for every batch, until it is told to count anew.
    """
    if is_postgres(conn):
        conn.exec_driver_sql(_BY_KEYS)


_BY_KEYS = "; ".join(
    f"SET LOCAL enable_{way} = off" for way in ("seqscan", "hashjoin", "mergejoin")
)


def is_postgres(conn: Connection) -> bool:
    return conn.dialect.name == "postgresql"


def one_of(conn: Connection, column: ColumnElement[Any], values: Collection[str | int]) -> Any:
    """The column is one of these values: one parameter, however many there are."""
    return column.in_(_each(literal(listed(values), Text), column, is_postgres(conn)))


def one_in(postgres: bool, column: ColumnElement[Any], name: str) -> Any:
    """The column is one of the values in the parameter of this name, which is given as `listed(values)`.

    For statements that are made once and asked often: making one takes longer than asking it.
    """
    return column.in_(_each(bindparam(name, type_=Text), column, postgres))


def _each(told: Any, column: ColumnElement[Any], postgres: bool) -> Any:
    if postgres:
        return select(cast(func.json_array_elements_text(cast(told, JSON)), column.type))
    return select(func.json_each(told).table_valued("value").c.value)


def listed(values: Iterable[Any]) -> str:
    """Values or rows as one parameter."""
    return json.encode(list(values)).decode()


def moments_of(moments: Mapping[str, int]) -> list[dict[str, Any]]:
    """Rows to give: each text (column `name`) with its moment (column `ms`)."""
    return [{"name": name, "ms": ms} for name, ms in moments.items()]


def given(conn: Connection, rows: Rows, /, **columns: Any) -> Any:
    """A table to join with these rows, as one parameter. columns: the type of each."""
    return _table(literal(listed(rows), Text), is_postgres(conn), columns)


def given_in(postgres: bool, told: str, /, **columns: Any) -> Any:
    """A table to join with the rows in the parameter `told`, which is given as `listed(rows)`."""
    return _table(bindparam(told, type_=Text), postgres, columns)


def _table(told: Any, postgres: bool, columns: Mapping[str, Any]) -> Any:
    if postgres:
        typed = (column(name, kind) for name, kind in columns.items())
        table = func.json_to_recordset(cast(told, JSON)).table_valued(*typed)
        return table.render_derived(name="given", with_types=True)
    value = func.json_each(told).table_valued("value").c.value
    each = (func.json_extract(value, f"$.{name}").label(name) for name in columns)
    return select(*each).subquery("given")


def insert_many(conn: Connection, table: Table, rows: Rows) -> None:
    """Write new rows in one statement. All rows name the same columns."""
    _write_named(conn, table, rows, "insert")


def upsert_many(conn: Connection, table: Table, rows: Rows) -> None:
    """Write rows in one statement; where the key is there already, the other columns named are replaced."""
    _write_named(conn, table, rows, "upsert")


def update_many(conn: Connection, table: Table, rows: Rows) -> None:
    """Change rows that are there: each names the table's key and the same other columns."""
    _write_named(conn, table, rows, "update")


def insert_rows(conn: Connection, table: Table, names: Names, rows: Sequence[Values]) -> None:
    """As `insert_many`, of values in the order of these columns; dates as ISO text. For many rows at a time."""
    _write(conn, table, names, rows, "insert")


def upsert_rows(conn: Connection, table: Table, names: Names, rows: Sequence[Values]) -> None:
    """As `upsert_many`, of values in the order of these columns; dates as ISO text. For many rows at a time."""
    _write(conn, table, names, rows, "upsert")


def update_rows(conn: Connection, table: Table, names: Names, rows: Sequence[Values]) -> None:
    """As `update_many`, of values in the order of these columns; dates as ISO text. For many rows at a time."""
    _write(conn, table, names, rows, "update")


def _write_named(conn: Connection, table: Table, rows: Rows, how: str) -> None:
    if rows:
        names = tuple(rows[0])
        _write(conn, table, names, [tuple([_plain(row[n]) for n in names]) for row in rows], how)


def _write(conn: Connection, table: Table, names: Names, rows: Sequence[Values], how: str) -> None:
    if not rows:
        return
    statement = _statement(table, names, how, is_postgres(conn))
    if is_postgres(conn):
        columns = zip(names, zip(*rows, strict=True), strict=True)
        conn.exec_driver_sql(statement, tuple(_column(told, table.c[n]) for n, told in columns))
        return
    if how == "update":
        keys = [names.index(c.name) for c in table.primary_key]
        order = [*(n for n in range(len(names)) if n not in keys), *sorted(keys)]
        rows = [tuple([row[n] for n in order]) for row in rows]
    conn.exec_driver_sql(statement, list(rows))


def _column(values: Values, column: Column[Any]) -> object:
    # A JSON list is cheaper for both sides than an array or rows of parameters, but for what is long.
    return list(values) if isinstance(column.type, _LONG) else json.encode(values).decode()


def _plain(value: object) -> object:
    # The driver writes dates as ISO text, as SQLAlchemy reads them.
    return value.isoformat() if hasattr(value, "isoformat") else value


@functools.cache
def _types(table: Table) -> dict[str, str]:
    return {c.name: _PG_TYPES[c.type.compile(_pg())] for c in table.columns}


@functools.lru_cache(maxsize=256)
def _statement(table: Table, names: tuple[str, ...], how: str, postgres: bool) -> str:
    keys = [c.name for c in table.primary_key]
    others = [n for n in names if n not in keys]
    types = _types(table)
    listed = ", ".join(f'"{n}"' for n in names)
    typed = ", ".join(f'new."{n}"::{types[n]}' for n in names)
    each = ", ".join(
        f"unnest(%b::{types[n]}[])"
        if isinstance(table.c[n].type, _LONG)
        else "json_array_elements_text(%s::json)"
        for n in names
    )
    new = f"ROWS FROM ({each}) AS new({listed})"
    if how == "update":
        if postgres:
            sets = ", ".join(f'"{n}" = new."{n}"::{types[n]}' for n in others)
            match = " AND ".join(f'{table.name}."{k}" = new."{k}"::{types[k]}' for k in keys)
            return f"UPDATE {table.name} SET {sets} FROM {new} WHERE {match}"
        sets = ", ".join(f'"{n}" = ?' for n in others)
        match = " AND ".join(f'"{n}" = ?' for n in names if n in keys)
        return f"UPDATE {table.name} SET {sets} WHERE {match}"
    if postgres:
        text = f"INSERT INTO {table.name} ({listed}) SELECT {typed} FROM {new}"
    else:
        text = f"INSERT INTO {table.name} ({listed}) VALUES ({', '.join('?' * len(names))})"
    if how == "upsert":
        sets = ", ".join(f'"{n}" = excluded."{n}"' for n in others)
        key = ", ".join(f'"{k}"' for k in keys)
        text += f" ON CONFLICT ({key}) DO " + (f"UPDATE SET {sets}" if sets else "NOTHING")
    return text


@functools.cache
def _pg() -> Any:
    from sqlalchemy.dialects import postgresql

    return postgresql.dialect()  # type: ignore[no-untyped-call]
