"""The table of PINs: what a patron reads their own account with on the library's page."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, Text

from sync.central.columns import metadata, of_school

# pin: an argon2 hash; the digits are kept nowhere.
pins = Table(
    "pins",
    metadata,
    *of_school("patron"),
    Column("pin", Text, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
)
