"""The tables of who may use the console, and of who is at it now."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, text

from sync.central.columns import SchoolId, metadata, of_school

staff = Table(
    "staff",
    metadata,
    *of_school("login"),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("password", Text, nullable=False),
    # Since when it opens nothing.
    Column("closed_ms", BigInteger),
)

# Wrong tries in a row, of a password or a PIN. who: a hash of whom they were meant for (`tries.named`); locks: how
# often that was locked since the last good one; at_ms: the last try.
tries = Table(
    "tries",
    metadata,
    Column("who", Text, primary_key=True),
    Column("failed", Integer, nullable=False),
    Column("locks", Integer, nullable=False),
    Column("locked_until_ms", BigInteger),
    Column("at_ms", BigInteger, nullable=False),
    Index("tries_at", "at_ms"),
)

# Who is at the console. token: the SHA-256 of what the browser keeps.
sign_ins = Table(
    "sign_ins",
    metadata,
    Column("token", Text, primary_key=True),
    Column("school", SchoolId, nullable=False),
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
