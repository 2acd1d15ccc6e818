"""central.toml as frozen values: the central record's database, address, backups and schools. PURE."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Annotated

from pydantic import AfterValidator, Field

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


def _network(value: str) -> str:
    try:
        ip_network(value)
    except ValueError:
        raise ValueError('write a network such as "10.0.0.0/8"') from None
    return value


def _address(value: str) -> str:
    try:
        return str(ip_address(value)) if value else ""
    except ValueError:
        raise ValueError('write the address of the proxy, such as "127.0.0.1", or ""') from None


Network = Annotated[str, AfterValidator(_network)]
PRIVATE = (
    "127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10",
)  # fmt: skip


class Public(Table):
    """The library's page for everybody: whether, of which school, and for which networks.

    proxy: the address of the proxy in front, whose word on who asks is believed; "": there is none.
    """

    enabled: bool = True
    school: str = ""
    networks: Many[Network] = PRIVATE
    proxy: Annotated[str, AfterValidator(_address)] = ""


class School(Table):
    id: Key
    name: Text
    name_en: str = ""


class Central(Table):
    """central.toml as a whole."""

    database: Database = Database()
    listen: Listen = Listen()
    backup: Backup = Backup()
    public: Public = Public()
    schools: Annotated[Many[School], Field(min_length=1)]
