"""The tables of PINs, which open a patron's own account on the library's page, and of what was asked lately."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from sync.central.columns import metadata, of_school

# pin: an argon2 hash; the digits are kept nowhere.
pins = Table(
    "pins",
    metadata,
    *of_school("patron"),
    Column("pin", Text, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
)

# Tries of secrets by an address, and forms that were answered. what: a hash of what or who asks; n: how often since
# it was first written down; until_ms: when it is forgotten.
asked = Table(
    "asked",
    metadata,
    Column("what", Text, primary_key=True),
    Column("n", Integer, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Index("asked_until", "until_ms"),
)
