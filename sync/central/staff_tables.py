"""The tables of who may use the console, and of who is at it now."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, text

from sync.central.columns import metadata, of_school

staff = Table(
    "staff",
    metadata,
    *of_school("login"),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("password", Text, nullable=False),
    Column("failed", Integer, nullable=False, default=0),
    Column("locked_until_ms", BigInteger),
    # How often it was locked since the last good sign-in; closed_ms: since when it opens nothing.
    Column("locks", Integer, nullable=False, server_default=text("0")),
    Column("closed_ms", BigInteger),
)

# Who is at the console. token: the SHA-256 of what the browser keeps.
sign_ins = Table(
    "sign_ins",
    metadata,
    Column("token", Text, primary_key=True),
    Column("school", Text, nullable=False),
    Column("login", Text, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Column("seen_ms", BigInteger, nullable=False, server_default=text("0")),
    Index("sign_ins_of", "school", "login"),
)

# What this record signs with, made when it is first needed; every process of a large installation has the same.
keys = Table(
    "keys",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
