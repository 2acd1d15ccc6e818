"""The tables behind the reports: small counts beside the journal that can always be made again from it.

Only `heartbeats` and what `term_readers` keeps of people who were erased stand nowhere else.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Index, Integer, Table, Text, text

from sync.central.columns import SchoolId, metadata, of_school

_NONE_YET = text("0")


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=_NONE_YET)


# What a station told of its parts, from when to when it told the same. parts: JSON, each part -> how it was.
# boot: the run of the machine; up_ms: since when it ran.
heartbeats = Table(
    "heartbeats",
    metadata,
    *of_school("station"),
    Column("from_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("to_ms", BigInteger, nullable=False),
    Column("boot", Text, nullable=False),
    Column("up_ms", BigInteger, nullable=False),
    Column("parts", Text, nullable=False),
)

# How far each chain has been counted.
counted = Table(
    "counted",
    metadata,
    *of_school("station"),
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
)

# What was done on a day: at which station, in which window ("": outside of them), by whom of the staff ("": by none).
act_days = Table(
    "act_days",
    metadata,
    Column("school", SchoolId, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("station", Text, primary_key=True),
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("during", Text, primary_key=True),
    Column("act", Text, primary_key=True),
    Column("staff", Text, primary_key=True),
    _number("n"),
)

# Visits and uses of those who are no pupils, in the week that begins on this Monday. patron: as the entry says.
reader_weeks = Table(
    "reader_weeks",
    metadata,
    Column("school", SchoolId, primary_key=True),
    Column("week", Date, primary_key=True),
    Column("station", Text, primary_key=True),
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("patron", Text, primary_key=True),
    Column("act", Text, primary_key=True),
    _number("n"),
    Index("reader_weeks_of", "school", "patron"),
)

# How far the copies have been counted: up to which position of the feed; in the first round, up to which barcode.
counted_copies = Table(
    "counted_copies",
    metadata,
    *of_school(),
    Column("position", BigInteger, nullable=False),
    Column("upto", Text),
)

# Every copy of the catalogue with its loans. main_class: the first letter of its class number.
copy_loans = Table(
    "copy_loans",
    metadata,
    *of_school("barcode"),
    Column("copy_type", Text, nullable=False),
    Column("main_class", Text, nullable=False),
    Column("state", Text, nullable=False),
    _number("loans"),
    Column("last_ms", BigInteger),
)

# Who was a pupil in a term, as the class lists stood at its end. A term that runs has only those in it who were erased,
# under a name made up for the purpose. kept: loans that nothing ties to them any more.
term_readers = Table(
    "term_readers",
    metadata,
    *of_school("term", "patron"),
    Column("grade", Integer, nullable=False),
    Column("class_name", Text, nullable=False),
    Column("major", Text, nullable=False, server_default=text("''")),
    _number("kept"),
)

# The terms whose class lists are kept.
term_rolls = Table(
    "term_rolls", metadata, *of_school("term"), Column("kept_ms", BigInteger, nullable=False)
)
