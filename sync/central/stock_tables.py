"""The tables of stock-taking, and of acts of staff on many copies at once.

What a copy's state is, its entries say (holdings). These hold who scanned what where, and which copies one act changed,
so that it can be taken back. Nobody is named in them but staff.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, text

from sync.central.columns import metadata, of_school


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=text("0"))


def _words(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default=text("''"))


# kind, room, shelf, call_from, call_to: its scope (see scope.py). The counts by verdict go with each scan; those below
# summed_ms are true of that moment. act: which marked the missing.
takings = Table(
    "stock_takings",
    metadata,
    *of_school("id"),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    _words("room"),
    _words("shelf"),
    _words("call_from"),
    _words("call_to"),
    Column("begun_ms", BigInteger, nullable=False),
    Column("begun_by", Text, nullable=False),
    _count("found"),
    _count("misplaced"),
    _count("kept"),
    _count("lent"),
    _count("gone"),
    _count("unknown"),
    Column("summed_ms", BigInteger),
    _count("expected"),
    _count("on_loan"),
    _count("away"),
    _count("back"),
    _count("missing"),
    Column("closed_ms", BigInteger),
    Column("closed_by", Text),
    Column("act", Text),
    Index("stock_takings_begun", "school", "begun_ms", "id"),
)

# What was scanned, each barcode once; the newest scan counts. at_room, at_shelf: where whoever scanned it stood;
# room, shelf, call_number: where the copy belongs.
scans = Table(
    "stock_scans",
    metadata,
    *of_school("taking", "barcode"),
    Column("verdict", Text, nullable=False),
    _words("at_room"),
    _words("at_shelf"),
    _words("room"),
    _words("shelf"),
    _words("call_number"),
    Column("at_ms", BigInteger, nullable=False),
    Column("n", Integer, nullable=False),
    Column("staff", Text, nullable=False),
    Column("times", Integer, nullable=False, server_default=text("1")),
    Index(
        "stock_scans_listed",
        "school", "taking", "verdict", "room", "shelf", "call_number", "barcode",
    ),
    Index("stock_scans_newest", "school", "taking", "staff", "at_ms", "n"),
    Index("stock_scans_copy", "school", "barcode"),
)  # fmt: skip

# What the sum has not found, in the order of the shelves. marked: what the closing made of it.
absent = Table(
    "stock_absent",
    metadata,
    *of_school("taking", "barcode"),
    _words("room"),
    _words("shelf"),
    _words("call_number"),
    Column("marked_ms", BigInteger),
    Index("stock_absent_listed", "school", "taking", "room", "shelf", "call_number", "barcode"),
    Index("stock_absent_copy", "school", "barcode"),
)

# One act of staff that gave many copies a state. why: in their words; source: the stock-taking it closed, or "".
copy_acts = Table(
    "copy_acts",
    metadata,
    *of_school("id"),
    Column("state", Text, nullable=False),
    Column("why", Text, nullable=False),
    _words("source"),
    Column("at_ms", BigInteger, nullable=False),
    Column("staff", Text, nullable=False),
    _count("copies"),
    Column("undone_ms", BigInteger),
    Column("undone_by", Text),
    # Of the copies, how many stayed as they are when it was taken back: something has happened to them since.
    _count("stayed"),
    Index("copy_acts_newest", "school", "at_ms", "id"),
)

# entry: what was written; before: the copy's state until then. undone: the entry that took it back, or "left".
acted = Table(
    "copy_act_copies",
    metadata,
    *of_school("act", "barcode"),
    Column("entry", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("undone", Text),
    Index("copy_act_copies_copy", "school", "barcode"),
)
