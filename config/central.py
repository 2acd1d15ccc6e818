"""central.toml as frozen values: the central record's database, address, backups and schools. PURE."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.table import Key, Many, Table, Text


class Database(Table):
    """An SQLAlchemy address; SQLite by default, PostgreSQL where a district needs it."""

    url: Text = "sqlite:///data/central.db"


class Listen(Table):
    host: Text = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)] = 8090


class Backup(Table):
    folder: Text = "data/central-backups"
    keep: Annotated[int, Field(ge=1, le=1_000)] = 14


class School(Table):
    id: Key
    name: Text
    name_en: str = ""


class Central(Table):
    """central.toml as a whole."""

    database: Database = Database()
    listen: Listen = Listen()
    backup: Backup = Backup()
    schools: Annotated[Many[School], Field(min_length=1)]
