"""The tables of class boxes: what lies in each, to whom it is lent, and which pupil has which copy."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Index, Table, Text

from sync.central.columns import metadata, of_school, where

boxes = Table(
    "boxes",
    metadata,
    *of_school("id"),
    Column("name", Text, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Index("boxes_name", "school", "name", "id"),
)

# A copy lies in one box at a time; it stays in it while the box is lent.
box_copies = Table(
    "box_copies",
    metadata,
    *of_school("barcode"),
    Column("box", Text, nullable=False),
    Column("added_ms", BigInteger, nullable=False),
    Index("box_copies_of", "school", "box", "barcode"),
)

# A box in a class. patron: the teacher who has it. ended_ms: since when it has been counted and closed.
box_loans = Table(
    "box_loans",
    metadata,
    *of_school("id"),
    Column("box", Text, nullable=False),
    Column("patron", Text, nullable=False),
    Column("class_name", Text, nullable=False),
    Column("lent_ms", BigInteger, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("ended_ms", BigInteger),
    Index("box_loans_of", "school", "box", "lent_ms"),
    Index("box_loans_patron", "school", "patron", "lent_ms"),
    where("box_loans_out", "ended_ms IS NULL", "school", "box"),
)

# A copy that went with it. entry: the checkout; whether it is back, the loan that this opened says. pupil: who was
# noted to have it last. missing_ms: not back when the box was closed.
box_lent = Table(
    "box_lent",
    metadata,
    *of_school("entry"),
    Column("loan", Text, nullable=False),
    Column("barcode", Text, nullable=False),
    Column("pupil", Text),
    Column("noted_ms", BigInteger),
    Column("missing_ms", BigInteger),
    Index("box_lent_of", "school", "loan", "barcode"),
    where("box_lent_pupil", "pupil IS NOT NULL", "school", "pupil"),
    where("box_lent_missing", "missing_ms IS NOT NULL", "school", "missing_ms", "entry"),
)
