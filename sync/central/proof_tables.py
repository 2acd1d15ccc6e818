"""The codes on slips, beside the journal: which entries each stands for; they can always be made again from it.

An index over the hashes of the entries would say the same, but is paid for with every batch that a station sends.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table

from sync.central.columns import metadata, of_school, place

proofs = Table("proofs", metadata, *of_school("code"), *place())

# How far each chain has been gone through.
proven = Table(
    "proven",
    metadata,
    *of_school("station"),
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
)
