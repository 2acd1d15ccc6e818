"""The table of the school years that were begun."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, Text

from sync.central.columns import metadata, of_school

# up, gone: how many moved up and how many left, for whoever asks what was done.
school_years = Table(
    "school_years",
    metadata,
    *of_school(),
    Column("begun_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("staff", Text, nullable=False),
    Column("up", BigInteger, nullable=False),
    Column("gone", BigInteger, nullable=False),
)
