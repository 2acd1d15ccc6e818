"""The table of who was erased, under a name that nobody can read."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table

from sync.central.columns import metadata, of_school

# who: entry.erased_name of each id that the person had.
erased = Table("erased", metadata, *of_school("who"), Column("at_ms", BigInteger, nullable=False))
